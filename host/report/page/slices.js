"use strict";
/* The pictures of slices: which quantity, which time; and the films that lie in the folder. */
window.crosstalk = window.crosstalk || {};

crosstalk.slice = {film: null, index: null, playing: null};

/* Films of all runs by their name: {series, label, per: [film or undefined per run]}. */
crosstalk.slice.all = function (data) {
    const found = new Map();
    data.runs.forEach((run, i) => {
        for (const film of run.films) {
            for (const picture of film.pictures) picture.text = Object.assign({}, film.pictures[0].text, picture.text);
            film.pictures = film.pictures.filter(picture => crosstalk.url(picture)); /* some may not have fitted */
            if (!film.pictures.length) continue;
            /* runs of other voxels have the same slice at another index */
            const wide = film.series.replace(/_([xyz])\d+(?=$|-)/, "_$1");
            const key = run.films.some(f => f !== film && f.series.replace(/_([xyz])\d+(?=$|-)/, "_$1") === wide)
                ? film.series : wide;
            if (!found.has(key)) found.set(key, {series: key, label: crosstalk.slice.label(film), per: []});
            found.get(key).per[i] = film;
        }
    });
    for (const entry of found.values()) /* of `crosstalk render` */
        if (entry.series.startsWith("render/") && !crosstalk.slice.plane(entry.series)) entry.label += ", in space";
    const labels = [...found.values()].map(entry => entry.label);
    for (const entry of found.values()) /* one thing in several planes */
        if (labels.filter(label => label === entry.label).length > 1)
            entry.label += ", " + (crosstalk.slice.plane(entry.per.find(Boolean).series) || crosstalk.words(entry.series.split("/").pop()));
    const asked = ((data.runs[0].record.scene.output || {}).frames || []).map(frame => frame.show || frame);
    const place = entry => { const at = asked.findIndex(show => entry.series === show
        || entry.series.startsWith(show + "_")); return at < 0 ? asked.length : at; };
    return [...found.values()].sort((a, b) => place(a) - place(b));
};

/* "Osteokine (undercarboxylated osteocalcin)" is too long for a button. */
crosstalk.slice.label = film => (film.pictures[0].text.Title || crosstalk.words(film.series))
    .replace(/\s*\([^)]*\)$/, "");

/* "myokine_z2-2": across which axis, at which voxel. */
crosstalk.slice.plane = function (series) {
    const found = /_([xyz])(\d+)(?:-\d+)?$/.exec(series);
    return found ? "slice across " + found[1] + " at voxel " + found[2] : "";
};

/* The times of the first run that has this film: what the slider goes through. */
crosstalk.slice.times = entry => (entry.per.find(Boolean)).pictures.map(p => p.time === null ? p.number : p.time);

crosstalk.slice.nearest = (pictures, time) => pictures.reduce((a, b) =>
    Math.abs((b.time === null ? b.number : b.time) - time)
    < Math.abs((a.time === null ? a.number : a.time) - time) ? b : a);

crosstalk.slice.when = function (run, picture) {
    if (picture.time === null) return "picture " + picture.number;
    const age = crosstalk.ageAt(run, picture.time);
    return (age === null ? "" : "age " + crosstalk.number(age, 3) + " y, ") + crosstalk.time(picture.time);
};

/* What a picture shows, in words. */
crosstalk.slice.words = function (run, film, picture) {
    const text = picture.text, said = [text.Title || crosstalk.words(film.series)];
    const place = /[^·]*=[^·]*$/.exec(text.Description || ""); /* "age 75 y · year 50 · z = 25 mm (middle)" */
    const plane = place && crosstalk.slice.plane(film.series) ? "slice at " + place[0].trim()
        : crosstalk.slice.plane(film.series);
    if (plane) said.push(plane);
    said.push(crosstalk.slice.when(run, picture));
    if (text.Limits) said.push("colours: " + text.Limits.replace(/-?\d[\d.]*(e[-+]?\d+)?/g,
        n => crosstalk.number(Number(n), 4)));
    else if (text.Units && !["1", "-"].includes(text.Units)) said.push("in " + text.Units);
    return said.join(", ") + ".";
};

crosstalk.slices = function (data) {
    const make = crosstalk.make, state = crosstalk.slice, all = state.all(data),
        section = document.getElementById("slices");
    section.hidden = all.length === 0;
    if (!all.length) return;
    state.entries = all;
    const body = section.querySelector(".body");
    if (!state.host) {
        state.thumbs = make("ul", {class: "thumbs", role: "radiogroup", "aria-label": "Quantity"});
        state.range = make("input", {type: "range", min: 0, id: "slice-time", "aria-label": "Time of the slices"});
        state.play = make("button", {type: "button"}, "Play");
        state.said = make("output", {for: "slice-time", "aria-live": "polite"});
        state.host = make("div", {class: "shown"});
        const controls = make("div", {class: "controls"}, state.play, make("label", {for: "slice-time"}, "Time"),
            state.range, state.said);
        body.append(make("div", {class: "viewer" + (data.runs.length > 1 ? "" : " beside")},
            make("div", {class: "stage"}, controls, state.host), state.thumbs));
        state.range.addEventListener("input", () => { state.stop(); state.index = Number(state.range.value);
            state.show(); });
        state.play.addEventListener("click", () => state.playing ? state.stop() : state.start());
        section.addEventListener("keydown", event => {
            const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
            if (!step || event.target.matches("input, button")) return;
            event.preventDefault();
            state.stop();
            state.index = Math.min(Number(state.range.max), Math.max(0, state.index + step));
            state.show();
        });
    }
    if (!all.some(e => e.series === state.film)) state.film = all[0].series;
    crosstalk.fill(state.thumbs, all.map(function (entry) {
        const i = entry.per.findIndex(Boolean), film = entry.per[i], last = film.pictures[film.pictures.length - 1];
        return make("li", {role: "presentation"}, make("label", {}, make("input",
            {type: "radio", name: "film", value: entry.series, checked: entry.series === state.film}),
            make("img", {class: crosstalk.slice.plane(film.series) ? "cut" : null, src: crosstalk.url(last), width: last.width, height: last.height,
                alt: crosstalk.slice.words(data.runs[i], film, last), decoding: "async"}), entry.label));
    }));
    for (const input of state.thumbs.querySelectorAll("input"))
        input.onchange = () => {
            const times = state.times(state.entry()), now = times[Math.min(state.index, times.length - 1)];
            state.film = input.value;
            const next = state.times(state.entry());
            state.index = next.indexOf(next.reduce((a, b) => Math.abs(b - now) < Math.abs(a - now) ? b : a));
            state.show();
        };
    /* a reader who looks at the newest picture goes on seeing the newest */
    const most = state.times(state.entry()).length - 1, newest = state.index === null
        || state.index >= Number(state.range.max);
    if (newest) state.index = most;
    state.show();
};

