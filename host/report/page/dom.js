"use strict";
/* Elements from data. Texts become text nodes and attributes, never markup: what a file says cannot run. */
window.crosstalk = window.crosstalk || {};

/* make("p", {class: "note", onclick: f}, "text", child, [more]) */
crosstalk.make = function (name, attributes, ...children) {
    const svg = crosstalk.make.svg.has(name);
    const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) {
        if (value === null || value === undefined || value === false) continue;
        if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
        else element.setAttribute(key, value === true ? "" : value);
    }
    element.append(...children.flat(9).filter(child => child !== null && child !== undefined && child !== false));
    return element;
};
crosstalk.make.svg = new Set(["svg", "g", "path", "line", "rect", "circle", "text", "tspan", "polyline", "polygon",
    "clipPath", "defs", "pattern"]);

/* Put children in the place of those that are there, unless nothing would change: no flicker, no lost focus. */
crosstalk.fill = function (element, ...children) {
    const made = document.createElement("div");
    made.append(...children.flat(9).filter(child => child !== null && child !== undefined && child !== false));
    if (element.crosstalkHtml === made.innerHTML) return;
    element.crosstalkHtml = made.innerHTML;
    element.replaceChildren(...made.childNodes);
};

/* A section's body, shown only where there is something in it. */
crosstalk.section = function (id, ...children) {
    const section = document.getElementById(id);
    section.hidden = children.length === 0;
    if (children.length) crosstalk.fill(section.querySelector(".body"), ...children);
};

/* rows: [[cell, …]], the first cell of each names its row. */
crosstalk.table = function (caption, heads, rows, attributes) {
    const make = crosstalk.make;
    return make("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": caption},
        make("table", attributes || {}, make("caption", {}, caption),
            make("thead", {}, make("tr", {}, heads.map(head => make("th", {scope: "col"}, head)))),
            make("tbody", {}, rows.map(row => make("tr", {}, row.map((cell, i) =>
                i === 0 ? make("th", {scope: "row"}, cell) : make("td", {"data-head": heads[i] || null}, cell)))))));
};

/* ---- words and numbers ---- */

/* A number and its unit on one line. */
crosstalk.unit = (text, unit) => unit ? text + "\u00a0" + unit : text;

crosstalk.capital = text => text ? text[0].toUpperCase() + text.slice(1) : "";
crosstalk.words = name => crosstalk.capital(String(name).replace(/_/g, " "));

/* 0.00034 as "3.4e-4", 1234.5 as "1 235", 0.25 as "0.25". */
crosstalk.number = function (value, digits = 3) {
    if (value === null || value === undefined || !isFinite(value)) return "not known";
    if (value === 0) return "0";
    const size = Math.abs(value);
    if (size < 1e-3 || size >= 1e6)
        return value.toExponential(Math.max(0, digits - 1)).replace(/\.?0+e/, "e").replace("e+", "e").replace("-", "−")
            .replace("e-", "e−");
    const text = size >= 10 ** digits ? String(Math.round(value)) : String(parseFloat(value.toPrecision(digits)));
    const [whole, part] = text.replace("-", "−").split(".");
    return whole.replace(/(\d)(?=(\d{3})+$)/g, "$1\u202f") + (part ? "." + part : "");
};
/* Edges of a voxel: "1 mm", "2 × 2 × 10 mm". */
crosstalk.edges = function (spacing) {
    const texts = spacing.map(h => crosstalk.number(h));
    return (texts.every(text => text === texts[0]) ? texts[0] : texts.join(" × ")) + " mm";
};
crosstalk.signed = (value, digits) => (value > 0 ? "+" : "") + crosstalk.number(value, digits);
crosstalk.seconds = value => value < 1e-3 ? crosstalk.number(value * 1e6) + "\u00a0µs" : value < 1
    ? crosstalk.number(value * 1e3) + "\u00a0ms" : value < 120 ? crosstalk.number(value) + "\u00a0s"
        : value < 7200 ? crosstalk.number(value / 60) + "\u00a0min" : crosstalk.number(value / 3600) + "\u00a0h";
crosstalk.bytes = function (value) {
    for (const unit of ["B", "kB", "MB", "GB"]) {
        if (value < 1000) return crosstalk.unit(crosstalk.number(value), unit);
        value /= 1000;
    }
    return crosstalk.number(value) + "\u00a0TB";
};
