"use strict";
/* Which curves there are and in which chart they belong. */
window.crosstalk = window.crosstalk || {};

crosstalk.charts = {charts: [], byKey: new Map(), axis: null, hidden: new Set(),
    move(x, from) { for (const chart of this.charts) chart.move(x, chart === from); }};

window.addEventListener("beforeprint", () => crosstalk.charts.charts.forEach(chart => chart.paper(true)));
window.addEventListener("afterprint", () => crosstalk.charts.charts.forEach(chart => chart.paper(false)));

/* What a column is, from the record if it says so, else from its name and unit. */
crosstalk.column = function (run, column) {
    const told = (run.record.readouts || []).find(r => r.name === column.name) || {};
    const groups = {"1": "Relative to the start", "%": "Shares", "pM": "In plasma", "g/cm^3": "Density"};
    return {
        name: column.name, unit: column.unit === "1" ? "" : column.unit.replace("^3", "³").replace("^2", "²"),
        label: told.label || crosstalk.words(column.name), about: told.about || "",
        group: told.group || groups[column.unit] || crosstalk.words(column.unit),
            relative: told.relative === undefined ? column.unit === "1" : told.relative
    };
};

crosstalk.columnOf = (run, name) => run.series && run.series.columns.find(c => c.name === name);

/* The axes a reader may choose: age and time since the start, in a unit that fits its length. */
crosstalk.axes = function (data) {
    let longest = 0;
    for (const run of data.runs) {
        const time = crosstalk.columnOf(run, "time");
        if (time && time.values.length) longest = Math.max(longest, time.values[time.values.length - 1]);
        if (run.verdict.state === "running") longest = Math.max(longest, crosstalk.whole(run) || 0);
            /* room for what is to come */
    }
    const [per, unit, word] = longest < 4 ? [1 / 24, "h", "hour"] : longest < 1100 ? [1, "d", "day"]
        : [365.25, "y", "year"];
    const number = crosstalk.number;
    const time = {name: "time", label: "time [" + unit + "]",
        of: run => crosstalk.columnOf(run, "time").values.map(t => t / per), event: (run, t) => t / per,
        text: x => word + " " + number(x, 4)};
    const age = {name: "age", label: "age [y]", of: run => crosstalk.columnOf(run, "age").values,
        event: (run, t) => crosstalk.ageAt(run, t),
        text: x => "age " + number(x, 4) + " y"};
    const ages = data.runs.every(run => { /* an age that stays is no axis */
        const column = crosstalk.columnOf(run, "age");
        return column && column.values.length && crosstalk.ageAt(run, longest) - column.values[0] > .3;
    });
    const axes = ages ? longest > 1100 ? [age, time] : [time, age] : [time], acute = crosstalk.acuteAxis(data);
    return acute ? axes.concat([acute]) : axes;
};

/* Hours of an acute phase after years, which are nothing on an axis of years; null if there is none. */
crosstalk.acuteAxis = function (data) {
    const begin = run => { /* days; null: no such phase, or not yet */
        const clock = run.record.scene.clock || {}, from = crosstalk.moment(run, clock.until || "");
        const time = crosstalk.columnOf(run, "time");
        if (clock.mode === "acute" || !(crosstalk.moment(run, clock.acute || "0 h") > 0) || from === null
            || !time) return null;
        return time.values[time.values.length - 1] > from ? from : null;
    };
    if (!data.runs.every(run => begin(run) !== null)) return null;
    return {name: "acute phase", label: "time of the acute phase [h]",
        text: x => "hour " + crosstalk.number(x, 4),
        of: run => crosstalk.columnOf(run, "time").values.map(t => (t - begin(run)) * 24),
            event: (run, t) => (t - begin(run)) * 24,
        first: run => crosstalk.columnOf(run, "time").values.findIndex(t => t >= begin(run) - 1e-6)};
};

/* Age at a time in days. */
crosstalk.ageAt = function (run, days) {
    const age = crosstalk.columnOf(run, "age");
    if (!age || !age.values.length) return null;
    return age.values[0] + ((run.record.scene.subject || {}).ageing === false ? 0 : days / 365.25);
};

/* Days that the scene asks for, an acute phase included; null if it does not say. */
crosstalk.whole = function (run) {
    const clock = run.record.scene.clock || {}, until = crosstalk.moment(run, clock.until || "");
    return until === null ? null : until + (crosstalk.moment(run, clock.acute || "0 h") || 0);
};

/* "60 d", "age 45 y" as days since the start. */
crosstalk.moment = function (run, text) {
    const found = /^(age\s+)?([-\d.eE+]+)\s*(\w+)$/.exec(String(text).trim());
    const days = {s: 1 / 86400, min: 1 / 1440, h: 1 / 24, d: 1, week: 7, month: 365.25 / 12,
        y: 365.25}[found && found[3]];
    if (!found || !days) return null;
    const value = parseFloat(found[2]) * days;
    if (!found[1]) return value;
    const age = crosstalk.columnOf(run, "age");
    return age && age.values.length ? value - age.values[0] * 365.25 : null;
};

