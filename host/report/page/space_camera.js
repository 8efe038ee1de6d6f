"use strict";
/* Where the reader stands. World: x to the right, y to the front, z up (R, A, S); the box has its own axes, which may
 * run the other way. Angles in degrees: azimuth 0 looks from the front, 90 from the right; elevation 90 from above. */
window.crosstalk = window.crosstalk || {};

crosstalk.spaceCamera = function (space) {
    const letters = {R: [1, 0, 0], L: [-1, 0, 0], A: [0, 1, 0], P: [0, -1, 0], S: [0, 0, 1], I: [0, 0, -1]};
    const axes = space.sides.map(side => letters[side[1]] || [0, 0, 0]);
    const tangent = Math.tan(Math.PI / 12);
    const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
    const toBox = v => axes.map(axis => dot(axis, v));
    const flat = Math.min(...space.size_mm) < 0.25 * Math.max(...space.size_mm);
    const home = {azimuth: 205, elevation: flat ? 42 : 24, zoom: 1, pan: [0, 0], perspective: true};

    /* Right, up and towards the reader, in the world. */
    function directions(view) {
        const a = view.azimuth * Math.PI / 180, e = view.elevation * Math.PI / 180;
        const towards = [Math.sin(a) * Math.cos(e), Math.cos(a) * Math.cos(e), Math.sin(e)];
        const right = [-Math.cos(a), Math.sin(a), 0];
        return {right, up: cross(towards, right), towards};
    }

    /* Height in mm of the window at the box's middle, so that the box fits as it is seen at first. */
    function height(view, aspect) {
        const {right, up} = directions(home), half = space.size_mm.map(v => v / 2);
        const reach = d => toBox(d).reduce((sum, v, i) => sum + Math.abs(v) * half[i], 0);
        return 2.26 * Math.max(reach(up) * 1.12, reach(right) / aspect) / view.zoom;
    }

    function camera(view, aspect) {
        const {right, up, towards} = directions(view), h = height(view, aspect);
        const far = view.perspective ? h / 2 / tangent : Math.hypot(...space.size_mm);
        const eye = [0, 1, 2].map(i => right[i] * view.pan[0] + up[i] * view.pan[1] + towards[i] * far);
        return {turn: [...toBox(right), ...toBox(up), ...toBox(towards)], eye: toBox(eye), perspective: view.perspective,
            view: view.perspective ? [tangent * aspect, tangent] : [h / 2 * aspect, h / 2]};
    }

    /* "from the left, the back and above" */
    function words(view) {
        const {towards} = directions(view), parts = [];
        if (Math.abs(towards[0]) > 0.25) parts.push(towards[0] > 0 ? "the right" : "the left");
        if (Math.abs(towards[1]) > 0.25) parts.push(towards[1] > 0 ? "the front" : "the back");
        if (Math.abs(towards[2]) > 0.25) parts.push(towards[2] > 0 ? "above" : "below");
        return "from " + (parts.length > 1 ? parts.slice(0, -1).join(", ") + " and " : "") + parts[parts.length - 1];
    }

    /* Turn and tilt, as the hand moves the object. */
    function turn(view, right, down) {
        view.azimuth = ((view.azimuth + right) % 360 + 360) % 360;
        view.elevation = Math.max(-90, Math.min(90, view.elevation + down));
    }

    return {home, camera, directions, height, words, turn, axes};
};

/* 1, 2 or 5 times a power of ten, at most `x`. */
crosstalk.spaceNice = function (x) {
    const power = 10 ** Math.floor(Math.log10(x)), m = x / power;
    return power * (m >= 5 ? 5 : m >= 2 ? 2 : 1);
};
