"use strict";
/* What the run proves of itself, where its time went, what it does not know, and how to repeat it. */
window.crosstalk = window.crosstalk || {};

/* A part of the page once a run; with its name where there are several. */
crosstalk.each = function (data, compose) {
    const parts = [];
    for (const run of data.runs) {
        const part = compose(run);
        if (!part || !part.length) continue;
        if (data.runs.length > 1) parts.push(crosstalk.make("h3", {}, crosstalk.label(data, run)));
        parts.push(...part);
    }
    return parts;
};

crosstalk.proofs = function (data) {
    const make = crosstalk.make, number = crosstalk.number;
    crosstalk.section("proofs", ...crosstalk.each(data, function (run) {
        const checks = run.verdict.checks.map(check => [
            make("span", {}, check.name, make("br"), make("span", {class: "soft small"}, check.about)),
            check.text, check.bound === null || check.bound === 0 ? "—" : "≤\u00a0" + number(check.bound, 2),
            check.pass === null ? "reported" : make("span", {class: check.pass ? "pass" : "fail"},
                check.pass ? "✓ holds" : "✗ broken")]);
        const parts = [];
        if (checks.length) parts.push(crosstalk.table("What this run proves of itself",
            ["Proof", "This run", "Bound", "Verdict"], checks, {class: "cards"}));
        else parts.push(make("p", {}, "This run has recorded no proofs yet."));
        const warnings = run.record.warnings || [];
        if (warnings.length)
            parts.push(make("p", {}, "The run warned:"), make("ul", {}, warnings.map(text => make("li", {}, text))));
        return parts;
    }));
};

crosstalk.timings = function (data) {
    const make = crosstalk.make, number = crosstalk.number, percent = share => share === null || share === undefined
        ? "" : number(100 * share, 2) + "\u00a0%";
    crosstalk.section("timings", ...crosstalk.each(data, function (run) {
        const record = run.record, wall = record.wall || {}, parts = [];
        if (!(record.wall_s > 0)) return [];
        const device = record.device;
        parts.push(make("p", {}, crosstalk.seconds(record.wall_s) + " in all, "
            + (device ? "on " + device.name + " (" + device.platform
            + ", driver " + device.driver + ")" : "without a device: well-mixed tissues")
                + (device && device.copy_bytes_per_s
            ? ", which copies " + number(device.copy_bytes_per_s / 1e9) + " GB/s" : "") + "."));
        const sorted = (wall.parts || []).filter(p => p.share > 0).sort((a, b) => b.seconds - a.seconds),
            small = sorted.filter(p => p.share < .005);
        const shares = small.length < 2 ? sorted : sorted.filter(p =>
            p.share >= .005).concat({name: "everything else (" + small.map(p => p.name).join(", ") + ")",
            seconds: small.reduce((n, p) => n + p.seconds, 0), share: small.reduce((n, p) => n + p.share, 0)});
        let x = 0;
        const bar = shares.map(function (p, i) {
            const rect = make("rect", {x: x, y: 0, width: 100 * p.share, height: 10, class: "f" + (i < 7 ? i + 1 : 8)},
                make("title", {}, p.name));
            x += 100 * p.share;
            return rect;
        });
        parts.push(make("div", {class: "bar"}, make("svg", {viewBox: "0 0 100 10", preserveAspectRatio: "none",
            role: "img",
            "aria-label": "Wall time by parts: " + shares.slice(0,
                4).map(p => p.name + " " + percent(p.share)).join(", ")}, bar)));
        const swatch = i => make("svg", {viewBox: "0 0 10 10", width: 10, height: 10, "aria-hidden": "true"},
            make("rect", {width: 10, height: 10, rx: 2, class: "f" + (i < 7 ? i + 1 : 8)}));
        parts.push(crosstalk.table("Wall time of the stepping thread, part by part", ["Part", "Time", "Share"],
            shares.map((p, i) => [make("span", {}, swatch(i), " ", p.name), crosstalk.seconds(p.seconds),
                percent(p.share)]), {class: "numbers"}));
        if (wall.writing_thread_s > 0)
            parts.push(make("p", {class: "small"}, "Beside it a second thread drew and wrote for "
                + crosstalk.seconds(wall.writing_thread_s) + "."));
        const stages = (record.stages || []).filter(s => s.seconds > 0).sort((a, b) => b.seconds - a.seconds);
        if (stages.length)
            parts.push(make("details", {}, make("summary", {}, stages.length + " stages on the device"),
                crosstalk.table("Stages on the device: bytes by model, against the copy bandwidth measured in the same run",
                ["Stage", "Time", "Of the wall time", "Moved", "Of copy bandwidth"],
                stages.map(s => [s.name, crosstalk.seconds(s.seconds), percent(s.share_of_wall),
                    crosstalk.bytes(s.bytes), percent(s.share_of_copy_bandwidth)]),
                {class: "numbers"})));
        return parts;
    }));
};