crosstalk.eventText = function (event) {
    const said = Object.entries(event.set || {}).map(([name, value]) => name.replace(/_/g, " ") + " "
        + (value === null ? "as usual again" : value));
    if (event.bolus) said.push("bolus of " + event.bolus.species
        + (event.bolus.amount ? ", " + event.bolus.amount : ""));
    return said.join(", ");
};

/* Every event, and the start of an acute phase, in order. */
crosstalk.events = function (data, axis) {
    const found = [];
    for (const run of data.runs) {
        const scene = run.record.scene, name = data.runs.length > 1 ? crosstalk.label(data, run) + ": " : "";
        const add = (days, text) => days !== null && found.push({days, x: axis.event(run, days), label: name + text});
        for (const event of scene.events || []) add(crosstalk.moment(run, event.at), crosstalk.eventText(event));
        const acute = crosstalk.moment(run, (scene.clock || {}).acute || "0 h"),
            end = crosstalk.moment(run, (scene.clock || {}).until || "");
        if (scene.clock && scene.clock.mode !== "acute" && acute > 0) add(end, "acute phase begins");
        const bout = (scene.drivers || {}).bout_start;
        if (bout) {
            const from = crosstalk.moment(run, bout), length = crosstalk.moment(run,
                scene.drivers.bout_length || "1 h");
            add(from, "bout of exercise begins");
            if (from !== null && length !== null) add(from + length, "bout ends");
        }
    }
    found.sort((a, b) => a.x - b.x);
    if (axis.first) found.splice(0, found.findIndex(event => event.x >= -1e-6) < 0 ? found.length
        : found.findIndex(event => event.x >= -1e-6)); /* those before the acute phase */
    found.forEach((event, i) => { event.mark = String(i + 1); });
    return found;
};

crosstalk.dashes = ["", "7 4", "2 4", "9 3 2 3", "", "7 4", "2 4", "9 3 2 3"];

/* Charts of one run: by group; a group whose levels lie far apart, or with too many curves, becomes several. */
crosstalk.plan = function (data, axis) {
    const plan = [], still = [], groups = new Map(), compare = data.runs.length > 1;
    for (const run of data.runs) {
        if (!run.series) continue;
        for (const column of run.series.columns) {
            if (column.name === "time" || column.name === "age") continue;
            const told = crosstalk.column(run, column);
            const seen = r => { /* on this axis */
                const c = crosstalk.columnOf(r, column.name);
                return c && axis.first ? {values: c.values.slice(axis.first(r))} : c;
            };
            if (data.runs.every(r => crosstalk.still(seen(r)))) {
                if (!still.some(s => s.name === column.name)) still.push({name: column.name, label: told.label,
                    value: column.values[axis.first ? axis.first(run) : 0], unit: told.unit, relative: told.relative});
                continue;
            }
            const key = told.group + "\n" + told.unit;
            if (!groups.has(key)) groups.set(key, new Map());
            const names = groups.get(key);
            if (!names.has(column.name)) names.set(column.name, {told, runs: []});
            const first = axis.first ? axis.first(run) : 0;
            names.get(column.name).runs.push({run, column, x: axis.of(run).slice(first),
                y: column.values.slice(first)});
        }
    }
    for (const [key, names] of groups) {
        const members = [...names.values()];
        const peaks = members.map(m => Math.max(...m.runs.flatMap(r => r.column.values.map(v => Math.abs(v || 0))),
            0)).filter(p => p > 0);
        const apart = peaks.length > 1 && Math.max(...peaks) > 8 * Math.min(...peaks);
        const one = m => ({key: key + m.told.name, title: m.told.label, about: m.told.about,
            unit: m.told.relative ? "start = 1" : m.told.unit, relative: m.told.relative, names: [m.told.name],
            series: m.runs.map((r, i) => ({key: compare ? String(data.runs.indexOf(r.run)) : m.told.name,
                label: compare ? crosstalk.label(data, r.run) : m.told.label,
                k: compare ? data.runs.indexOf(r.run) % 8 + 1 : 1,
                    dash: compare ? crosstalk.dashes[data.runs.indexOf(r.run) % 8] : "", x: r.x,
                    y: r.y}))});
        if (compare || apart || members.length > 8 || members.length === 1) plan.push(...members.map(one));
        else plan.push({key, title: key.split("\n")[0], unit: members[0].told.relative ? "start = 1"
            : members[0].told.unit, relative: members[0].told.relative,
            names: members.map(m => m.told.name),
            series: members.map((m, i) => ({key: m.told.name, label: m.told.label, k: i % 8 + 1, dash: "",
                x: m.runs[0].x, y: m.runs[0].y}))});
    }
    for (const spec of plan) spec.wide = spec.series.length > 1 && !compare;
    plan.sort((a, b) => b.wide - a.wide); /* the narrow ones fill rows of their own */
    plan.still = still.filter(s => !s.relative || !still.some(other => other !== s && other.label === s.label));
    return plan;
};

