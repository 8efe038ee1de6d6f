"use strict";
/* What DecompressionStream does, but at once: whoever prints does not wait for promises. RFC 1950 and 1951; `size` bytes come
 * out, the checksum is not looked at. Codes are walked bit by bit, after puff.c (Mark Adler, zlib). */
window.crosstalk = window.crosstalk || {};

crosstalk.inflate = function (packed, size) {
    const out = new Uint8Array(size);
    let at = 2, bit = 0, held = 0, done = 0; // two bytes of header

    function bits(count) {
        let value = 0;
        for (let i = 0; i < count; i++) {
            if (!bit) {
                if (at >= packed.length) throw new Error("packed bytes end too early");
                held = packed[at++];
                bit = 8;
            }
            value |= (held & 1) << i;
            held >>= 1;
            bit--;
        }
        return value;
    }
    /* Canonical Huffman code: how many codes of each length, symbols in order. */
    function code(lengths) {
        const counts = new Uint16Array(16), next = new Uint16Array(16), symbols = new Uint16Array(lengths.length);
        for (const n of lengths) counts[n]++;
        counts[0] = 0;
        for (let n = 1; n < 16; n++) next[n] = next[n - 1] + counts[n - 1];
        lengths.forEach((n, symbol) => { if (n) symbols[next[n]++] = symbol; });
        return {counts, symbols};
    }
    function symbol({counts, symbols}) {
        for (let n = 1, value = 0, first = 0, index = 0; n < 16; n++) {
            value |= bits(1);
            if (value - counts[n] < first) return symbols[index + value - first];
            index += counts[n];
            first = first + counts[n] << 1;
            value <<= 1;
        }
        throw new Error("packed bytes are damaged");
    }
    function dynamic() {
        const literals = bits(5) + 257, distances = bits(5) + 1, count = bits(4) + 4, lengths = new Array(19).fill(0);
        const order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
        for (let i = 0; i < count; i++) lengths[order[i]] = bits(3);
        const short = code(lengths), all = [];
        while (all.length < literals + distances) {
            const s = symbol(short), times = s < 16 ? 1 : s === 16 ? 3 + bits(2) : s === 17 ? 3 + bits(3) : 11 + bits(7);
            const length = s < 16 ? s : s === 16 ? all[all.length - 1] : 0;
            for (let i = 0; i < times; i++) all.push(length);
        }
        return [code(all.slice(0, literals)), code(all.slice(literals))];
    }
    const fixed = () => [code([...Array(288).keys()].map(i => i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8)), code(Array(30).fill(5))];
    function block([literal, distance]) {
        for (let s; (s = symbol(literal)) !== 256;) {
            if (s < 256) { out[done++] = s; continue; }
            // lengths: 3 to 10 one by one, then four for each further bit; 258 has its own
            const l = s - 257, more = l < 8 || l === 28 ? 0 : (l >> 2) - 1;
            const length = l === 28 ? 258 : l < 8 ? l + 3 : 3 + ((4 + (l & 3)) << more) + bits(more);
            const d = symbol(distance), wide = d < 4 ? 0 : (d >> 1) - 1;
            const back = d < 4 ? d + 1 : 1 + ((2 + (d & 1)) << wide) + bits(wide);
            for (let i = 0; i < length; i++, done++) out[done] = out[done - back];
        }
    }
    for (let last = 0; !last;) {
        last = bits(1);
        const kind = bits(2);
        if (kind === 0) { // stored
            bit = 0;
            const count = packed[at] | packed[at + 1] << 8;
            out.set(packed.subarray(at + 4, at + 4 + count), done);
            at += 4 + count;
            done += count;
        } else if (kind === 3) throw new Error("packed bytes are damaged");
        else block(kind === 1 ? fixed() : dynamic());
    }
    return out;
};
