"use strict";
/* Several runs beside one another: how they differ in what was asked and in what came out. */
window.crosstalk = window.crosstalk || {};

/* An item of a list (a picture, a film, an event) in a few words. */
crosstalk.brief = value => Array.isArray(value) ? value.map(crosstalk.brief).join(" + ")
    : value === null || typeof value !== "object" ? String(value)
    : value.show ? crosstalk.brief(value.show) + (value.peak ? " (peak)" : "") : value.of || value.field || JSON.stringify(value);

/* {"clock.until": {text: "age 75 y", whole: …}, …}: every leaf of a scene by its path; a list is one thing. */
crosstalk.leaves = function (value, path = "", found = {}) {
    const whole = JSON.stringify(value);
    if (Array.isArray(value)) found[path] = {text: value.map(crosstalk.brief).join(", ") || "none", whole};
    else if (value !== null && typeof value === "object")
        for (const [key, inner] of Object.entries(value)) crosstalk.leaves(inner, path ? path + "." + key : key, found);
    else found[path] = {text: value === null ? "none" : String(value), whole};
    return found;
};

/* Rows of what differs: [path, value in each run]; in full where a few words do not tell the difference. */
crosstalk.differences = function (data) {
    const all = data.runs.map(run => crosstalk.leaves(Object.assign({}, run.record.scene, {
        "(program)": run.record.version + " " + run.record.git,
        "(device)": run.record.device ? run.record.device.name : "none: well-mixed",
        "(mesh)": run.record.mesh ? run.record.mesh.dims.join(" × ") : "none"})));
    const paths = [...new Set(all.flatMap(Object.keys))].filter(path => path !== "targets" && path !== "expect");
    const of = (path, what) => all.map(leaves => leaves[path] ? leaves[path][what] : "—");
    return paths.filter(path => new Set(of(path, "whole")).size > 1)
        .map(path => [path].concat(of(path, new Set(of(path, "text")).size > 1 ? "text" : "whole")));
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
    const changes = [], seen = new Set(), told = [];
    for (const run of data.runs) for (const column of run.series ? run.series.columns.slice(2) : []) {
        if (seen.has(column.name)) continue;
        seen.add(column.name);
        const each = data.runs.map(function (other) {
            const there = crosstalk.columnOf(other, column.name);
            return there && there.values.length > 1 ? crosstalk.change(other, there) : null;
        });
        const cells = each.map(c => c ? Math.abs(c.end) < 5e-5 ? "±0\u00a0%" : crosstalk.signed(100 * c.end, 3) + "\u00a0%" : "—");
        /* a share in percent changes as the same thing relative to its start does */
        const same = (a, b) => a === b || a && b && Math.abs(a.end - b.end) < 5e-4 && Math.abs(a.far - b.far) < 5e-4;
        const moves = each.some(c => c && Math.abs(c.far) > .01);
        if (moves && column.unit === "%" && told.some(one => one.every((c, i) => same(c, each[i])))) continue;
        if (column.unit === "1") told.push(each);
        if (cells.some(text => text !== "—")) changes.push([crosstalk.column(run, column).label].concat(cells));
    }
    if (changes.length) parts.push(crosstalk.table("Change from the start to the end of each run",
        ["Read-out"].concat(names), changes, {class: "numbers"}));
    crosstalk.section("changes", ...parts);
};
