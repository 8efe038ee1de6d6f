"use strict";
/* The view in space: controls, legends and words around the picture. crosstalk.space(element, data) makes it, or, where
 * it is already, gives it newer data (times may have come). Data: host/report/space.h. */
window.crosstalk = window.crosstalk || {};

crosstalk.space = function (element, space) {
    if (space.from) { // live: the volumes are fetched when there are other ones
        if (element.dataset.version === space.version) return null;
        element.dataset.version = space.version;
        fetch(space.from, {cache: "no-store"}).then(answer => answer.ok ? answer.json() : Promise.reject(new Error(answer.status)))
            .then(got => { crosstalk.spaceLate(element, false); crosstalk.space(element, got.space); })
            .catch(() => { delete element.dataset.version; crosstalk.spaceLate(element, true); });
        return null;
    }
    if (element.crosstalkSpace) element.crosstalkSpace.update(space);
    else element.crosstalkSpace = crosstalk.spaceMake(element, space);
    return element.crosstalkSpace;
};

/* Whether there are newer volumes than those that are shown: the next answer may bring them, or the run is gone. */
crosstalk.spaceLate = function (element, late) {
    const there = element.parentElement.querySelector(".space-late");
    if (there && !late) there.remove();
    if (there || !late) return;
    element.before(crosstalk.make("p", {class: "note space-late", role: "status"}, "The run has written newer volumes, which this page could not fetch"
        + (element.crosstalkSpace ? ": what you see is older than the curves" : "") + ". A report made from the run's folder shows them."));
};

/* How see-through a tissue is at first: what encloses others is clear, bone is solid. */
crosstalk.spaceOpacity = function (name, share) {
    const known = [[/cort|bone|trabec|femur|tibia|enamel/, 1], [/marrow/, 0.9], [/cartil|tendon/, 0.7], [/muscle/, 0.85],
        [/fascia|periost|connect|sept/, 0.25], [/fat|adipos|visc/, 0.1], [/skin/, 0.14]].find(([pattern]) => pattern.test(name));
    return known ? known[1] : share > 0.4 ? 0.25 : share > 0.1 ? 0.5 : 0.9;
};