/* Whether a column never changes (a running run may yet). */
crosstalk.still = function (column) {
    if (!column || column.values.length < 2) return !column;
    const there = column.values.filter(v => v !== null);
    if (there.length < column.values.length) return false;
    const low = Math.min(...there), high = Math.max(...there);
    return high - low <= 1e-5 * Math.max(Math.abs(low), Math.abs(high));
};

crosstalk.curves = function (data) {
    const make = crosstalk.make, group = crosstalk.charts, section = document.getElementById("curves");
    const there = data.runs.some(run => run.series && run.series.columns[0].values.length > 0);
    section.hidden = !there;
    if (!there) return;
    const body = section.querySelector(".body");
    const axes = crosstalk.axes(data), axis = axes.find(a => a.name === group.axis) || axes[0];
    if (!group.host) {
        group.controls = make("div", {class: "controls"});
        group.host = make("div", {class: "charts"});
        group.notes = make("div", {class: "notes"});
        body.append(group.controls, group.host, group.notes);
    }
    crosstalk.fill(group.controls, axes.length < 2 ? [] : make("fieldset", {}, make("legend", {}, "Over"), axes.map(a =>
        make("label", {}, make("input", {type: "radio", name: "axis", value: a.name, checked: a === axis}), " ",
            a.name))));
    for (const input of group.controls.querySelectorAll("input"))
        input.onchange = () => { group.axis = input.value; group.move(null); crosstalk.curves(crosstalk.data); };
    const events = crosstalk.events(data, axis);
    group.charts = [];
    const plan = crosstalk.plan(data, axis);
    for (const spec of plan) {
        let chart = group.byKey.get(spec.key);
        if (!chart) {
            chart = new crosstalk.Chart(group);
            group.byKey.set(spec.key, chart);
        }
        if (group.host.children[group.charts.length] !== chart.element) group.host.insertBefore(chart.element,
            group.host.children[group.charts.length] || null);
        group.charts.push(chart);
        if (data.runs.length > 1) chart.hidden = group.hidden; /* a run is hidden in all charts or in none */
        const going = data.runs.filter(run => run.verdict.state === "running" && crosstalk.whole(run) !== null
            && !axis.first);
        spec.x = {label: axis.label, text: axis.text, range: going.flatMap(run =>
            [axis.event(run, 0), axis.event(run, crosstalk.whole(run))])};
        spec.events = events;
        spec.bands = crosstalk.bands ? crosstalk.bands(data, spec, axis) : [];
        chart.set(spec);
    }
    while (group.host.children.length > group.charts.length) group.host.lastChild.remove();
    const notes = [];
    if (events.length) notes.push(make("p", {class: "small"}, make("b", {}, "Marks: "),
        events.map(e => e.mark + " " + axis.text(e.x) + ", " + e.label).join("; ") + "."));
    if (plan.still.length) notes.push(make("p", {class: "small"}, make("b", {}, "The same from start to end: "),
        plan.still.map(s => s.label + (s.relative ? "" : " (" + crosstalk.unit(crosstalk.number(s.value), s.unit)
            + ")")).join(", ") + "."));
    for (const run of data.runs) if (run.series && run.series.thinned)
        notes.push(make("p", {class: "small soft"}, "Of " + crosstalk.number(run.series.rows, 7)
            + " rows the smallest and largest value of each short interval are drawn; series.csv has them all."));
    notes.push(...crosstalk.targets(data));
    for (const run of data.runs) if (run.series) notes.push(crosstalk.values(data, run));
    crosstalk.fill(group.notes, notes);
};

/* The curves as numbers: some rows on the page, all that are in it to take along. */
crosstalk.values = function (data, run) {
    const make = crosstalk.make, columns = run.series.columns, count = columns[0].values.length, most = 60;
    const rows = [], kept = Math.min(count, most);
    for (let k = 0; k < kept; k++) {
        const i = kept < 2 ? 0 : Math.round(k * (count - 1) / (kept - 1));
        rows.push(columns.map(column => column.values[i] === null ? "—" : crosstalk.number(column.values[i], 4)));
    }
    const head = column => crosstalk.column(run, column).label + (column.unit === "1" ? "" : " [" + column.unit + "]");
    const quoted = text => /[",\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
    const csv = () => columns.map(c => quoted(c.name + " [" + c.unit + "]")).join(",") + "\n"
        + columns[0].values.map((v, i) => columns.map(c => c.values[i] === null ? "nan" : c.values[i]).join(",")
            + "\n").join("");
    return make("details", {}, make("summary", {}, "The values as a table"
        + (data.runs.length > 1 ? ": " + crosstalk.label(data, run) : "")),
        make("p", {}, kept < count ? kept + " of " + count + " rows. " : "",
            crosstalk.save(csv, run.name + ".csv", "Save as " + run.name + ".csv", "text/csv")),
        crosstalk.table("Values of the curves", columns.map(head), rows, {class: "numbers"}));
};
