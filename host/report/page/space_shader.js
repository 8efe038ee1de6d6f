"use strict";
/* The view in space, on the graphics card: one ray for each pixel.
 *
 * Groups of tissues come as shares of the voxel. Where the largest share changes along a ray lies a surface: each
 * interface is met once, whatever lies behind it, and belongs to the less transparent of its two tissues. Faces of
 * the box and of the cut are painted with the field, interpolated within a tissue and never across its edge, as in
 * the slices. The field also glows inside: emission and absorption, C += (1 - A) a(v) map(v), a = 1 - exp(-mu(v) ds).
 * Shadows and occlusion are wide samples (mip levels) of what is visible. Noise in the first step, another one in
 * each of the frames that are averaged, takes the place of wood-grain. Lengths are mm from the box's middle. */
window.crosstalk = window.crosstalk || {};
crosstalk.spaceShader = {};

crosstalk.spaceShader.corners = `#version 300 es
void main() { gl_Position = vec4(vec2(gl_VertexID & 1, gl_VertexID >> 1) * 4.0 - 1.0, 0.0, 1.0); }`;

/* From the averaged frames to the screen, over the page's own ground. */
crosstalk.spaceShader.present = `#version 300 es
precision highp float;
uniform sampler2D frames;
uniform vec3 ground;
uniform vec2 scale;
out vec4 colour;
vec3 linear(vec3 c) { return mix(c / 12.92, pow((c + 0.055) / 1.055, vec3(2.4)), step(0.04045, c)); }
vec3 display(vec3 c) { return mix(c * 12.92, 1.055 * pow(max(c, 1e-6), vec3(1.0 / 2.4)) - 0.055, step(0.0031308, c)); }
void main() {
    vec4 c = texture(frames, gl_FragCoord.xy * scale);
    colour = vec4(display(clamp(c.rgb + (1.0 - c.a) * linear(ground), 0.0, 1.0)), 1.0);
}`;