crosstalk.spaceMake = function (element, first) {
    const make = crosstalk.make, number = crosstalk.number, words = crosstalk.words;
    let space = first, volume = null, camera = null, view = null, tissues = null, field = null, playing = 0, turnOf = 0, awake = false;
    const look = {view: {}, opacity: [], gone: [[0, 0, 0], [0, 0, 0]], scale: [1, 0], glow: 0, paint: 1, voxel: 1};
    const chosen = {field: 0, time: 0, glow: 0.35, paint: "field", cut: "corner", at: 0.5, far: false, shown: [], opacity: []};
    const part = {};

    if (space.reason) {
        crosstalk.fill(element, make("p", {class: "note"}, crosstalk.capital(space.reason) + "."));
        return {update(newer) {
            if (newer.reason) return;
            delete element.crosstalkSpace;
            delete element.crosstalkHtml;
            element.replaceChildren();
            crosstalk.space(element, newer);
        }};
    }

    /* ---- words ---- */

    const timeOf = time => (time.age_y !== null && time.age_y !== undefined ? "age " + number(time.age_y, 4) + " y, " : "") + crosstalk.time(time.time_d);
    const unitOf = about => about.unit && about.unit !== "1" ? " " + about.unit : "";
    const fieldOf = () => chosen.field < 0 ? null : space.fields[chosen.field];
    const fieldName = about => about ? words(about.name.replace(/^f_/, "share of ").replace(/^u_/, "exposure to ")) : "Tissues";
    const steps = crosstalk.edges(space.spacing_mm);
    const computed = crosstalk.edges(space.computed.spacing_mm);
    const axisName = i => space.sides[i].map(side => ({L: "left", R: "right", P: "back", A: "front", I: "below", S: "above"})[side]).join(" to ");

    function about() {
        const parts = [steps === computed ? "Voxels of " + steps + ", as computed." : "Shown in voxels of " + steps + ", computed in " + computed
            + ": shares of tissues and means of fields over each voxel."];
        if (space.times.length < space.times_of) parts.push(space.times.length + " of " + space.times_of + " written times.");
        if (space.fields.length < space.fields_of) parts.push(space.fields.length + " of " + space.fields_of + " written fields.");
        parts.push("Surfaces lie where one tissue gives way to the next, smoothed over a voxel; fields are of 8 bits.");
        return parts.join(" ");
    }

    /* What a reader who does not see the picture is told. */
    function describe() {
        const f = fieldOf(), visible = space.tissues.filter((_, g) => look.opacity[g] > 0).map(t => words(t.name).toLowerCase());
        const parts = [fieldName(f) + " at " + timeOf(space.times[chosen.time]) + ", seen " + camera.words(look.view) + "."];
        if (f) parts.push("Colours from " + number(f.show[0]) + " to " + number(f.show[1]) + unitOf(f) + (f.log ? ", logarithmic." : "."));
        parts.push(visible.length ? "Visible: " + visible.join(", ") + "." : "All tissues are hidden.");
        if (chosen.cut !== "none") parts.push("Cut: " + part.cut.selectedOptions[0].textContent + ", " + part.atText.textContent + ".");
        return parts.join(" ");
    }

    /* ---- the state that is drawn ---- */

    function setLook() {
        const f = fieldOf(), smallest = Math.min(...space.size_mm);
        look.opacity = space.tissues.map((_, g) => chosen.shown[g] ? chosen.opacity[g] : 0);
        look.paint = chosen.paint === "clear" ? 0 : chosen.paint === "field" && f ? 1 : 2;
        look.scale = f ? volume.scale(f) : [1, 0];
        look.glow = f ? 6 * chosen.glow ** 2 / smallest : 0;
        look.voxel = Math.min(...space.spacing_mm);
        const half = space.size_mm.map(v => v / 2), low = half.map(v => -1.01 * v), high = half.map(v => 1.01 * v);
        if (chosen.cut === "none") { look.gone = [[1, 1, 1], [0, 0, 0]]; return; }
        const axes = chosen.cut === "corner" ? [0, 1, 2] : [Number(chosen.cut)];
        for (const i of axes) { // a corner opens towards the reader; what is flat is cut through
            if (axes.length > 1 && space.size_mm[i] < 0.25 * Math.max(...space.size_mm)) continue;
            const away = axes.length > 1 ? camera.axes[i].reduce((sum, v, k) => sum + v * part.open[k], 0) < 0 : false;
            const at = (2 * chosen.at - 1) * half[i] * (away ? -1 : 1);
            if (away !== chosen.far) high[i] = at; else low[i] = at;
        }
        look.gone = [low, high];
    }

    function redraw(moving) {
        setLook();
        if (view) view.change(moving);
        legends();
    }

    /* Volumes of the chosen time and field onto the card. Later choices win over slower answers. */
    async function load() {
        if (!awake) { legends(); return; }
        const mine = ++turnOf, time = space.times[chosen.time], f = fieldOf();
        part.canvas.dataset.state = "busy";
        try {
            const [t, v] = await Promise.all([volume.unpack(time.tissues), f ? volume.unpack(time.fields[chosen.field]) : null]);
            if (mine === turnOf) take(t, v);
        } catch (reason) { complain("The view in space failed: " + reason.message); }
    }

    /* What was unpacked, onto the card. */
    function take(t, v) {
        const f = fieldOf();
        part.means = f ? volume.means(t, v, f) : null;
        if (t !== tissues) part.surfaces = volume.surfaces(t);
        if (view && (t !== tissues || view.fresh)) view.drawing.setTissues(space, part.surfaces);
        if (view && (t !== tissues || v !== field || view.fresh)) {
            view.drawing.setField(v ? volume.known(v, part.surfaces.labels) : null);
            view.drawing.setMap(f ? space.maps[f.map] : null);
            view.drawing.setBricks(volume.brickDims, volume.bricks(part.surfaces.labels, v));
        }
        [tissues, field] = [t, v];
        setLook();
        if (view && (view.fresh || view.fresh === undefined)) { view.fresh = false; view.begin(); }
        else if (view) view.change(false);
        else {
            part.canvas.classList.remove("space-empty");
            crosstalk.spaceFlat(part.canvas, space, part.surfaces.labels, v, look, f ? space.maps[f.map] : null);
        }
        legends();
    }

    /* ---- legends over the picture ---- */

    function legends() {
        const f = fieldOf();
        part.title.textContent = fieldName(f) + " · " + timeOf(space.times[chosen.time]);
        part.bar.hidden = !f;
        if (f) {
            const middle = f.log ? Math.sqrt(f.show[0] * f.show[1]) : (f.show[0] + f.show[1]) / 2;
            crosstalk.fill(part.ticks, [f.show[0], middle, f.show[1]].map(v => make("span", {}, number(v, 3))));
            part.barName.textContent = fieldName(f) + (unitOf(f) ? " in" + unitOf(f) : "") + (f.log ? ", logarithmic" : "");
            const context = part.colours.getContext("2d"), row = context.createImageData(256, 1), hex = space.maps[f.map];
            for (let i = 0; i < 256; i++) for (let k = 0; k < 4; k++)
                row.data[4 * i + k] = k === 3 ? 255 : parseInt(hex.substr(6 * i + 2 * k, 2), 16);
            context.putImageData(row, 0, 0);
        }
        part.note.textContent = f && f.note ? crosstalk.capital(f.note) + "." : "";
        part.note.hidden = !(f && f.note);
        space.tissues.forEach((_, g) => {
            const mean = part.means ? part.means[g] : NaN;
            part.rows[g].mean.textContent = !f ? "" : isNaN(mean) ? "–" : number(mean) + unitOf(f);
        });
        part.meanHead.textContent = f ? "mean" : "";
        part.timeRow.hidden = space.times.length < 2;
        part.timeText.textContent = timeOf(space.times[chosen.time]);
        if (part.time.value !== String(chosen.time)) part.time.value = chosen.time;
        const axis = chosen.cut === "none" || chosen.cut === "corner" ? 0 : Number(chosen.cut);
        part.atText.textContent = chosen.cut === "corner" ? number(100 * chosen.at) + " %" : number(chosen.at * space.size_mm[axis]) + " mm";
        part.cutAt.hidden = part.flip.hidden = chosen.cut === "none";
        part.glow.disabled = !f;
        part.words.textContent = describe(); // at once: a still picture may take long
        overlays();
    }

    /* What turns and grows with the view: letters, scale. */
    function overlays() {
        const d = camera.directions(look.view), arms = [["R", [1, 0, 0]], ["A", [0, 1, 0]], ["S", [0, 0, 1]]];
        const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
        const placed = arms.map(([name, v]) => ({name, x: dot(v, d.right), y: -dot(v, d.up), z: dot(v, d.towards)})).sort((a, b) => a.z - b.z);
        part.glyph.replaceChildren(...placed.map(p => make("g", {class: p.z < -0.15 ? "away" : null},
            make("line", {x1: 0, y1: 0, x2: (24 * p.x).toFixed(2), y2: (24 * p.y).toFixed(2)}),
            make("text", {x: (35 * p.x).toFixed(2), y: (35 * p.y).toFixed(2), "text-anchor": "middle", "dominant-baseline": "central"}, p.name))));
        const box = part.canvas.getBoundingClientRect();
        if (!box.height) return;
        const mm = camera.height(look.view, box.width / box.height) / box.height, nice = crosstalk.spaceNice(0.24 * box.width * mm);
        part.scale.style.width = (nice / mm).toFixed(1) + "px";
        part.scaleText.textContent = (nice >= 1 ? number(nice) + " mm" : number(nice * 1000) + " µm") + (look.view.perspective ? " in the middle" : "");
    }

    function meansText() {
        const f = fieldOf();
        return !f || !part.means ? "" : " Means: " + space.tissues.map((t, g) => words(t.name).toLowerCase() + " " +
            (isNaN(part.means[g]) ? "not known" : number(part.means[g]) + unitOf(f))).join(", ") + ".";
    }

    function complain(text) {
        part.complaint.textContent = text;
        part.complaint.hidden = !text;
    }

    function said(what) {
        if (what === "view") { overlays(); part.words.textContent = describe(); }
        else if (what === "restored") { view.fresh = true; load(); }
        else if (what === "still") {
            const text = describe();
            part.words.textContent = text;
            part.canvas.setAttribute("aria-label", "View in space. " + text + meansText());
        }
    }

    /* ---- controls ---- */

    const id = name => "space-" + crosstalk.spaceMake.count + "-" + name;
    crosstalk.spaceMake.count = (crosstalk.spaceMake.count || 0) + 1;
    const button = (text, act, attributes) => make("button", {type: "button", onclick: act, ...attributes}, text);
    const slider = (name, label, value, act, attributes) => {
        const input = make("input", {type: "range", id: id(name), min: 0, max: 1, step: 0.01, value, oninput: () => act(Number(input.value), true),
            onchange: () => act(Number(input.value), false), "aria-label": label, ...attributes});
        return input;
    };
    const select = (name, options, value, act) => {
        const list = make("select", {id: id(name), onchange: () => act(list.value)}, options.map(([key, text]) => make("option", {value: key, selected: key === value}, text)));
        return list;
    };
    const row = (name, label, ...inputs) => make("div", {class: "space-row"}, make("label", {for: id(name)}, label), inputs);

    function play() {
        const on = !playing;
        clearTimeout(playing);
        playing = 0;
        part.play.textContent = on ? "Pause" : "Play";
        part.play.setAttribute("aria-pressed", on);
        const step = () => {
            chosen.time = (chosen.time + 1) % space.times.length;
            load();
            playing = setTimeout(step, 900);
        };
        if (on) step();
    }
    function look_from(azimuth, elevation) {
        Object.assign(look.view, {azimuth, elevation, pan: [0, 0]});
        overlays();
        redraw(true);
    }
    function setPaint(value) {
        chosen.paint = value;
        redraw(false);
    }
    function setCut(value) {
        chosen.cut = value;
        part.open = camera.directions(look.view).towards;
        redraw(false);
    }
    function keep() { // the picture as a file; a link with a blob is no request
        view.complete();
        part.canvas.toBlob(blob => {
            const link = make("a", {href: URL.createObjectURL(blob), download: "space.png"});
            link.click();
            setTimeout(() => URL.revokeObjectURL(link.href), 10000);
        });
    }

    function tissueRows() {
        part.rows = space.tissues.map((tissue, g) => {
            const opacity = slider("opacity" + g, "Opacity of " + words(tissue.name), chosen.opacity[g], (value, moving) => {
                chosen.opacity[g] = value;
                redraw(moving);
            });
            const shown = make("input", {type: "checkbox", id: id("shown" + g), checked: chosen.shown[g], onchange: () => {
                chosen.shown[g] = shown.checked;
                redraw(false);
            }});
            const swatch = make("span", {class: "space-swatch", "aria-hidden": "true"}), mean = make("td", {class: "space-mean"});
            swatch.style.background = tissue.colour;
            return {mean, element: make("tr", {}, make("th", {scope: "row"}, make("label", {}, shown, swatch, words(tissue.name))), make("td", {}, opacity), mean)};
        });
        return part.rows.map(r => r.element);
    }

    const fieldList = () => [["-1", "tissues only"], ...space.fields.map((f, i) => [String(i), fieldName(f)])];
    function build() {
        const has = space.fields.length > 0;
        part.canvas = make("canvas", {class: "space-canvas space-empty", tabindex: "0", role: "application", "aria-roledescription": "picture that turns",
            "aria-describedby": id("keys")});
        part.paper = make("canvas", {class: "space-paper", hidden: true, "aria-hidden": "true"});
        part.title = make("div", {class: "space-title"});
        part.colours = make("canvas", {width: 256, height: 1, "aria-hidden": "true"});
        part.ticks = make("div", {class: "space-ticks"});
        part.barName = make("div", {class: "space-barname"});
        part.bar = make("div", {class: "space-bar"}, part.barName, part.colours, part.ticks);
        part.glyph = make("svg", {class: "space-glyph", viewBox: "-44 -44 88 88", "aria-hidden": "true"});
        part.scaleText = make("span", {});
        part.scale = make("div", {class: "space-scale"}, part.scaleText);
        part.complaint = make("p", {class: "note", hidden: true, role: "alert"});
        part.words = make("p", {class: "space-words"});
        part.note = make("p", {class: "space-warning"});
        part.timeText = make("output", {class: "space-value", for: id("time")});
        part.atText = make("output", {class: "space-value", for: id("at")});
        part.time = slider("time", "Time", chosen.time, value => { chosen.time = value; load(); }, {max: space.times.length - 1, step: 1});
        part.play = button("Play", play, {"aria-pressed": "false"});
        part.glow = slider("glow", "Glow", chosen.glow, (value, moving) => { chosen.glow = value; redraw(moving); });
        part.cut = select("cut", [["none", "none"], ...[0, 1, 2].map(i => [String(i), axisName(i)]), ["corner", "the near corner"]], chosen.cut, setCut);
        part.cutAt = make("div", {class: "space-row", hidden: true}, make("label", {for: id("at")}, "at"),
            slider("at", "Where the cut is", chosen.at, (value, moving) => { chosen.at = value; redraw(moving); }, {step: 0.005}), part.atText);
        part.flip = button("Flip", () => { chosen.far = !chosen.far; redraw(false); }, {"aria-label": "Cut away the other side"});
        part.meanHead = make("th", {scope: "col"});
        part.perspective = make("input", {type: "checkbox", checked: true, onchange: () => { look.view.perspective = part.perspective.checked; overlays(); redraw(false); }});
        part.field = select("field", fieldList(), String(chosen.field), value => {
            chosen.field = Number(value);
            load();
        });
        part.body = make("tbody", {});
        element.replaceChildren(part.complaint, make("div", {class: "space"},
            make("figure", {class: "space-figure"},
                make("div", {class: "space-stage"}, part.canvas, part.paper, part.title, part.bar, part.glyph, part.scale),
                make("figcaption", {}, make("p", {class: "hidden", id: id("keys")}, "Arrow keys turn it, with Shift they move it; plus and minus zoom; Home resets."),
                    part.words, part.note, part.about = make("p", {class: "space-about"}, about()))),
            make("div", {class: "space-panel screen", role: "group", "aria-label": "Controls of the view in space"},
                has ? row("field", "Field", part.field) : null,
                part.timeRow = row("time", "Time", part.time, part.play, part.timeText),
                has ? row("glow", "Glow", part.glow) : null,
                has ? row("paint", "Cut faces", select("paint", [["field", "field"], ["tissue", "tissues"], ["clear", "clear"]], "field", setPaint)) : null,
                row("cut", "Cut", part.cut, part.flip), part.cutAt,
                make("table", {class: "space-tissues"}, make("thead", {}, make("tr", {}, make("th", {scope: "col"}, "Tissue"), make("th", {scope: "col"}, "opacity"), part.meanHead)), part.body),
                make("div", {class: "space-buttons"}, button("Front", () => look_from(0, 0)), button("Left", () => look_from(270, 0)), button("Top", () => look_from(180, 90)),
                    button("−", () => { view.zoom(1 / 1.25); overlays(); redraw(true); }, {"aria-label": "Smaller"}), button("+", () => { view.zoom(1.25); overlays(); redraw(true); }, {"aria-label": "Larger"}),
                    button("Reset", () => { view.reset(); overlays(); redraw(true); }), button("Save picture", keep)),
                make("label", {class: "space-check"}, part.perspective, "Perspective"),
                make("p", {class: "space-hint"}, "Drag to turn, Shift-drag to move, pinch or, once clicked, scroll to zoom. Arrow keys, + and − do the same."))));
        part.body.append(...tissueRows());
    }

    /* ---- life ---- */

    function ground() {
        const hex = getComputedStyle(element).getPropertyValue("--raised").trim();
        return /^#[0-9a-f]{6}$/i.test(hex) ? hex : "#f4f6f8";
    }
    function start() {
        camera = crosstalk.spaceCamera(space);
        volume = crosstalk.spaceVolume(space);
        look.view = {...camera.home, pan: [0, 0]};
        part.open = camera.directions(look.view).towards;
        chosen.time = space.times.length - 1;
        chosen.field = space.fields.length ? 0 : -1;
        chosen.shown = space.tissues.map(() => true);
        chosen.opacity = space.tissues.map(t => crosstalk.spaceOpacity(t.name, t.share));
        build();
        setLook();
        legends(); // also for who reads or prints before it is drawn
        if (typeof DecompressionStream === "undefined") {
            complain("This browser cannot unpack the volumes of this page. Chrome and Edge 80, Firefox 113, Safari 16.4 and later can.");
            return;
        }
        // Unpacking and compiling wait until the reader comes near, or the page has nothing else to do.
        const near = new IntersectionObserver(entries => { if (entries.some(e => e.isIntersecting)) wake(); }, {rootMargin: "500px"});
        near.observe(part.canvas);
        window.addEventListener("beforeprint", paper);
        const idle = window.requestIdleCallback || (act => setTimeout(act, 1500));
        idle(() => idle(wake));
    }

    /* A browser prints what its canvases showed last: the paper gets a copy, on white, of a picture that is complete. */
    function paper() {
        wake();
        try {
            if (!tissues) { // nobody came near so far
                const time = space.times[chosen.time], voxels = space.dims[0] * space.dims[1] * space.dims[2];
                turnOf++;
                take(volume.unpackNow(time.tissues, voxels * space.tissues.length),
                    fieldOf() ? volume.unpackNow(time.fields[chosen.field], voxels) : null);
            }
            if (!view) return;
            view.setGround("#ffffff");
            view.complete();
            part.paper.hidden = false;
            part.paper.width = part.canvas.width;
            part.paper.height = part.canvas.height;
            part.paper.getContext("2d", {willReadFrequently: true}).drawImage(part.canvas, 0, 0);
        } catch (reason) { complain("The view in space failed: " + reason.message); }
    }

    function wake() {
        if (awake) return;
        awake = true;
        try { view = crosstalk.spaceView(part.canvas, look, camera, said); } catch (reason) { complain("WebGL2: " + reason.message); }
        if (!view) {
            complain("This browser offers no WebGL2, so nothing turns here: a slice through the middle stands in its place.");
            element.classList.add("space-still");
        } else {
            view.fresh = true;
            view.setGround(ground());
            window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => view.setGround(ground()));
            window.addEventListener("afterprint", () => view.setGround(ground()));
            new ResizeObserver(overlays).observe(part.canvas);
        }
        load();
    }

    function update(newer) {
        if (newer.reason || newer.version === space.version) return;
        const last = chosen.time === space.times.length - 1, name = fieldOf() && fieldOf().name, names = space.tissues.map(t => t.name).join();
        const when = space.times[chosen.time].time_d;
        space = newer;
        volume = crosstalk.spaceVolume(space);
        tissues = field = null;
        chosen.time = last ? space.times.length - 1 : Math.max(0, space.times.findIndex(t => t.time_d >= when));
        chosen.field = Math.max(name && space.fields.length ? 0 : -1, space.fields.findIndex(f => f.name === name));
        part.time.max = space.times.length - 1;
        part.field.replaceChildren(...fieldList().map(([key, text]) => make("option", {value: key}, text)));
        part.field.value = chosen.field;
        part.about.textContent = about();
        if (names !== space.tissues.map(t => t.name).join()) {
            chosen.shown = space.tissues.map(() => true);
            chosen.opacity = space.tissues.map(t => crosstalk.spaceOpacity(t.name, t.share));
            part.body.replaceChildren(...tissueRows());
        }
        if (view) view.fresh = view.fresh || undefined;
        load();
    }

    start();
    return {update, look, chosen, view: () => view, volume: () => volume, describe, redraw, load};
};