crosstalk.slice.entry = function () { return this.entries.find(e => e.series === this.film); };

crosstalk.slice.show = function () {
    const make = crosstalk.make, data = crosstalk.data, entry = this.entry(), times = this.times(entry);
    this.index = Math.min(this.index, times.length - 1);
    this.range.max = times.length - 1;
    this.range.value = this.index;
    this.range.disabled = this.play.disabled = times.length < 2;
    const first = entry.per.findIndex(Boolean);
    const words = this.when(data.runs[first], entry.per[first].pictures[this.index]);
    this.range.setAttribute("aria-valuetext", words);
    if (this.said.textContent !== words) this.said.textContent = words;
    data.runs.forEach((run, i) => {
        let figure = this.host.children[i];
        if (!figure) {
            figure = make("figure", {class: "picture"}, make("img", {alt: ""}), make("figcaption", {}));
            this.host.append(figure);
        }
        const film = entry.per[i], picture = film && this.nearest(film.pictures, times[this.index]);
        figure.hidden = !film;
        if (!film) return;
        const img = figure.firstChild, url = crosstalk.url(picture), alt = this.words(run, film, picture);
        if (img.getAttribute("src") !== url) img.src = url;
        img.width = picture.width;
        img.height = picture.height;
        img.alt = alt;
        const some = film.pictures.length < film.count ? " " + film.pictures.length + " of " + film.count
            + " pictures are in this page" + (film.packed ? ", in fewer colours" : "")
            + "; the run's folder has all." : film.packed ? " In fewer colours than the file in the run's folder." : "";
        figure.lastChild.textContent = (data.runs.length > 1 ? crosstalk.label(data, run) + ": " : "") + alt + some;
    });
};

crosstalk.slice.start = function () {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.play.textContent = "Stop";
    const last = () => this.times(this.entry()).length - 1;
    if (this.index >= last()) this.index = -1;
    this.playing = setInterval(() => {
        this.index++;
        this.show();
        if (this.index >= last()) this.stop();
    }, still ? 2000 : 700);
};

crosstalk.slice.stop = function () {
    clearInterval(this.playing);
    this.playing = null;
    this.play.textContent = "Play";
};

/* "myokine_z2.apng" as "Myokine". */
crosstalk.slice.name = file => crosstalk.words(file.replace(/\.\w+$/, "").replace(/_[xyz]\d+(-\d+)?$/, ""));

/* Width and height of a film before it is loaded, so that nothing below it moves: what a PNG says in its head, else
 * those of the pictures it was made of; null if neither is known. */
crosstalk.slice.size = function (movie, pictures) {
    const held = movie.blob && document.getElementById(movie.blob);
    if (held && /\.a?png$/.test(movie.file)) {
        const head = atob(held.textContent.slice(0, 32)); /* signature, length, "IHDR", width, height: 24 bytes */
        const at = i => head.charCodeAt(i) * 0x1000000 + (head.charCodeAt(i + 1) << 16) + (head.charCodeAt(i + 2) << 8)
            + head.charCodeAt(i + 3);
        if (head.slice(12, 16) === "IHDR") return {width: at(16), height: at(20)};
    }
    return pictures ? {width: pictures[0].width, height: pictures[0].height} : null;
};

crosstalk.films = function (data) {
    const make = crosstalk.make;
    crosstalk.section("films", ...crosstalk.each(data, run => run.movies.map(function (movie) {
        const name = movie.file.split("/").pop(), url = crosstalk.url(movie);
        const shown = run.films.find(film => film.series === name.replace(/\.[a-z0-9]+$/, ""));
        const label = shown ? crosstalk.slice.label(shown) : crosstalk.slice.name(name);
        const caption = make("figcaption", {class: "small soft"},
            label + ", " + crosstalk.bytes(movie.bytes) + ". ",
            url ? "" : make("a", {href: movie.file}, "Open " + movie.file));
        const size = crosstalk.slice.size(movie, shown && shown.pictures) || {width: 4, height: 3};
        const seen = !url ? null : /\.(mp4|webm)$/.test(name)
            ? make("video", {src: url, controls: true, loop: true, muted: true, playsinline: true,
                preload: "metadata", ...size})
            : make("img", {src: url, alt: "Film: " + label, loading: "lazy", ...size});
        return make("figure", {class: "movie"}, seen, caption);
    })));
};
