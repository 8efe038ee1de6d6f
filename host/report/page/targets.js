"use strict";
/* Published ranges beside the curves: as bands in the charts and as a table with their sources. */
window.crosstalk = window.crosstalk || {};

/* All that concern a run, with the values of its own curve: {readout, from, to, low, high, change, about, source, at, seen}. */
crosstalk.targetsOf = function (run) {
    const own = (run.record.scene.targets || []), found = [], sex = (run.record.scene.subject || {}).sex;
    for (const target of own.concat(run.record.targets || [])) {
        if (target.sex !== "both" && target.sex !== undefined && target.sex !== sex) continue;
        const column = crosstalk.columnOf(run, target.readout), from = crosstalk.moment(run, target.from),
            to = crosstalk.moment(run, target.to);
        if (!column || from === null || to === null) continue;
        const time = crosstalk.columnOf(run, "time").values, last = time[time.length - 1];
        /* a run that ends early is compared where it ends, if it has seen half of the time */
        const end = Math.min(to, last);
        if (!time.length || from < time[0] - 1e-6 || (to > from ? end - from < .5 * (to - from)
            : last < from)) continue;
        const start = crosstalk.valueAt(run, column, from), value = crosstalk.valueAt(run, column, end);
        if (start === null || value === null) continue;
        const open = side => typeof target[side] === "number" ? target[side] : null;
        const share = target.change && to > from ? (end - from) / (to - from) : 1;
        const bound = side => open(side) === null ? null : target.change ? start * (1 + open(side) / 100 * share)
            : open(side);
        found.push({target, own: own.includes(target), column, from, to: end, start, value, low: bound("low"),
            high: bound("high"), share,
            mean: open("low") !== null && open("low") === open("high")});
    }
    return found;
};

/* The value of a column at a time, between its rows. */
crosstalk.valueAt = function (run, column, days) {
    const time = crosstalk.columnOf(run, "time").values;
    let i = 1;
    while (i < time.length - 1 && time[i] < days) i++;
    const a = column.values[i - 1], b = time.length > 1 ? column.values[i] : a;
    if (a === null || b === null || a === undefined || b === undefined) return null;
    const share = time.length > 1 && time[i] > time[i - 1] ? Math.min(1,
        Math.max(0, (days - time[i - 1]) / (time[i] - time[i - 1]))) : 0;
    return a + share * (b - a);
};

/* Bands of a chart: {key of its curve, points: [[x, low, high], …], label}. Where runs are compared each run's ranges begin
 * at its own curve, so that only those that do not are drawn. */
crosstalk.bands = function (data, spec, axis) {
    const found = [];
    for (const run of data.runs) {
        const key = data.runs.length > 1 ? String(data.runs.indexOf(run)) : null;
        for (const t of crosstalk.targetsOf(run)) {
            if (!spec.names.includes(t.target.readout) || (axis.first && axis.event(run, t.from) < 0)) continue;
            if (data.runs.length > 1 && (t.target.change || run !== data.runs[0])) continue;
            const low = t.low === null ? t.high : t.low, high = t.high === null ? t.low : t.high;
            const from = axis.event(run, t.from), to = axis.event(run, t.to),
                label = t.target.about + " (" + t.target.source + ")";
            /* within days nobody says how a change went on its way: only where it arrived */
            if (t.mean || (t.target.change && t.to - t.from < 400)) found.push({key: key || t.target.readout, label,
                mark: true, points: [[to, low, high]]});
            else found.push({key: key || t.target.readout, label,
                points: t.target.change ? [[from, t.start, t.start], [to, low, high]]
                : [[from, low, high], [to, low, high]]});
        }
    }
    return found;
};

crosstalk.targetText = function (t, number) {
    const unit = t.target.change ? "\u00a0%" : t.column.unit === "1" ? "" : "\u00a0" + t.column.unit;
    const say = v => t.target.change ? crosstalk.signed(v * t.share, 3) : number(v, 3);
    if (t.mean) return "mean " + say(t.target.low) + unit;
    if (t.low === null) return "at most " + say(t.target.high) + unit;
    if (t.high === null) return "at least " + say(t.target.low) + unit;
    return say(t.target.low) + " to " + say(t.target.high) + unit;
};

crosstalk.inside = t => (t.low === null || t.value >= t.low) && (t.high === null || t.value <= t.high);

/* "2 of 3 published ranges are met" */
crosstalk.met = function (judged) {
    const inside = judged.filter(crosstalk.inside).length;
    return inside + " of " + judged.length + " published ranges " + (inside === 1 ? "is" : "are") + " met";
};

