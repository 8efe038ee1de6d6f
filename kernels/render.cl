/* The volume renderer: one ray a pixel through surfaces and glows.
 *
 * Along a ray at t mm the light that reaches the eye is
 *     L = sum over crossings T(t_j) a_j C_j + integral T(t) s(t) c(t) dt,
 *     T(t) = product over crossings before t of (1 - a_j) * exp(-integral of s),
 * a_j and C_j the opacity and lit colour of a surface that is crossed, s the extinction of the glows and c
 * their colours. Samples lie at t0 + k step, t0 where the ray enters the box as it is cut. Between two
 * samples s and s c are the means of both ends, and their integral is exact; a crossing is where the
 * interpolated share is one half, found by regula falsi, and divides the interval. Skipping leaves out
 * intervals in which nothing could be seen, so it changes no bit; a ray ends where T < 1/1000. `plain`
 * leaves both out.
 *
 * Out: linear light, premultiplied; opacity -1 where the ray misses the box. Bytes: eight corners of 4 bytes
 * a sample, and of 2 for each glow.
 * Sources: N. Max, "Optical models for direct volume rendering", 1995; J. F. Blinn, "Models of light
 * reflection", 1977; C. Crassin et al., "Interactive indirect illumination using voxel cone tracing", 2011.
 * Needs render.clh, render_ray.clh, render_way.clh, render_batch.clh. */

/* The samples from t0 on, one after another. */
static inline float4 xt_samples(const xt_ray *ray, const xt_reach *r, float4 sum, float4 share, float4 glow,
                                const int plain) {
    __constant xt_scene *scene = ray->scene;
    const int4 visible = xt_visible(scene);
    const float step = scene->step;
    const int count = (int)ceil((r->t1 - r->t0) / step);
    float ta = r->t0;
    uint flags = 3u;   /* of the sample at ta */
    bool known = true; /* its share is */
    for (int k = 0; k < count;) {
        if (!plain && sum.w < XT_TRANSPARENT) break;
        const float tb = k + 1 < count ? r->t0 + (float)(k + 1) * step : r->t1;
        xt_spot spot;
        xt_ray_spot(&spot, ray, tb);
        uint cell = 128u | 3u;
        if (!plain) cell = ray->cell[xt_cell_of(ray, spot.x, spot.y, spot.z)];
        const uint bits = cell & 128u ? cell & 3u : 0u;
        float4 next = share, next_glow = (float4)(0.0f);
        int4 crossed = (int4)(0);
        if (bits & 2u) next_glow = xt_glow(ray, &spot);
        if ((flags | bits) & 1u) {
            if (!known) {
                xt_spot before;
                xt_ray_spot(&before, ray, ta);
                share = xt_shares(ray->share, &ray->grid, &before);
            }
            next = xt_shares(ray->share, &ray->grid, &spot);
            crossed = ((share >= XT_HALF) ^ (next >= XT_HALF)) & visible;
            known = true;
        } else
            known = false;
        const float4 mean = 0.5f * (glow + next_glow);
        if (any(crossed))
            sum = xt_cross(ray, sum, ta, tb, share, next, crossed, mean);
        else
            sum = xt_through(sum, mean, tb - ta);
        share = next;
        glow = next_glow;
        flags = bits;
        ta = tb;
        k++;
        if (!bits) {
            const int to = xt_leap(ray, r, spot.x, spot.y, spot.z, (int)cell, k, count);
            if (to > k) {
                k = to;
                ta = r->t0 + (float)k * step;
                known = false;
            }
        }
    }
    return sum;
}

static inline float4 xt_march(xt_ray *ray, const int plain) {
    xt_reach r;
    xt_reach_of(&r, ray);
    if (!(r.t1 > r.t0)) return (float4)(0.0f, 0.0f, 0.0f, -1.0f);
    const int visible = ray->scene->visible;
    float4 sum = (float4)(0.0f, 0.0f, 0.0f, 1.0f);
    xt_spot spot;
    xt_ray_spot(&spot, ray, r.t0);
    const float4 share = xt_shares(ray->share, &ray->grid, &spot), glow = xt_glow(ray, &spot);
    if (visible && dot(r.n0, r.n0) > 0.0f) sum = xt_cap(ray, sum, r.t0, r.n0, share);
#if XT_BATCH > 1
    sum = plain ? xt_samples(ray, &r, sum, share, glow, 1) : xt_batches(ray, &r, sum, share, glow);
#else
    sum = xt_samples(ray, &r, sum, share, glow, plain);
#endif
    if (visible && (plain || sum.w >= XT_TRANSPARENT)) {
        xt_ray_spot(&spot, ray, r.t1);
        sum = xt_cap(ray, sum, r.t1, r.n1, xt_shares(ray->share, &ray->grid, &spot));
    }
    return (float4)(sum.xyz, 1.0f - sum.w);
}

static inline void xt_ray_make(xt_ray *ray, __constant xt_scene *scene, __global const uint *share,
                               __global const ushort *field, __global const float4 *table,
                               __global const uchar *cell, __global const uchar *opacity) {
    ray->scene = scene;
    ray->share = share;
    ray->field = field;
    ray->table = table;
    ray->cell = cell;
    ray->opacity = opacity;
    xt_grid_of(&ray->grid, scene->dims[0], scene->dims[1], scene->dims[2]);
}

/* Work-items in groups of 64 are tiles of 8 x 8 pixels, so that neighbours share their voxels. */
static inline int2 xt_pixel(__constant xt_scene *scene) {
    const int i = get_global_id(0), tile = i >> 6, lane = i & 63;
    return (int2)(tile % scene->tiles * 8 + (lane & 7), tile / scene->tiles * 8 + (lane >> 3));
}