crosstalk.limits = function (data) {
    const make = crosstalk.make;
    crosstalk.section("limits", ...crosstalk.each(data, function (run) {
        const record = run.record, mesh = record.mesh, items = [];
        const say = (head, text) => items.push(make("li", {}, make("b", {}, head), " ", text));
        if (record.calibration) say("Calibrated is not validated.", record.calibration);
        say("Plasma carries the signals between organs.",
            "Diffusion over a centimetre would take weeks; what the pictures show "
            + "between tissues that touch is a sleeve of half a millimetre at most.");
        if (mesh) say("The mesh is fixed.",
            "Fractions change in voxels and labels follow, but a limb does not swell or shrink.");
        else say("No space.", "Tissues are well mixed: there are no gradients, no geometry and no pictures in this run.");
        say("Humans on average.", "No variability, no fractures, no nerves; results of animals do not transfer by themselves.");
        say("Not medical advice.", "");
        const parts = [make("ul", {}, items)];
        if (crosstalk.resolution) parts.push(...crosstalk.resolution(run));
        return parts;
    }));
};

crosstalk.copy = function (text, what) {
    const make = crosstalk.make;
    const said = make("span", {role: "status", class: "small soft"});
    const area = () => { /* without permission or on file:, the old way */
        const room = make("textarea", {class: "hidden", "aria-hidden": "true"});
        room.value = text;
        document.body.append(room);
        room.select();
        const done = document.execCommand("copy");
        room.remove();
        return done;
    };
    return [make("button", {type: "button", class: "screen", onclick: async function () {
        let done = false;
        try {
            await navigator.clipboard.writeText(text);
            done = true;
        } catch (reason) { done = area(); }
        said.textContent = done ? "Copied." : "This browser does not let a page copy: select the text instead.";
    }}, "Copy " + what), " ", said];
};

/* text: or what makes it when it is asked for. */
crosstalk.save = (text, name, what, type = "text/yaml") => crosstalk.make("button",
    {type: "button", class: "screen", onclick: function () {
    const bytes = new Blob([typeof text === "function" ? text() : text], {type});
    const link = crosstalk.make("a", {href: URL.createObjectURL(bytes), download: name});
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}}, what);

crosstalk.quoted = word => /^[\w./=:@%+-]+$/.test(word) ? word : "'" + word.replace(/'/g, "'\\''") + "'";

crosstalk.repeat = function (data) {
    const make = crosstalk.make;
    crosstalk.section("repeat", ...crosstalk.each(data, function (run) {
        const record = run.record, device = record.device;
        const scene = JSON.stringify(record.scene, null, 2) + "\n";
        const words = record.command ? record.command : ["crosstalk", "run", "scene.yaml", "-o",
            run.name].concat(record.well_mixed ? ["--well-mixed"] : []);
        const line = words.map(crosstalk.quoted).join(" ");
        const rows = [["Program", "Crosstalk " + record.version], ["Source", record.git || "not known"],
            ["Model", record.model + " (" + record.model_file + ")"]];
        if (record.started) rows.push(["Started", record.started]);
        if (device) rows.push(["Device", device.name], ["Platform", device.platform + ", " + device.version],
            ["Driver", device.driver]);
        return [
            make("p", {}, record.command ? "The command that made it:" : "With the scene below as scene.yaml:"),
            make("pre", {tabindex: "0", "aria-label": "Command"}, make("code", {}, line)),
            make("p", {class: "screen"}, crosstalk.copy(line, "the command")),
            crosstalk.table("What it was made with", ["What", ""], rows, {class: "cards"}),
            make("p", {}, "The same command on the same device gives the same bits; other devices agree to the tolerances above."),
            make("details", {}, make("summary", {}, "The scene as used, every default filled in"),
                make("p", {}, "JSON is YAML: this text is itself a scene."),
                make("p", {}, crosstalk.copy(scene, "the scene"), " ",
                    crosstalk.save(scene, run.name + ".yaml", "Save as " + run.name + ".yaml")),
                make("pre", {tabindex: "0", "aria-label": "Scene"}, make("code", {}, scene)))];
    }));
};
