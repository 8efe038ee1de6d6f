"use strict";
/* The volumes of the view in space: unpacked, smoothed for their surfaces, measured. Bytes as host/report/space.h says. */
window.crosstalk = window.crosstalk || {};

crosstalk.spaceVolume = function (space) {
    const held = new Map(), limit = 40, [nx, ny, nz] = space.dims, count = nx * ny * nz, groups = space.tissues.length;

    function bytes(id) {
        const text = space.blobs ? space.blobs[id] : (document.getElementById(id) || {}).textContent;
        if (text === undefined) throw new Error("the page lacks its part " + id);
        return Uint8Array.from(atob(text), character => character.charCodeAt(0));
    }

    /* The unpacked bytes of a blob, a promise. */
    function unpack(id) {
        if (held.has(id)) return held.get(id);
        const stream = new Blob([bytes(id)]).stream().pipeThrough(new DecompressionStream("deflate"));
        const made = new Response(stream).arrayBuffer().then(buffer => new Uint8Array(buffer));
        held.set(id, made);
        if (held.size > limit) held.delete(held.keys().next().value);
        return made;
    }

    /* One group, smoothed along an axis by the cubic B-spline's weights: steps between voxels become slopes. */
    function smooth(from, to, stride, size) {
        const last = (size - 1) * stride;
        for (let i = 0; i < count; i++) {
            const at = i % (stride * size);
            const before = at < stride ? i : i - stride, after = at >= last ? i : i + stride;
            to[i] = (from[before] + 4 * from[i] + from[after] + 3) / 6;
        }
    }

    /* What surfaces are made of: shares of groups as two RGBA volumes, and the largest group of each voxel. */
    function surfaces(tissues) {
        const shares = [new Uint8Array(count * 4), groups > 4 ? new Uint8Array(count * 4) : null];
        const labels = new Uint8Array(count).fill(8), most = new Int16Array(count).fill(255);
        let one = new Uint8Array(count), other = new Uint8Array(count);
        for (let g = 0; g < groups; g++) {
            const raw = tissues.subarray(g * count, (g + 1) * count);
            for (let i = 0; i < count; i++) most[i] -= raw[i]; // outside
        }
        for (let g = 0; g < groups; g++) {
            const raw = tissues.subarray(g * count, (g + 1) * count);
            for (let i = 0; i < count; i++) if (raw[i] > most[i]) { most[i] = raw[i]; labels[i] = g; }
            one.set(raw);
            for (const [stride, size] of [[1, nx], [nx, ny], [nx * ny, nz]]) {
                if (size < 2) continue;
                smooth(one, other, stride, size);
                [one, other] = [other, one];
            }
            const to = shares[g >> 2], at = g & 3;
            for (let i = 0; i < count; i++) to[i * 4 + at] = one[i];
        }
        return {shares, labels};
    }

    const brickDims = space.dims.map(n => Math.ceil(n / 8));
    /* Which groups lie in and around bricks of 8 voxels; bit 8: outside, bit 9: the field is known. */
    function bricks(labels, field) {
        const [bx, by, bz] = brickDims, made = new Uint16Array(bx * by * bz), margin = 2;
        const range = (b, n) => [Math.max(0, b * 8 - margin), Math.min(n, b * 8 + 8 + margin)];
        for (let z = 0; z < bz; z++) for (let y = 0; y < by; y++) for (let x = 0; x < bx; x++) {
            const [x0, x1] = range(x, nx), [y0, y1] = range(y, ny), [z0, z1] = range(z, nz);
            let bits = 0;
            for (let k = z0; k < z1; k++) for (let j = y0; j < y1; j++)
                for (let i = (k * ny + j) * nx + x0, end = (k * ny + j) * nx + x1; i < end; i++)
                    bits |= 1 << labels[i] | (field && field[i] ? 512 : 0);
            made[(z * by + y) * bx + x] = bits;
        }
        return made;
    }

    /* r: value of 0..254, g: known. */
    function known(field) {
        const made = new Uint8Array(count * 2);
        for (let i = 0; i < count; i++) if (field[i]) { made[2 * i] = field[i] - 1; made[2 * i + 1] = 255; }
        return made;
    }

    /* A byte as a value. */
    function value(field, code) {
        const [low, high] = field.code, t = (code - 1) / 254;
        return field.log ? low * (high / low) ** t : low + t * (high - low);
    }

    /* The mean of a field in every group, by the shares; NaN where it is not known. */
    function means(tissues, field, about) {
        const table = Float64Array.from({length: 256}, (_, code) => value(about, code));
        return space.tissues.map((_, g) => {
            let sum = 0, all = 0;
            for (let i = 0, at = g * count; i < count; i++, at++)
                if (tissues[at] && field[i]) { sum += tissues[at] * table[field[i]]; all += tissues[at]; }
            return all ? sum / all : NaN;
        });
    }

    /* t = fraction * x + y turns the part of the codes into the part of the scale that is shown. */
    function scale(about) {
        const on = v => about.log ? Math.log(Math.max(v, 1e-300)) : v;
        const [a, b] = about.code.map(on), [low, high] = about.show.map(on);
        return [(b - a) / (high - low), (a - low) / (high - low)];
    }

    return {unpack, surfaces, bricks, brickDims, known, means, value, scale, count};
};