static inline float4 xt_look(xt_ray *ray, float x, float y, const int plain) {
    xt_aim(ray, 2.0f * x / (float)ray->scene->width - 1.0f, 1.0f - 2.0f * y / (float)ray->scene->height);
    return xt_march(ray, plain);
}

static inline void xt_first(xt_ray *ray, __global float4 *out, const int plain) {
    __constant xt_scene *scene = ray->scene;
    const int2 p = xt_pixel(scene);
    if (p.x >= scene->width || p.y >= scene->height) return;
    out[p.x + p.y * scene->width] = xt_look(ray, (float)p.x + 0.5f, (float)p.y + 0.5f, plain);
}

__kernel void render_march(__constant xt_scene *scene, __global const uint *share,
                           __global const ushort *field, __global const float4 *table,
                           __global const uchar *cell, __global const uchar *opacity, __global float4 *out) {
    xt_ray ray;
    xt_ray_make(&ray, scene, share, field, table, cell, opacity);
    xt_first(&ray, out, 0);
}

__kernel void render_march_plain(__constant xt_scene *scene, __global const uint *share,
                                 __global const ushort *field, __global const float4 *table,
                                 __global const uchar *cell, __global const uchar *opacity,
                                 __global float4 *out) {
    xt_ray ray;
    xt_ray_make(&ray, scene, share, field, table, cell, opacity);
    xt_first(&ray, out, 1);
}

/* Does what is seen bend between two neighbours on opposite sides? A smooth rise is no edge. */
static inline bool xt_bends(float4 a, float4 own, float4 b, float edge) {
    a.w = fmax(a.w, 0.0f); /* beside the box is as empty as in it */
    b.w = fmax(b.w, 0.0f);
    own.w = fmax(own.w, 0.0f);
    const float4 d = fabs(a + b - 2.0f * own);
    return fmax(fmax(d.x, d.y), fmax(d.z, d.w)) > edge;
}

/* Pixels at an edge get four more rays, on a rotated grid, and become the mean of five. */
static inline void xt_edges(xt_ray *ray, __global const float4 *in, __global float4 *out, const int plain) {
    __constant xt_scene *scene = ray->scene;
    const int2 p = xt_pixel(scene);
    const int w = scene->width, h = scene->height;
    if (p.x >= w || p.y >= h) return;
    const int i = p.x + p.y * w;
    const float4 own = in[i];
    const bool edge = xt_bends(in[p.x > 0 ? i - 1 : i], own, in[p.x + 1 < w ? i + 1 : i], scene->edge) ||
                      xt_bends(in[p.y > 0 ? i - w : i], own, in[p.y + 1 < h ? i + w : i], scene->edge);
    float4 sum = own;
    if (edge) {
        sum.w = fmax(sum.w, 0.0f);
        for (int k = 0; k < 4; k++) {
            const float a = (k & 1) ? 0.375f : 0.125f, b = (k & 1) ? 0.125f : 0.375f;
            const float x = (float)p.x + 0.5f + (k == 0 || k == 3 ? a : -a);
            const float y = (float)p.y + 0.5f + (k < 2 ? b : -b);
            float4 more = xt_look(ray, x, y, plain);
            more.w = fmax(more.w, 0.0f);
            sum += more;
        }
        sum *= 0.2f;
    }
    out[i] = sum;
}

__kernel void render_edges(__constant xt_scene *scene, __global const uint *share,
                           __global const ushort *field, __global const float4 *table,
                           __global const uchar *cell, __global const uchar *opacity,
                           __global const float4 *in, __global float4 *out) {
    xt_ray ray;
    xt_ray_make(&ray, scene, share, field, table, cell, opacity);
    xt_edges(&ray, in, out, 0);
}

__kernel void render_edges_plain(__constant xt_scene *scene, __global const uint *share,
                                 __global const ushort *field, __global const float4 *table,
                                 __global const uchar *cell, __global const uchar *opacity,
                                 __global const float4 *in, __global float4 *out) {
    xt_ray ray;
    xt_ray_make(&ray, scene, share, field, table, cell, opacity);
    xt_edges(&ray, in, out, 1);
}

/* Linear light, 0..1, as sRGB of 16 bits: curve[i] is that of the square of i / XT_CURVE. */
static inline float xt_encode(__global const float *curve, float v) {
    v = v > 0.0f ? (v < 1.0f ? sqrt(v) : 1.0f) : 0.0f;
    const float at = v * (float)XT_CURVE;
    const int i = (int)at;
    return curve[i] + (at - (float)i) * (curve[i + 1] - curve[i]) + 0.5f;
}

/* Over a background that differs by rows, as a picture. count: pixels whose rays met the box, and those in
 * which something is seen; zero before. Work-items stride. Bytes: 16 and 8 a pixel. */
__kernel void render_finish(__constant xt_scene *scene, __global const float4 *in,
                            __global const float4 *behind, __global const float *curve, int items,
                            __global ushort4 *out, __global volatile int *count) {
    const int first = get_global_id(0), pixels = scene->width * scene->height;
    int met = 0, seen = 0;
    if (first >= items) return;
    for (int i = first; i < pixels; i += items) {
        const float4 p = in[i], back = behind[i / scene->width];
        const float open = 1.0f - fmax(p.w, 0.0f);
        met += p.w >= 0.0f;
        seen += p.w > 1.0f / 512.0f;
        out[i] = (ushort4)((ushort)xt_encode(curve, p.x + open * back.x),
                           (ushort)xt_encode(curve, p.y + open * back.y),
                           (ushort)xt_encode(curve, p.z + open * back.z), (ushort)65535);
    }
    if (met) atomic_add(&count[0], met);
    if (seen) atomic_add(&count[1], seen);
}
