"use strict";
/* Where there is no WebGL2: the middle slice across the shortest axis, with two-dimensional means. */
window.crosstalk = window.crosstalk || {};

crosstalk.spaceFlat = function (canvas, space, labels, field, look, hex) {
    const across = space.size_mm.indexOf(Math.min(...space.size_mm)), [u, v] = [0, 1, 2].filter(i => i !== across);
    const stride = [1, space.dims[0], space.dims[0] * space.dims[1]], middle = Math.floor(space.dims[across] / 2) * stride[across];
    const [width, height] = [space.dims[u], space.dims[v]], picture = new ImageData(width, height);
    const rgb = (text, i) => parseInt(text.substr(i, 2), 16);
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
        const i = middle + x * stride[u] + (height - 1 - y) * stride[v], g = labels[i], to = 4 * (y * width + x);
        if (g > 7 || !look.opacity[g]) continue;
        const at = field && field[i] ? Math.round(255 * Math.min(1, Math.max(0, (field[i] - 1) / 254 * look.scale[0] + look.scale[1]))) : -1;
        for (let k = 0; k < 3; k++) picture.data[to + k] = at >= 0 ? rgb(hex, 6 * at + 2 * k) : rgb(space.tissues[g].colour, 1 + 2 * k);
        picture.data[to + 3] = 255;
    }
    const sheet = document.createElement("canvas");
    [sheet.width, sheet.height] = [width, height];
    sheet.getContext("2d").putImageData(picture, 0, 0);
    [canvas.width, canvas.height] = [900, 675];
    const context = canvas.getContext("2d"), fit = Math.min(canvas.width / space.size_mm[u], canvas.height / space.size_mm[v]) * 0.9;
    const [w, h] = [space.size_mm[u] * fit, space.size_mm[v] * fit];
    context.imageSmoothingEnabled = false;
    context.drawImage(sheet, (canvas.width - w) / 2, (canvas.height - h) / 2, w, h);
    canvas.dataset.state = "still";
};