/* What a run says to a target: its value, and whether it is in the range. */
crosstalk.targetCell = function (t) {
    const make = crosstalk.make, unit = t.column.unit === "1" ? "" : "\u00a0" + t.column.unit;
    const here = t.target.change ? crosstalk.signed(100 * (t.value / t.start - 1), 3) + "\u00a0%"
        : crosstalk.number(t.value, 3) + unit;
    if (t.mean) return here;
    const word = crosstalk.inside(t) ? "✓ inside" : t.low !== null && t.value < t.low ? "below" : "above";
    return make("span", {}, here, " ", make("span", {class: crosstalk.inside(t) ? "pass" : "fail"}, word));
};

crosstalk.targets = function (data) {
    const make = crosstalk.make, number = crosstalk.number, many = data.runs.length > 1, rows = new Map(), met = [];
    let usual = true;
    data.runs.forEach(function (run, i) {
        const all = crosstalk.targetsOf(run), judged = all.filter(t => !t.mean), scene = run.record.scene;
        for (const t of all) {
            const key = JSON.stringify([t.target.readout, t.target.from, t.target.to, t.target.about]);
            if (!rows.has(key)) rows.set(key, {t, run, cells: data.runs.map(() => "—")});
            rows.get(key).cells[i] = crosstalk.targetCell(t);
        }
        const changed = Object.keys(scene.drivers || {}).length || (scene.events || []).length;
        if (changed && all.some(t => !t.own)) usual = false;
        if (judged.length) met.push((many ? crosstalk.label(data, run) + ": " : "") + crosstalk.met(judged));
    });
    if (!rows.size) return [];
    const table = [...rows.values()].map(({t, run, cells}) => [
        make("span", {}, crosstalk.column(run, t.column).label, make("br"),
            make("span", {class: "soft small"}, t.target.about)),
        t.target.change ? crosstalk.spanText(run, t) : crosstalk.whenText(run, (t.from + t.to) / 2),
        crosstalk.targetText(t, number)].concat(cells, [make("span", {class: "small"}, t.target.source)]));
    return [make("h3", {}, "Published ranges"),
        make("p", {}, met.length ? met.join("; ") + ". " : "", "Bands in the charts show them; a change begins on the "
            + "run's own curve. The model's gains were tuned with most of these figures in sight, so agreement is "
            + "calibration, not validation." + (usual ? "" : " They are means of people who live as usual; "
            + (many ? "these scenes change" : "this scene changes") + " something, and may well leave them.")),
        crosstalk.table("What was measured in people, beside " + (many ? "these runs" : "this run"),
            ["Read-out", "When", "Published"].concat(many ? data.runs.map(run => crosstalk.label(data, run))
                : ["This run"], ["Source"]), table, {class: "cards"})];
};

crosstalk.whenText = function (run, days) {
    const age = crosstalk.ageAt(run, days), time = crosstalk.columnOf(run, "time").values;
    return time[time.length - 1] > 1100 && age !== null ? "age " + crosstalk.number(age, 3) : crosstalk.time(days);
};

crosstalk.spanText = function (run, t) {
    const time = crosstalk.columnOf(run, "time").values;
    if (time[time.length - 1] > 1100) return "age\u00a0" + crosstalk.number(crosstalk.ageAt(run, t.from), 3)
        + "\u00a0to\u00a0" + crosstalk.number(crosstalk.ageAt(run, t.to), 3);
    return t.from === 0 ? "by " + crosstalk.time(t.to) : crosstalk.time(t.from) + " to " + crosstalk.time(t.to);
};

/* How far signals reach, against the voxel. */
crosstalk.resolution = function (run) {
    const make = crosstalk.make, number = crosstalk.number, mesh = run.record.mesh,
        species = (run.record.species || []).filter(s => s.decay_mm);
    if (!mesh || !species.length) return [];
    const voxel = Math.max(...mesh.spacing_mm), tissues = Object.keys(species[0].decay_mm);
    const cell = length => make("span", {class: length < voxel ? "fail" : "pass"},
        number(length, 2) + (length < voxel ? " ✗" : " ✓"));
    const count = species.reduce((n, s) => n + Object.values(s.decay_mm).filter(length => length < voxel).length, 0),
        all = species.length * tissues.length;
    return [make("h3", {}, "What voxels of " + number(voxel) + " mm resolve"),
        make("p", {}, "A signal fades within its decay length, √(φD/(φk + K)). Where that is shorter than a voxel (✗), pictures show the level of a tissue, not a gradient"
            + (count === all ? ": here everywhere." : count ? ": " + count + " of " + all + " cases here."
                : "; here it is longer everywhere.")),
        crosstalk.table("Decay length in mm, by species and tissue",
            ["Species"].concat(tissues.map(t => crosstalk.words(t))),
            species.map(s => [crosstalk.words(s.name)].concat(tissues.map(t => cell(s.decay_mm[t])))),
                {class: "numbers"})];
};
