"use strict";
/* Reads the data and hands them to the parts; in live mode again and again. */
window.crosstalk = window.crosstalk || {};

/* Bytes of a blob as a URL that img and video take; in live mode the file itself. */
crosstalk.url = function (item) {
    if (!item) return null;
    const held = item.blob && document.getElementById(item.blob);
    if (held) return "data:" + crosstalk.url.type(item.file) + ";base64," + held.textContent;
    return crosstalk.data.live ? item.file + (item.version ? "?" + item.version : "") : null;
};
crosstalk.url.type = file => ({png: "image/png", apng: "image/apng", webp: "image/webp", mp4: "video/mp4",
    webm: "video/webm"})[
    file.split(".").pop()] || "application/octet-stream";

/* Bytes of a blob as a Uint8Array, for those who compute with them; null if there is none. */
crosstalk.blob = function (id) {
    const held = document.getElementById(id);
    return held ? Uint8Array.from(atob(held.textContent), character => character.charCodeAt(0)) : null;
};

crosstalk.time = function (days) {
    if (days === null || !isFinite(days)) return "";
    const number = crosstalk.number;
    if (days < 4) return number(days * 24) + " h";
    return days < 1100 ? "day " + number(days, 4) : "year " + number(days / 365.25, 4);
};

crosstalk.head = function (data) {
    const make = crosstalk.make, one = data.runs.length === 1, run = data.runs[0];
    const head = [make("p", {class: "kicker"}, one ? "Crosstalk report" : "Crosstalk: " + data.runs.length
        + " runs compared")];
    if (one) head.push(make("h1", {}, run.record.scene.title || run.name), crosstalk.facts(run));
    else head.push(make("h1", {}, data.runs.map(r => r.record.scene.title
        || r.name).filter((t, i, all) => all.indexOf(t) === i).join(" · ")));
    for (const r of data.runs) head.push(crosstalk.verdict(r, one ? "" : crosstalk.label(data, r)));
    if (one && run.record.scene.expect)
        head.push(make("p", {}, make("b", {}, "The scene expects: "), run.record.scene.expect),
            run.record.well_mixed ? make("p", {class: "small soft"}, "The scene was written for a run with voxels. This one is "
                + "well-mixed: it has no voxels and no pictures, and what is said of them does not apply.") : null);
    for (const r of data.runs) for (const text of r.missing) head.push(make("p", {class: "note"}, text + "."));
    crosstalk.fill(document.getElementById("head"), head);
};

/* What a run is called among others. */
crosstalk.label = (data, run) => data.runs.filter(r => r.name === run.name).length > 1
    ? run.name + " (" + (data.runs.indexOf(run) + 1) + ")" : run.name;

/* Days that a run has come to: the curves are newer than the record. */
crosstalk.reached = function (run) {
    const time = crosstalk.columnOf(run, "time");
    return Math.max(run.record.time_d || 0, time && time.values.length ? time.values[time.values.length - 1] : 0);
};

crosstalk.facts = function (run) {
    const make = crosstalk.make, scene = run.record.scene, facts = [];
    const add = (name, value) => { if (value) facts.push(make("div", {}, make("dt", {}, name), make("dd", {}, value)));
        };
    const subject = scene.subject || {}, clock = scene.clock || {};
    add("Subject", [subject.sex, subject.age && subject.age + " at the start",
        subject.ageing === false && "age held"].filter(Boolean).join(", "));
    add("Until", clock.until);
    add("Mode", run.record.well_mixed ? "well-mixed, no mesh" : clock.mode === "acute" ? "acute, fields in time"
        : "chronic");
    const mesh = run.record.mesh;
    if (mesh) add("Voxels", mesh.dims.join(" × ") + " of " + crosstalk.edges(mesh.spacing_mm));
    for (const [name, value] of Object.entries(scene.drivers || {})) add(crosstalk.words(name),
        value === null ? "not set" : String(value));
    add("Model", run.record.model);
    return make("dl", {class: "facts"}, facts);
};

