"use strict";
/* The headline: how much each read-out changed, on a tile. */
window.crosstalk = window.crosstalk || {};

crosstalk.spark = function (x, y) {
    const make = crosstalk.make, there = y.filter(v => v !== null);
    if (there.length < 2) return null;
    const low = Math.min(...there), high = Math.max(...there),
        span = Math.max(high - low, Math.abs(high) * .004, 1e-12);
    const first = x[0], across = x[x.length - 1] - first || 1;
    let path = "", drawing = false;
    x.forEach((t, i) => {
        if (y[i] === null) { drawing = false; return; }
        path += (drawing ? "L" : "M") + (2 + 116 * (t - first) / across).toFixed(1) + " "
            + (26 - 24 * (y[i] - low) / span).toFixed(1);
        drawing = true;
    });
    return make("svg", {viewBox: "0 0 120 28", preserveAspectRatio: "none", "aria-hidden": "true"},
        make("path", {class: "curve k1", d: path, "vector-effect": "non-scaling-stroke"}));
};

/* Change at the end, and the extreme in between where that says more. */
crosstalk.change = function (run, column) {
    const time = crosstalk.columnOf(run, "time").values, y = column.values, first = y[0];
    let last = null, far = 0;
    y.forEach((v, i) => {
        if (v === null) return;
        last = i;
        if (y[far] === null || Math.abs(v - first) > Math.abs(y[far] - first)) far = i;
    });
    if (last === null || !first) return null;
    return {end: y[last] / first - 1, far: y[far] / first - 1, when: time[far], last: time[last]};
};

crosstalk.tile = function (run, column) {
    const make = crosstalk.make, told = crosstalk.column(run, column), c = crosstalk.change(run, column);
    if (!c) return null;
    const percent = share => Math.abs(share) < 5e-5 ? "±0\u00a0%"
        : crosstalk.signed(100 * share, Math.abs(share) < .1 ? 2 : 3) + "\u00a0%";
    const acute = (run.record.scene.clock || {}).mode === "acute";
    const peaked = Math.abs(c.far) > 1.15 * Math.abs(c.end) + .01;
    const much = acute && peaked ? "× " + crosstalk.number(1 + c.far, 3) : percent(c.end);
    const how = acute && peaked ? "at its " + (c.far > 0 ? "peak, " : "lowest, ") + crosstalk.time(c.when)
        : peaked ? percent(c.far) + " at " + crosstalk.time(c.when) : !told.relative && told.unit ? "now "
            + crosstalk.number(column.values[column.values.length - 1]) + " " + told.unit : "";
    return make("li", {class: "tile"}, make("div", {class: "what", title: told.about || null}, told.label),
        make("div", {class: "much"}, much), make("div", {class: "how"}, how),
        crosstalk.spark(crosstalk.columnOf(run, "time").values, column.values));
};

crosstalk.changes = function (data) {
    const make = crosstalk.make, parts = [];
    if (data.runs.length > 1) return crosstalk.compare ? crosstalk.compare(data) : crosstalk.section("changes");
    const run = data.runs[0];
    if (!run.series || run.series.columns[0].values.length < 2) return crosstalk.section("changes");
    const columns = run.series.columns.filter(c => c.name !== "time" && c.name !== "age");
    const acute = (run.record.scene.clock || {}).mode === "acute";
    const wanted = acute ? columns.filter(c => c.unit === "pM")
        : columns.filter(c => crosstalk.column(run, c).relative).slice(0,
        7).concat(columns.filter(c => c.unit === "pM"));
    const tiles = wanted.map(c => crosstalk.tile(run, c)).filter(Boolean);
    if (!tiles.length) return crosstalk.section("changes");
    const axis = crosstalk.axes(data)[0], x = axis.of(run);
    parts.push(make("p", {class: "soft"}, "From " + axis.text(x[0]) + " to " + axis.text(x[x.length - 1])
        + (acute ? ": levels in plasma." : ".")), make("ul", {class: "tiles"}, tiles));
    crosstalk.section("changes", ...parts);
};
