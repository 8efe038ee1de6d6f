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

    /* The same at once, for a page that is printed before it was looked at. */
    function unpackNow(id, size) {
        const made = crosstalk.inflate(bytes(id), size);
        held.set(id, Promise.resolve(made));
        return made;
    }

    /* A volume, smoothed along each axis with the weights 1, middle, 1: steps between voxels become slopes. At a wall
     * that cuts through the body it goes on as it is, at one that hardly touches it there is nothing beyond. */
    const spare = new Float32Array(count), axes = [[1, nx], [nx, ny], [nx * ny, nz]];
    function smooth(values, middle, beyond) {
        const whole = 1 / (middle + 2);
        axes.forEach(([stride, size], axis) => {
            if (size < 2) return;
            const last = (size - 1) * stride, round = stride * size, [low, high] = beyond[axis];
            for (let start = 0; start < count; start += round)
                for (let at = 0, i = start; at < round; at++, i++)
                    spare[i] = ((at < stride ? low * values[i] : values[i - stride]) + middle * values[i]
                        + (at >= last ? high * values[i] : values[i + stride])) * whole;
            values.set(spare);
        });
    }
    /* For both walls of each axis: 1 if the body goes through, 0 if it ends there. */
    function walls(inside) {
        return axes.map(([stride, size]) => [0, size - 1].map(at => {
            let sum = 0;
            for (let i = 0; i < count; i++) if (Math.floor(i / stride) % size === at) sum += inside[i];
            return sum > 0.2 * 255 * count / size ? 1 : 0;
        }));
    }

    /* What surfaces are made of: shares of groups as two RGBA volumes, and the largest group of each voxel. Between
     * tissues voxels are shared, at the outside they are not: there it takes more to turn stairs into a surface. */
    function surfaces(tissues) {
        const shares = [new Uint8Array(count * 4), groups > 4 ? new Uint8Array(count * 4) : null];
        const labels = new Uint8Array(count).fill(8), most = new Int16Array(count), inside = new Float32Array(count);
        const of = g => tissues.subarray(g * count, (g + 1) * count);
        for (let g = 0; g < groups; g++) for (let i = 0, raw = of(g); i < count; i++) inside[i] += raw[i];
        for (let i = 0; i < count; i++) most[i] = 255 - inside[i];
        for (let g = 0; g < groups; g++)
            for (let i = 0, raw = of(g); i < count; i++) if (raw[i] > most[i]) { most[i] = raw[i]; labels[i] = g; }
        const wide = inside.slice(), beyond = walls(inside);
        smooth(inside, 4, beyond);
        for (let k = 0; k < 5; k++) smooth(wide, 2, beyond);
        for (let i = 0; i < count; i++) wide[i] = inside[i] > 0 ? wide[i] / inside[i] : 0;
        const one = inside;
        for (let g = 0; g < groups; g++) {
            one.set(of(g));
            smooth(one, 4, beyond);
            const to = shares[g >> 2], at = g & 3;
            for (let i = 0; i < count; i++) to[i * 4 + at] = Math.min(255, one[i] * wide[i] + 0.5);
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

    /* r: value of 0..254; g: 255 where it is known. Outside, where only the smoothed surface reaches, the nearest values
     * with next to no weight. */
    function known(field, labels) {
        const made = new Uint8Array(count * 2), steps = [[1, nx], [nx, ny], [nx * ny, nz]];
        for (let i = 0; i < count; i++) if (field[i]) { made[2 * i] = field[i] - 1; made[2 * i + 1] = 255; }
        for (const weight of [2, 1]) {
            const found = [];
            for (let i = 0; i < count; i++) {
                if (labels[i] !== 8 || made[2 * i + 1]) continue;
                let sum = 0, all = 0;
                for (const [stride, size] of steps) {
                    const at = Math.floor(i / stride) % size;
                    for (const j of [at > 0 ? i - stride : i, at < size - 1 ? i + stride : i])
                        if (made[2 * j + 1]) { sum += made[2 * j]; all++; }
                }
                if (all) found.push(i, sum / all);
            }
            for (let k = 0; k < found.length; k += 2) { made[2 * found[k]] = found[k + 1] + 0.5; made[2 * found[k] + 1] = weight; }
        }
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

    return {unpack, unpackNow, surfaces, bricks, brickDims, known, means, value, scale, count};
};