/* "Year 12 of 50, 24 %.", "Day 30 of 50 years, 0 %." */
crosstalk.progress = function (done, whole) {
    const at = crosstalk.time(done), [, unit, length] = /^([a-z]+ )?(.*)$/.exec(crosstalk.time(whole));
    return crosstalk.capital(at) + " of " + length + (!unit || at.startsWith(unit) ? "" : " " + unit.trim() + "s")
        + ", " + Math.round(100 * done / whole) + "\u00a0%.";
};

crosstalk.verdict = function (run, name) {
    const make = crosstalk.make, v = run.verdict;
    const whole = v.state === "running" && crosstalk.whole(run), done = crosstalk.reached(run);
    const ranges = v.state === "holds" ? crosstalk.targetsOf(run).filter(t => !t.mean) : [];
    const why = (v.detail ? crosstalk.capital(v.detail) + (/[.!?]$/.test(v.detail) ? "" : ".") : "")
        + (ranges.length ? " So much for the arithmetic; beside measurements in people, " + crosstalk.met(ranges) + "." : "");
    return make("div", {class: "verdict " + v.state},
        make("p", {class: "line"}, name ? name + ": " : "", v.headline,
            whole > 0 && done >= 0 ? " " + crosstalk.progress(done, whole) : ""),
        why ? make("p", {class: "why"}, why.trim()) : null);
};

/* One view for each run that has volumes; it stays what it is, whatever comes. */
crosstalk.spaces = function (data) {
    const make = crosstalk.make, section = document.getElementById("space"), body = section.querySelector(".body");
    const runs = data.runs.filter(run => run.space && !run.record.well_mixed);
    section.hidden = !runs.length;
    while (body.children.length < runs.length)
        body.append(make("div", {class: "space-run"}, runs.length > 1
            ? make("h3", {}, crosstalk.label(data, runs[body.children.length])) : null,
            make("div", {})));
    runs.forEach((run, i) => crosstalk.space(body.children[i].lastChild, run.space));
};

crosstalk.contents = function () {
    const make = crosstalk.make, items = [];
    for (const section of document.querySelectorAll("main > section:not([hidden])"))
        items.push(make("li", {}, make("a", {href: "#" + section.id}, section.querySelector("h2").textContent)));
    crosstalk.fill(document.getElementById("contents"), make("ul", {}, items));
};

/* A part that the data break (a record from elsewhere, or damaged) says so and leaves the others alone. */
crosstalk.part = function (name, data) {
    const section = document.getElementById(name === "spaces" ? "space" : name);
    try {
        crosstalk[name](data);
    } catch (reason) {
        section.hidden = false;
        crosstalk.fill(section.querySelector(".body") || section, crosstalk.make("p", {class: "note"},
            "This part cannot be shown, because the run's files do not hold what it expects (" + reason.message
                + ")."));
    }
};

crosstalk.show = function (data) {
    crosstalk.data = data;
    for (const name of ["head", "changes", "curves", "slices", "films", "spaces", "proofs", "timings", "limits",
        "repeat"])
        crosstalk.part(name, data);
    crosstalk.fill(document.getElementById("foot"), crosstalk.make("p", {}, "Written by " + data.program
        + " from the files of the run. Calibrated to group means, not validated. Not medical advice."));
    crosstalk.contents();
};

crosstalk.poll = async function () {
    const running = () => crosstalk.data.runs.some(run => run.verdict.state === "running");
    for (let wait = 2000; ; ) {
        await new Promise(done => setTimeout(done, wait));
        try {
            const answer = await fetch("data.json", {cache: "no-store"});
            if (!answer.ok) throw new Error(answer.status);
            crosstalk.show(await answer.json());
            document.getElementById("lost").hidden = true;
            wait = running() ? 2000 : 10000;
        } catch (reason) { /* the server is gone: the page stays as it is, and asks less often */
            document.getElementById("lost").hidden = !running();
            wait = Math.min(wait * 2, 60000);
        }
    }
};

document.addEventListener("DOMContentLoaded", function () {
    crosstalk.show(JSON.parse(document.getElementById("data").textContent));
    if (crosstalk.data.live) crosstalk.poll();
});