crosstalk.spaceShader.march = `#version 300 es
precision highp float;
precision highp int;
precision highp sampler3D;
precision highp usampler3D;
uniform sampler3D sharesA, sharesB;  // groups 0-3 and 4-7, smoothed, with mip levels
uniform sampler3D field;             // r: value where known, g: known
uniform usampler3D labels;           // the largest group of each voxel; 8: outside
uniform usampler3D bricks;           // groups in 8 x 8 x 8 voxels and around: a bit each, 8: outside, 9: field known
uniform sampler2D map;
uniform bool two;                    // more than four groups
uniform vec3 box, dims;              // half the size, mm; voxels
uniform vec3 gone0, gone1;           // what is cut away
uniform mat3 turn;                   // right, up, towards the reader
uniform vec3 eye;                    // perspective: where; else a point of the plane that rays start from
uniform vec2 view;                   // half the window's size: mm, or in perspective tangents
uniform bool perspective;
uniform vec4 opacityA, opacityB;
uniform vec3 colour[9];
uniform vec2 scale;                  // of the field: t = value * x + y
uniform float glow;                  // 1/mm at the top of the scale
uniform int paint;                   // of cut faces: 0 nothing, 1 field, 2 tissue
uniform vec2 size;                   // of the picture, pixels
uniform float noise, stride;         // of this frame; voxels
uniform vec2 shift;                  // within the pixel
uniform float outline;               // of tissues on faces: half a width, mm
out vec4 picture;

const int OUT = 8;
float voxel;                         // mm, the smallest edge
uint visible;

vec3 place(vec3 p) { return p / box * 0.5 + 0.5; }
float of(vec4 a, vec4 b, int k) {
    return k < 4 ? a[k] : k < 8 ? b[k - 4] : 1.0 - dot(a, vec4(1)) - dot(b, vec4(1));
}
float opacity(int k) { return k < 4 ? opacityA[k] : k < 8 ? opacityB[k - 4] : 0.0; }
void shares(vec3 p, out vec4 a, out vec4 b) {
    vec3 at = place(p);
    a = textureLod(sharesA, at, 0.0);
    b = two ? textureLod(sharesB, at, 0.0) : vec4(0);
}
int largest(vec4 a, vec4 b) {
    int k = OUT;
    float most = 1.0 - dot(a, vec4(1)) - dot(b, vec4(1));
    if (a.x > most) { most = a.x; k = 0; }
    if (a.y > most) { most = a.y; k = 1; }
    if (a.z > most) { most = a.z; k = 2; }
    if (a.w > most) { most = a.w; k = 3; }
    if (!two) return k;
    if (b.x > most) { most = b.x; k = 4; }
    if (b.y > most) { most = b.y; k = 5; }
    if (b.z > most) { most = b.z; k = 6; }
    if (b.w > most) { most = b.w; k = 7; }
    return k;
}
int at(vec3 p) { vec4 a, b; shares(p, a, b); return largest(a, b); }
float edge(vec3 p, int i, int j) { vec4 a, b; shares(p, a, b); return of(a, b, i) - of(a, b, j); }
float slope(vec3 p, int i, int j) { // the same, smoothed as the next coarser grid is: for shading
    vec3 at = place(p);
    vec4 a = textureLod(sharesA, at, 0.8), b = two ? textureLod(sharesB, at, 0.8) : vec4(0);
    return of(a, b, i) - of(a, b, j);
}
bool cut(vec3 p) { return all(greaterThan(p, gone0)) && all(lessThan(p, gone1)); }

/* ---- light ---- */

float there(vec3 p, float lod) { // how much of what is visible lies around p
    if (any(greaterThan(abs(p), box)) || cut(p)) return 0.0;
    vec3 q = place(p);
    float sum = dot(textureLod(sharesA, q, lod), opacityA);
    return two ? sum + dot(textureLod(sharesB, q, lod), opacityB) : sum;
}
float openness(vec3 p, vec3 n) {
    return 1.0 - 0.38 * there(p + n * voxel * 2.0, 1.0) - 0.32 * there(p + n * voxel * 4.5, 2.0)
        - 0.25 * there(p + n * voxel * 10.0, 3.0);
}
vec3 lit(vec3 base, vec3 p, vec3 n, vec3 d) {
    vec3 key = normalize(turn * vec3(-0.45, 0.65, 0.75)), fill = normalize(turn * vec3(0.7, -0.1, 0.5));
    float open = openness(p, n);
    float shade = 1.0;
    for (int i = 0; i < 4; i++) {
        float far = voxel * (2.5 + 3.5 * float(i * i));
        shade *= 1.0 - 0.42 * there(p + n * voxel + key * far, 1.0 + 0.7 * float(i));
    }
    float front = max(dot(n, key), 0.0), wrap = 0.5 + 0.5 * dot(n, fill);
    float gloss = pow(max(dot(n, normalize(key - d)), 0.0), 42.0) * 0.16;
    return base * (open * (0.34 + 0.26 * wrap) + 0.66 * front * shade) + gloss * shade;
}
vec3 normal(vec3 p, int i, int j) {
    vec3 e = box * 2.0 / dims * 1.5, g;
    g.x = slope(p + vec3(e.x, 0, 0), i, j) - slope(p - vec3(e.x, 0, 0), i, j);
    g.y = slope(p + vec3(0, e.y, 0), i, j) - slope(p - vec3(0, e.y, 0), i, j);
    g.z = slope(p + vec3(0, 0, e.z), i, j) - slope(p - vec3(0, 0, e.z), i, j);
    g /= e;
    return g / max(length(g), 1e-9);
}
vec4 surface(vec3 before, vec3 after, int i, int j, vec3 d) {
    int owner = opacity(i) > opacity(j) ? i : j;
    float o = opacity(owner);
    if (o <= 0.0) return vec4(0);
    float near = edge(before, i, j), far = edge(after, i, j);
    vec3 p = mix(before, after, 0.5);
    for (int k = 0; k < 4; k++) { // the false position, kept from creeping
        float u = near > far ? clamp(near / (near - far), 0.1, 0.9) : 0.5;
        p = mix(before, after, u);
        float here = edge(p, i, j);
        if (here > 0.0) { before = p; near = here; } else { after = p; far = here; }
    }
    vec3 n = normal(p, i, j);
    if (dot(n, d) > 0.0) n = -n;
    float seen = max(-dot(n, d), 0.08);
    o = 1.0 - pow(1.0 - min(o, 0.999), 0.4 + 0.6 / seen); // a film is denser when seen along
    return vec4(lit(colour[owner], p, n, d) * o, o);
}

/* ---- the field ---- */

vec3 mapped(float t) { return texture(map, vec2((clamp(t, 0.0, 1.0) * 255.0 + 0.5) / 256.0, 0.5)).rgb; }
/* Interpolated among voxels of group k, and of any where there is none of it; y: whether anything is known. */
vec2 inside(vec3 p, int k) {
    vec3 x = place(p) * dims - 0.5;
    ivec3 low = ivec3(floor(x)), last = ivec3(dims) - 1;
    vec3 u = x - vec3(low);
    vec3 own = vec3(0), any = vec3(0); // value, known, all
    for (int i = 0; i < 8; i++) {
        ivec3 corner = ivec3(i & 1, i >> 1 & 1, i >> 2), c = clamp(low + corner, ivec3(0), last);
        vec3 w = mix(1.0 - u, u, vec3(corner));
        vec2 v = texelFetch(field, c, 0).rg;
        int label = int(texelFetch(labels, c, 0).r);
        vec3 part = w.x * w.y * w.z * vec3(v.r * v.g, v.g, 1.0);
        any += part;
        if (label == k || label == OUT) own += part;
    }
    vec3 sum = own.z > 1e-3 ? own : any;
    return sum.y > 0.0 ? vec2(sum.x / sum.y * 255.0 / 254.0, 1) : vec2(0);
}
/* Darker towards the edge where two faces of the cut meet: they are flat, what is there is known without looking. */
float cornered(vec3 p, vec3 n) {
    float near = 1e9;
    for (int i = 0; i < 3; i++) {
        if (abs(n[i]) > 0.5) continue;
        if (gone0[i] > -box[i]) near = min(near, abs(p[i] - gone0[i]));
        if (gone1[i] < box[i]) near = min(near, abs(p[i] - gone1[i]));
    }
    return cut(p + n * voxel) ? smoothstep(-0.35, 1.0, near / (0.35 * min(box.x, min(box.y, box.z)) + 4.0 * voxel)) : 1.0;
}
/* A face of the box or of the cut. */
vec4 face(vec3 p, vec3 d, vec3 n) {
    if (paint == 0) return vec4(0);
    p = clamp(p, -box * 0.9999, box * 0.9999);
    vec4 a, b;
    shares(p, a, b);
    int k = largest(a, b);
    if (opacity(k) <= 0.0) return vec4(0);
    vec3 c = colour[k];
    if (paint == 1) {
        vec2 v = inside(p, k);
        c = v.y > 0.0 ? mapped(v.x * scale.x + scale.y) : mix(c, vec3(0.5), 0.5);
    }
    // A face seen straight on has the bar's colours to the bit; one turned away or in a corner is a little darker.
    c *= (0.66 + 0.34 * smoothstep(0.0, 0.75, dot(n, turn[2]))) * mix(0.45, 1.0, cornered(p, n));
    vec3 u = abs(n.x) > 0.5 ? vec3(0, 1, 0) : vec3(1, 0, 0), v = cross(n, u);
    float line = 0.0, bright = dot(c, vec3(0.2126, 0.7152, 0.0722));
    for (int i = 0; i < 4; i++) { // another tissue within reach
        vec3 q = p + (i < 2 ? u : v) * (i % 2 == 0 ? outline : -outline);
        if (any(greaterThan(abs(q), box))) continue;
        int other = at(q);
        if (other != k) line = max(line, opacity(other) > 0.0 ? 0.55 : 0.75);
    }
    c = mix(c, bright > 0.09 ? vec3(0.015, 0.02, 0.03) : vec3(0.75), bright > 0.09 ? line : 0.5 * line);
    return vec4(c, 1);
}

/* ---- the ray ---- */

vec2 slab(vec3 o, vec3 inverse, vec3 low, vec3 high, out vec3 n) {
    vec3 a = (low - o) * inverse, b = (high - o) * inverse, near = min(a, b), far = max(a, b);
    float enter = max(near.x, max(near.y, near.z));
    n = -sign(inverse) * vec3(equal(near, vec3(enter)));
    return vec2(enter, min(far.x, min(far.y, far.z)));
}
void over(inout vec4 c, vec4 behind) { c += (1.0 - c.a) * behind; }

vec4 trace(vec3 o, vec3 d, float start) {
    vec3 inverse = 1.0 / (d + vec3(lessThan(abs(d), vec3(1e-7))) * 1e-7), n, m, back;
    vec2 range = slab(o, inverse, -box, box, n), gap = slab(o, inverse, gone0, gone1, m);
    range.x = max(range.x, 0.0);
    if (range.y <= range.x) return vec4(0);
    if (gap.y <= gap.x || gone1.x <= gone0.x) gap = vec2(1e9);
    vec3 far = max((gone0 - o) * inverse, (gone1 - o) * inverse); // the face through which the ray comes back
    m = -sign(d) * vec3(equal(far, vec3(min(far.x, min(far.y, far.z)))));
    float h = voxel * stride, t = range.x;
    vec4 c = vec4(0);
    bool entering = true;
    int was = OUT;
    for (int i = 0; i < 1500; i++) {
        if (t > gap.x - h * 0.01 && t < gap.y) {
            t = gap.y;
            n = m;
            entering = true;
        }
        if (t >= range.y) break;
        vec3 p = o + d * t;
        if (entering) {
            entering = false;
            over(c, face(p, d, n));
            was = at(p + d * voxel * 0.01);
            t += h * start;
            continue;
        }
        ivec3 brick = ivec3(place(p) * dims / 8.0);
        uint held = texelFetch(bricks, clamp(brick, ivec3(0), textureSize(bricks, 0) - 1), 0).r;
        bool glows = glow > 0.0 && (held & 512u) != 0u;
        uint groups = held & 511u;
        if (!glows && ((groups & visible) == 0u || (groups & (groups - 1u)) == 0u)) { // nothing to meet in here
            vec3 low = (vec3(brick) * 8.0 / dims * 2.0 - 1.0) * box, high = (vec3(brick + 1) * 8.0 / dims * 2.0 - 1.0) * box;
            float leave = slab(o, inverse, low, high, back).y;
            t += h * max(1.0, ceil((leave - t) / h + 0.001));
            if (t < range.y) was = at(o + d * t);
            continue;
        }
        vec4 a, b;
        shares(p, a, b);
        int now = largest(a, b);
        if (now != was) {
            over(c, surface(p - d * h, p, was, now, d));
            was = now;
        }
        if (glows) {
            vec2 v = textureLod(field, place(p), 0.0).rg;
            if (v.g > 0.02) {
                float s = clamp(v.r / v.g * 255.0 / 254.0 * scale.x + scale.y, 0.0, 1.0);
                float thin = (1.0 - exp(-glow * s * sqrt(s) * h)) * v.g;
                over(c, vec4(mapped(s) * thin, thin));
            }
        }
        if (c.a > 0.985) break;
        t += h;
    }
    return c.a > 0.985 ? c / c.a : c;
}

void main() {
    vec3 edges = box * 2.0 / dims;
    voxel = min(edges.x, min(edges.y, edges.z));
    visible = 0u;
    for (int k = 0; k < 8; k++) if (opacity(k) > 0.0) visible |= 1u << k;
    vec2 q = (gl_FragCoord.xy + shift) / size * 2.0 - 1.0;
    vec3 o = eye, d = -turn[2];
    if (perspective) d = normalize(turn * vec3(q * view, -1.0));
    else o += turn * vec3(q * view, 0.0);
    float grain = fract(52.9829189 * fract(dot(floor(gl_FragCoord.xy), vec2(0.06711056, 0.00583715))) + noise);
    picture = trace(o, d, grain);
}`;
