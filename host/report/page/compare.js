"use strict";
/* Several runs beside one another: how they differ in what was asked and in what came out. */
window.crosstalk = window.crosstalk || {};

/* {"clock.until": "age 75 y", …}: every leaf of a scene by its path. */
crosstalk.leaves = function (value, path = "", found = {}) {
    if (Array.isArray(value)) /* a list is one thing: pictures by what they show */
        found[path] = value.map(item => item && item.show ? item.show + (item.peak ? " (peak)" : "") : item
            && typeof item === "object" ? JSON.stringify(item) : String(item)).join(", ") || "none";
    else if (value !== null && typeof value === "object")
        for (const [key, inner] of Object.entries(value)) crosstalk.leaves(inner, path ? path + "." + key : key, found);
    else found[path] = value === null ? "none" : String(value);
    return found;
};

/* Rows of what differs: [path, value in each run]. */
crosstalk.differences = function (data) {
    const all = data.runs.map(run => Object.assign(crosstalk.leaves(run.record.scene), {
        "(program)": run.record.version + " " + run.record.git,
            "(device)": run.record.device ? run.record.device.name : "none: well-mixed",
        "(mesh)": run.record.mesh ? run.record.mesh.dims.join(" × ") : "none"}));
    const paths = [...new Set(all.flatMap(Object.keys))].filter(path => path !== "targets" && path !== "expect");
    return paths.filter(path => new Set(all.map(leaves => leaves[path])).size > 1)
        .map(path => [path].concat(all.map(leaves => leaves[path] === undefined ? "—" : leaves[path])));
};

crosstalk.compare = function (data) {
    const make = crosstalk.make, names = data.runs.map(run => crosstalk.label(data, run));
    const key = names.map((name, i) => make("li", {}, make("svg",
        {viewBox: "0 0 20 10", width: 28, height: 14, "aria-hidden": "true"},
        make("line", {x1: 1, x2: 19, y1: 5, y2: 5, class: "curve k" + (i % 8 + 1),
            "stroke-dasharray": crosstalk.dashes[i % 8]})), " ", make("b", {}, name),
        data.runs[i].record.scene.title && data.runs[i].record.scene.title !== name ? ": "
            + data.runs[i].record.scene.title : ""));
    const parts = [make("ul", {class: "key"}, key)];
    const differ = crosstalk.differences(data);
    if (differ.length) parts.push(crosstalk.table("Where the scenes differ; everything else is the same in all",
        ["Key"].concat(names),
        differ.map(row => [make("code", {}, row[0])].concat(row.slice(1)))));
    else parts.push(make("p", {}, "The scenes are the same in every key."));
    const changes = [], seen = new Set();
    for (const run of data.runs) for (const column of run.series ? run.series.columns.slice(2) : []) {
        if (seen.has(column.name)) continue;
        seen.add(column.name);
        const cells = data.runs.map(function (other) {
            const there = crosstalk.columnOf(other, column.name),
                c = there && there.values.length > 1 ? crosstalk.change(other, there) : null;
            return c ? Math.abs(c.end) < 5e-5 ? "±0\u00a0%" : crosstalk.signed(100 * c.end, 3) + "\u00a0%" : "—";
        });
        if (cells.some(text => text !== "—")) changes.push([crosstalk.column(run, column).label].concat(cells));
    }
    if (changes.length) parts.push(crosstalk.table("Change from the start to the end of each run",
        ["Read-out"].concat(names), changes, {class: "numbers"}));
    crosstalk.section("changes", ...parts);
};
