"use strict";
/* One chart of curves over a common axis, as SVG: hover or arrow keys read values, the legend hides curves.
 *
 * spec: {title, unit, x: {label, text(x)}, series: [{key, label, k, dash, x: [], y: []}], bands,
     events: [{x, label}]} */
window.crosstalk = window.crosstalk || {};

crosstalk.Chart = class {
    constructor(group) {
        const make = crosstalk.make;
        this.group = group; /* {charts, move(x, from)}: charts whose cursors move together */
        this.hidden = new Set();
        this.title = make("h3", {});
        this.unit = make("span", {class: "unit"});
        this.svg = make("svg", {tabindex: "0", role: "img"});
        this.tip = make("div", {class: "tip", hidden: true});
        this.legend = make("ul", {class: "legend", "aria-label": "Curves shown"});
        this.said = make("p", {class: "hidden", "aria-live": "polite"});
        this.element = make("figure", {class: "chart"}, make("figcaption", {}, this.title, this.unit), this.svg,
            this.legend, this.tip, this.said);
        this.svg.addEventListener("pointermove", event => this.pointed(event));
        this.svg.addEventListener("pointerdown", event => this.pointed(event));
        this.svg.addEventListener("pointerleave", () => group.move(null));
        this.svg.addEventListener("blur", () => group.move(null));
        this.svg.addEventListener("keydown", event => this.key(event));
        this.width = 0;
        new ResizeObserver(() => this.resized()).observe(this.element);
    }

    /* On paper a chart is small: drawn for that size, its letters stay readable. */
    paper(printing) {
        this.width = printing ? this.spec.wide ? 400 : 270 : Math.round(this.element.clientWidth) || this.width;
        this.printing = printing;
        this.draw();
    }

    resized() {
        if (this.printing) return;
        const width = Math.round(this.element.clientWidth);
        if (!width || width === this.width) return;
        this.width = width;
        if (this.spec) this.draw();
    }

    set(spec) {
        this.spec = spec;
        this.title.textContent = spec.title;
        if (spec.about) this.title.append(crosstalk.make("span", {class: "about"}, " " + spec.about));
        this.unit.textContent = spec.unit;
        this.element.classList.toggle("many", spec.wide);
        this.legendNow();
        this.width = Math.round(this.element.clientWidth) || this.width || 520;
        this.draw();
    }

    shown() { return this.spec.series.filter(s => !this.hidden.has(s.key)); }

    legendNow() {
        const make = crosstalk.make, spec = this.spec;
        this.legend.hidden = spec.series.length < 2;
        crosstalk.fill(this.legend, spec.series.map(s => make("li", {},
            make("button", {type: "button", "data-key": s.key,
            "aria-pressed": this.hidden.has(s.key) ? "false" : "true"},
            make("svg", {viewBox: "0 0 20 10", "aria-hidden": "true"},
                make("line", {x1: 1, x2: 19, y1: 5, y2: 5, class: "curve k" + s.k, "stroke-dasharray": s.dash})),
            s.label))));
        for (const button of this.legend.querySelectorAll("button")) {
            button.onclick = () => {
                const key = button.dataset.key;
                if (!this.hidden.delete(key)) this.hidden.add(key);
                for (const chart of this.hidden === this.group.hidden ? this.group.charts : [this]) {
                    for (const b of chart.legend.querySelectorAll("button")) b.setAttribute("aria-pressed",
                        this.hidden.has(b.dataset.key) ? "false" : "true");
                    chart.draw();
                }
            };
        }
    }

    /* Ticks at 1, 2 or 5 times a power of ten. */
    static ticks(low, high, most) {
        const rough = (high - low) / most, power = 10 ** Math.floor(Math.log10(rough));
        const step = [1, 2, 5, 10].map(m => m * power).find(s => (high - low) / s <= most) || 10 * power;
        const first = Math.ceil(low / step - 1e-9), found = [];
        for (let k = first; k * step <= high + step * 1e-9; k++) found.push(k * step);
        return {values: found, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9))};
    }

    range() {
        let x0 = Infinity, x1 = -Infinity, y0 = Infinity, y1 = -Infinity;
        for (const s of this.spec.series) for (const x of s.x) { x0 = Math.min(x0, x); x1 = Math.max(x1, x); }
        for (const x of this.spec.x.range || []) { x0 = Math.min(x0, x); x1 = Math.max(x1, x); }
        const shown = this.shown();
        for (const s of shown) for (const y of s.y) if (y !== null) { y0 = Math.min(y0, y); y1 = Math.max(y1, y); }
        for (const b of this.spec.bands || []) if (shown.some(s => s.key === b.key)) for (const [, low,
            high] of b.points) {
            y0 = Math.min(y0, low);
            y1 = Math.max(y1, high);
        }
        if (!(x0 <= x1)) { x0 = 0; x1 = 1; }
        if (x0 === x1) { x0 -= .5; x1 += .5; }
        if (!(y0 <= y1)) { y0 = 0; y1 = 1; }
        const size = Math.max(Math.abs(y0), Math.abs(y1)); /* rounding is no change, and nothing is not a scale */
        const pad = size === 0 ? .5 : Math.max((y1 - y0) * .07, size * .01);
        return {x0, x1, y0: y0 >= 0 && y0 < pad ? 0 : y0 - pad, y1: y1 + pad};
    }

    draw() {
        const make = crosstalk.make, spec = this.spec, r = this.range(), width = this.width, shown = this.shown();
        const height = Math.round(Math.min(300, Math.max(200, width * .46)));
        const ends = width >= 440 && shown.length > 1 && 7.6 * Math.max(...shown.map(s =>
            s.label.length)) < width * .34;
        const yTicks = crosstalk.Chart.ticks(r.y0, r.y1, height > 240 ? 6 : 5);
        const yText = yTicks.values.map(v => v.toFixed(yTicks.digits).replace("-", "−"));
        const left = 10 + 7 * Math.max(...yText.map(t => t.length)),
            right = ends ? 16 + 7.6 * Math.max(...shown.map(s => s.label.length)) : 12;
        const top = (spec.events || []).length ? 24 : 10, bottom = height - 38;
        const X = x => left + (x - r.x0) / (r.x1 - r.x0) * (width - left - right);
        const Y = y => bottom - (y - r.y0) / (r.y1 - r.y0) * (bottom - top);
        const xTicks = crosstalk.Chart.ticks(r.x0, r.x1, Math.max(3, Math.floor((width - left - right) / 56)));
        this.X = X; this.Y = Y; this.top = top; this.bottom = bottom; this.r = r;
        const parts = [];
        yTicks.values.forEach((v, i) => parts.push(make("line",
            {class: "grid", x1: left, x2: X(r.x1), y1: Y(v), y2: Y(v)}),
            make("text", {x: left - 6, y: Y(v) + 4, "text-anchor": "end"}, yText[i])));
        for (const v of xTicks.values) parts.push(make("line",
            {class: "axis", x1: X(v), x2: X(v), y1: bottom, y2: bottom + 4}),
            make("text", {x: X(v), y: bottom + 17, "text-anchor": "middle"},
                v.toFixed(xTicks.digits).replace("-", "−")));
        parts.push(make("line", {class: "axis", x1: left, x2: X(r.x1), y1: bottom, y2: bottom}),
            make("text", {x: X(r.x1), y: bottom + 33, "text-anchor": "end"}, spec.x.label));
        let busy = -Infinity;
        for (const e of spec.events || []) {
            if (e.x < r.x0 || e.x > r.x1) continue;
            busy = Math.max(X(e.x), busy + 18); /* marks do not touch one another */
            parts.push(make("line", {class: "event", x1: X(e.x), x2: X(e.x), y1: top, y2: bottom}),
                make("line", {class: "leader", x1: X(e.x), x2: busy, y1: top, y2: top - 5}),
                make("g", {}, make("title", {}, e.label), make("circle", {class: "mark", cx: busy, cy: top - 12, r: 7}),
                    make("text", {class: "mark-text", x: busy, y: top - 8.5, "text-anchor": "middle"}, e.mark)));
        }
        for (const b of spec.bands || []) {
            const s = shown.find(one => one.key === b.key);
            if (!s) continue;
            if (b.mark) {
                const [x, low, high] = b.points[0], cap = X(x);
                parts.push(make("path", {class: "curve band-mark k" + s.k,
                    d: low === high ? "M" + (cap - 5) + " " + Y(low) + "l5 -5l5 5l-5 5Z"
                    : "M" + cap + " " + Y(low) + "V" + Y(high) + "M" + (cap - 4) + " " + Y(low) + "h8M" + (cap - 4)
                        + " " + Y(high) + "h8"}, make("title", {}, b.label)));
                continue;
            }
            const narrow = (r.x1 - r.x0) * .008, points = b.points.map(([x, low, high], i) =>
                [x + (b.points[0][0] === b.points[1][0] ? (i ? narrow : -narrow) : 0), low, high]);
            const there = points.map(([x, low, high]) => [X(Math.min(Math.max(x, r.x0), r.x1)), Y(low), Y(high)]);
            const path = "M" + there.map(p => p[0].toFixed(1) + " " + p[1].toFixed(1)).join("L") + "L"
                + there.slice().reverse().map(p => p[0].toFixed(1) + " " + p[2].toFixed(1)).join("L") + "Z";
            parts.push(make("path", {class: "band f" + s.k, d: path}),
                make("path", {class: "band-edge k" + s.k, d: path}, make("title", {}, b.label)));
        }
        const labels = [];
        for (const s of shown) {
            let path = "", last = null, drawing = false;
            s.x.forEach((x, i) => {
                if (s.y[i] === null) { drawing = false; return; }
                path += (drawing ? "L" : "M") + X(x).toFixed(1) + " " + Y(s.y[i]).toFixed(1);
                drawing = true;
                last = i;
            });
            parts.push(make("path", {class: "curve k" + s.k, d: path, "stroke-dasharray": s.dash, "data-key": s.key}));
            if (s.x.length <= 16) s.x.forEach((x, i) => s.y[i] !== null
                && parts.push(make("circle", {class: "dot f" + s.k, cx: X(x), cy: Y(s.y[i]), r: 3})));
            if (last !== null) labels.push({s, x: X(s.x[last]), y: Y(s.y[last])});
        }
        if (ends) {
            labels.sort((a, b) => a.y - b.y);
            labels.forEach((l, i) => { l.at = Math.max(l.y, i ? labels[i - 1].at + 14 : top); });
            const over = labels.length ? labels[labels.length - 1].at - bottom : 0;
            if (over > 0) for (let i = labels.length - 1; i >= 0;
                i--) labels[i].at = Math.min(labels[i].at, i === labels.length - 1 ? bottom : labels[i + 1].at - 14);
            for (const l of labels) parts.push(make("text", {class: "end f" + l.s.k, x: l.x + 8, y: l.at + 4},
                l.s.label));
        }
        this.cursor = make("g", {});
        this.svg.setAttribute("viewBox", "0 0 " + width + " " + height);
        this.svg.setAttribute("aria-label", this.words());
        this.svg.replaceChildren(...parts, this.cursor);
        if (this.at !== undefined && this.at !== null) this.move(this.at, false);
    }

    /* The chart in words, for those who do not see it. */
    words() {
        const say = s => {
            const there = s.y.filter(y => y !== null);
            return there.length ? s.label + " from " + crosstalk.number(there[0]) + " to "
                + crosstalk.number(there[there.length - 1]) : s.label + ": no values";
        };
        return this.spec.title + (this.spec.unit ? ", in " + this.spec.unit : "") + ", over " + this.spec.x.label + ". "
            + this.shown().map(say).join("; ") + ". Arrow keys read the values.";
    }

    /* Index of the point of a curve nearest to x. */
    static nearest(list, x) {
        let a = 0, b = list.length - 1;
        while (b - a > 1) {
            const middle = (a + b) >> 1;
            if (list[middle] <= x) a = middle; else b = middle;
        }
        return x - list[a] <= list[b] - x ? a : b;
    }

    pointed(event) {
        const box = this.svg.getBoundingClientRect(), longest = this.longest();
        if (!longest) return;
        const px = (event.clientX - box.left) / box.width * this.width;
        const x = this.r.x0 + (px - this.X(this.r.x0)) / (this.X(this.r.x1) - this.X(this.r.x0)) * (this.r.x1 - this.r.x0);
        this.group.move(longest.x[crosstalk.Chart.nearest(longest.x, x)], this);
    }

    longest() { return this.shown().reduce((a, b) => !a || b.x.length > a.x.length ? b : a, null); }

    key(event) {
        const step = {ArrowRight: 1, ArrowLeft: -1, PageUp: 10, PageDown: -10, Home: -Infinity,
            End: Infinity}[event.key];
        const longest = this.longest();
        if (event.key === "Escape") this.group.move(null);
        if (step === undefined || !longest) return;
        event.preventDefault();
        const now = this.at === null || this.at === undefined ? (step > 0 ? -1 : longest.x.length)
            : crosstalk.Chart.nearest(longest.x, this.at);
        const next = Math.min(longest.x.length - 1, Math.max(0, now + step));
        this.group.move(longest.x[next], this);
        this.said.textContent = this.reading(longest.x[next]);
    }

    values(x) {
        return this.shown().map(s => {
            const i = s.x.length ? crosstalk.Chart.nearest(s.x, x) : -1;
            return {s, x: s.x[i], y: i < 0 ? null : s.y[i]};
        }).filter(v => v.y !== null && v.y !== undefined);
    }

    reading(x) {
        return this.spec.x.text(x) + ": " + this.values(x).map(v => v.s.label + " " + crosstalk.number(v.y, 4)
            + (this.spec.unit && !this.spec.relative ? " " + this.spec.unit : "")).join(", ");
    }

    /* The cursor at x (null: none); the tip only where the reader is. */
    move(x, here) {
        const make = crosstalk.make;
        this.at = x;
        if (x === null || !this.r || x < this.r.x0 || x > this.r.x1) {
            this.cursor && this.cursor.replaceChildren();
            this.tip.hidden = true;
            return;
        }
        const values = this.values(x), px = this.X(x);
        this.cursor.replaceChildren(make("line", {class: "cursor", x1: px, x2: px, y1: this.top, y2: this.bottom}),
            ...values.map(v => make("circle", {class: "dot f" + v.s.k, cx: this.X(v.x), cy: this.Y(v.y), r: 4.5})));
        this.tip.hidden = !here;
        if (!here) return;
        values.sort((a, b) => b.y - a.y);
        this.tip.replaceChildren(make("b", {}, this.spec.x.text(x)),
            make("table", {}, make("tbody", {}, values.map(v => make("tr", {},
            make("th", {scope: "row"}, make("svg", {viewBox: "0 0 14 8", "aria-hidden": "true"},
                make("line", {x1: 1, x2: 13, y1: 4, y2: 4, class: "curve k" + v.s.k, "stroke-dasharray": v.s.dash})),
                v.s.label),
            make("td", {}, crosstalk.unit(crosstalk.number(v.y, 4), this.spec.relative ? "" : this.spec.unit)))))));
        const scale = this.svg.clientWidth / this.width, across = this.tip.offsetWidth;
        const to = px * scale + 14 + across > this.element.clientWidth ? px * scale - across - 14 : px * scale + 14;
        this.tip.style.left = Math.max(0, Math.min(to, this.element.clientWidth - across)) + "px";
        const drawn = this.svg.getBoundingClientRect(), whole = this.element.getBoundingClientRect();
        this.tip.style.top = drawn.top - whole.top + 8 + "px";
    }
};
