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
 * Needs render.clh. */

#define XT_TRANSPARENT 1e-3f

typedef struct {
    __constant xt_scene *scene;
    __global const uint *share;
    __global const ushort *field;
    __global const float4 *table; /* rows of the glows, then of the surfaces' colours */
    __global const uchar *cell, *opacity;
    xt_grid grid;
    float3 eye, d, q0, q1; /* ray in mm; the same in voxel coordinates: q0 + t q1 */
} xt_ray;

static inline xt_spot xt_ray_spot(const xt_ray *ray, float t) {
    const float3 q = ray->q0 + t * ray->q1;
    return xt_spot_of(&ray->grid, q.x, q.y, q.z);
}

/* Extinction and colour times extinction of all glows at a spot. */
static inline float4 xt_glow(const xt_ray *ray, const xt_spot *s) {
    const xt_grid *g = &ray->grid;
    const ulong voxels = (ulong)g->nxy * (ulong)ray->scene->dims[2];
    float4 sum = (float4)(0.0f);
    for (int k = 0; k < ray->scene->glows; k++) {
        __global const ushort *v = ray->field + (ulong)ray->scene->glow_field[k] * voxels + s->at;
        const uint a = v[0], b = v[g->dx], c = v[g->dy], d = v[g->dy + g->dx];
        v += g->dz;
        const uint e = v[0], f = v[g->dx], h = v[g->dy], i = v[g->dy + g->dx];
        const uint any = (a | b | c | d | e | f | h | i) & XT_HERE;
        if (!any) continue;
        float4 low = convert_float4((uint4)(a, c, e, h) & 0x7fffu);
        float4 high = convert_float4((uint4)(b, d, f, i) & 0x7fffu);
        float4 x = low + s->fx * (high - low);
        float2 y = x.xz + s->fy * (x.yw - x.xz);
        const float value = y.x + s->fz * (y.y - y.x);
        float here = 1.0f;
        if (!(a & b & c & d & e & f & h & i & XT_HERE)) { /* at the edge of the tissue */
            low = convert_float4((uint4)(a, c, e, h) >> 15);
            high = convert_float4((uint4)(b, d, f, i) >> 15);
            x = low + s->fx * (high - low);
            y = x.xz + s->fy * (x.yw - x.xz);
            here = y.x + s->fz * (y.y - y.x);
        }
        const float place = value * (255.0f / XT_TOP);
        const int entry = min((int)place, XT_ROW - 2);
        __global const float4 *row = ray->table + k * XT_ROW + entry;
        sum += here * (row[0] + (place - (float)entry) * (row[1] - row[0]));
    }
    return sum;
}

/* Colour of a surface at a spot: its own, or that of a field where it is known. */
static inline float3 xt_base_colour(const xt_ray *ray, int surface, const xt_spot *s) {
    __constant xt_scene_surface *look = &ray->scene->surface[surface];
    const float3 own = (float3)(look->colour[0], look->colour[1], look->colour[2]);
    if (look->field < 0) return own;
    const xt_grid *g = &ray->grid;
    const ulong voxels = (ulong)g->nxy * (ulong)ray->scene->dims[2];
    __global const ushort *v = ray->field + (ulong)look->field * voxels + s->at;
    float sum = 0.0f, weights = 0.0f;
    for (int k = 0; k < 8; k++) {
        const uint code = v[(k & 1 ? g->dx : 0) + (k & 2 ? g->dy : 0) + (k & 4 ? g->dz : 0)];
        const float w =
            (k & 1 ? s->fx : 1.0f - s->fx) * (k & 2 ? s->fy : 1.0f - s->fy) * (k & 4 ? s->fz : 1.0f - s->fz);
        if (code == XT_UNKNOWN) continue;
        sum += w * (float)(code & 0x7fffu);
        weights += w;
    }
    if (!(weights > 1e-4f)) return own;
    const float place = sum / weights * (255.0f / XT_TOP);
    const int entry = min((int)place, XT_ROW - 2);
    __global const float4 *row = ray->table + (XT_GLOWS + surface) * XT_ROW + entry;
    return (row[0] + (place - (float)entry) * (row[1] - row[0])).xyz;
}

/* Opacity around a place (voxel coordinates) at a level of the pyramid, 0..1. */
static inline float xt_opacity_at(const xt_ray *ray, int level, float3 q) {
    __constant int *n = ray->scene->occlusion_dims[level];
    const float per = 0.25f / (float)(1 << level);
    const xt_grid g = xt_grid_of(n[0], n[1], n[2]);
    const float x = (q.x + 0.5f) * per - 0.5f, y = (q.y + 0.5f) * per - 0.5f, z = (q.z + 0.5f) * per - 0.5f;
    /* Beyond the box nothing keeps light out. */
    if (x < -1.0f || y < -1.0f || z < -1.0f || x > g.topx + 1.0f || y > g.topy + 1.0f || z > g.topz + 1.0f)
        return 0.0f;
    const xt_spot s = xt_spot_of(&g, x, y, z);
    __global const uchar *v = ray->opacity + ray->scene->occlusion_at[level] + s.at;
    const float a = v[0], b = v[g.dx], c = v[g.dy], d = v[g.dy + g.dx];
    v += g.dz;
    const float e = v[0], f = v[g.dx], h = v[g.dy], i = v[g.dy + g.dx];
    const float ab = a + s.fx * (b - a), cd = c + s.fx * (d - c);
    const float ef = e + s.fx * (f - e), hi = h + s.fx * (i - h);
    const float low = ab + s.fy * (cd - ab), high = ef + s.fy * (hi - ef);
    return (low + s.fz * (high - low)) * (1.0f / 255.0f);
}

/* What a cone from q along the unit vector `way` (mm) meets: each level of the pyramid at 1.5 of its cells,
 * so that the wall it starts from does not count. */
static inline float xt_cone(const xt_ray *ray, float3 q, float3 way) {
    __constant float *per = ray->scene->per_spacing;
    const float3 v = way * (float3)(per[0], per[1], per[2]);
    const float3 unit = v * (1.0f / sqrt(dot(v, v))); /* one voxel long */
    float open = 1.0f;
    for (int level = 0; level < XT_LEVELS; level++) {
        const float reach = 6.0f * (float)(1 << level);
        open *= 1.0f - xt_opacity_at(ray, level, q + reach * unit);
    }
    return 1.0f - open;
}

/* Five cones over the half space around the normal n. */
static inline float xt_occlusion(const xt_ray *ray, float3 q, float3 n) {
    const float3 other = fabs(n.x) < 0.6f ? (float3)(1.0f, 0.0f, 0.0f) : (float3)(0.0f, 1.0f, 0.0f);
    float3 u = cross(n, other);
    u = u * (1.0f / sqrt(dot(u, u)));
    const float3 v = cross(n, u);
    float sum = 0.28f * xt_cone(ray, q, n);
    sum += 0.18f * xt_cone(ray, q, 0.5f * n + 0.8660254f * u);
    sum += 0.18f * xt_cone(ray, q, 0.5f * n - 0.8660254f * u);
    sum += 0.18f * xt_cone(ray, q, 0.5f * n + 0.8660254f * v);
    sum += 0.18f * xt_cone(ray, q, 0.5f * n - 0.8660254f * v);
    return sum;
}

/* Outward normal of a surface: against the gradient of its share, by differences over two voxels. */
static inline float3 xt_normal(const xt_ray *ray, int surface, float3 q) {
    __global const uchar *byte = (__global const uchar *)ray->share + surface;
    const xt_grid *g = &ray->grid;
    __constant float *per = ray->scene->per_spacing;
    const float3 n =
        (float3)((xt_share(byte, g, q.x - 1.0f, q.y, q.z) - xt_share(byte, g, q.x + 1.0f, q.y, q.z)) * per[0],
                 (xt_share(byte, g, q.x, q.y - 1.0f, q.z) - xt_share(byte, g, q.x, q.y + 1.0f, q.z)) * per[1],
                 (xt_share(byte, g, q.x, q.y, q.z - 1.0f) - xt_share(byte, g, q.x, q.y, q.z + 1.0f)) *
                     per[2]);
    const float length = sqrt(dot(n, n));
    return length > 0.0f ? n * (1.0f / length) : -ray->d;
}

/* Light and opacity of a surface met at t: premultiplied. `face`: the normal of a face that a cut or the box
 * lays open, else zero. */
static inline float4 xt_shade(const xt_ray *ray, int surface, float t, float3 face) {
    __constant xt_scene *scene = ray->scene;
    __constant xt_scene_surface *look = &scene->surface[surface];
    const float3 q = ray->q0 + t * ray->q1;
    const xt_spot spot = xt_spot_of(&ray->grid, q.x, q.y, q.z);
    const bool cap = dot(face, face) > 0.0f;
    float3 n = cap ? face : xt_normal(ray, surface, q);
    float facing = -dot(n, ray->d);
    if (facing < 0.0f) {
        n = -n;
        facing = -facing;
    }
    float a = look->opacity;
    if (cap)
        a = fmax(a, scene->cap);
    else if (look->sheet > 0.0f)
        a = 1.0f - xt_exp_minus(look->sheet / fmax(facing, 0.05f));
    const float3 light = (float3)(scene->light[0], scene->light[1], scene->light[2]);
    const float towards = fmax(dot(n, light), 0.0f);
    const float open = scene->occlusion > 0.0f ? 1.0f - scene->occlusion * xt_occlusion(ray, q, n) : 1.0f;
    const float lit = scene->shadow > 0.0f ? 1.0f - scene->shadow * xt_cone(ray, q, light) : 1.0f;
    float3 h = light - ray->d;
    h = h * (1.0f / sqrt(fmax(dot(h, h), 1e-12f)));
    float shine = towards > 0.0f ? fmax(dot(n, h), 0.0f) : 0.0f;
    for (int k = 0; k < scene->shine; k++) shine *= shine;
    const float3 base = xt_base_colour(ray, surface, &spot);
    const float3 c =
        base * (scene->ambient * open + scene->diffuse * towards * lit) + scene->specular * shine * lit;
    return (float4)(a * c.x, a * c.y, a * c.z, a);
}

/* The light so far, and in .w what still passes. */
static inline float4 xt_over(float4 sum, float4 front) {
    return (float4)(sum.xyz + sum.w * front.xyz, sum.w * (1.0f - front.w));
}

static inline float4 xt_through(float4 sum, float4 glow, float length) {
    if (!(glow.w > 0.0f)) return sum;
    const float x = glow.w * length, a = 1.0f - xt_exp_minus(x);
    /* (1 - exp(-x)) / s loses digits where x is small. */
    const float weight = x < 0.01f ? length * (1.0f - 0.5f * x) : a / glow.w;
    return (float4)(sum.xyz + sum.w * weight * glow.xyz, sum.w * (1.0f - a));
}

/* The face that the box or a cut lays open at t: of the innermost visible surface that is there. */
static inline float4 xt_cap(const xt_ray *ray, float4 sum, float t, float3 face, float4 share) {
    const float f[4] = {share.x, share.y, share.z, share.w};
    int surface = -1;
    for (int k = 0; k < XT_SURFACES; k++)
        if ((ray->scene->visible >> k & 1) && f[k] >= XT_HALF) surface = k;
    return surface < 0 ? sum : xt_over(sum, xt_shade(ray, surface, t, face));
}

/* Where between ta and tb the share of a surface is one half; fa and fb lie on both sides of it. 0..1. */
static inline float xt_crossing(const xt_ray *ray, int surface, float ta, float tb, float fa, float fb) {
    __global const uchar *byte = (__global const uchar *)ray->share + surface;
    float a = 0.0f, b = 1.0f, u = 0.5f;
    int side = 0;
    fa -= XT_HALF;
    fb -= XT_HALF;
    for (int k = 0; k < 4; k++) {
        u = a + (b - a) * (fa / (fa - fb));
        if (k == 3) break;
        const float3 q = ray->q0 + (ta + u * (tb - ta)) * ray->q1;
        const float f = xt_share(byte, &ray->grid, q.x, q.y, q.z) - XT_HALF;
        if (f == 0.0f) break;
        if ((f > 0.0f) == (fb > 0.0f)) {
            b = u;
            fb = f;
            if (side == 1) fa *= 0.5f;
            side = 1;
        } else {
            a = u;
            fa = f;
            if (side == -1) fb *= 0.5f;
            side = -1;
        }
    }
    return u;
}

/* An interval in which surfaces are crossed, nearest first. */
static inline float4 xt_cross(const xt_ray *ray, float4 sum, float ta, float tb, float4 sa, float4 sb,
                              int4 crossed, float4 glow) {
    const float fa[4] = {sa.x, sa.y, sa.z, sa.w}, fb[4] = {sb.x, sb.y, sb.z, sb.w};
    const int is[4] = {crossed.x, crossed.y, crossed.z, crossed.w};
    float u[4], from = 0.0f;
    for (int k = 0; k < XT_SURFACES; k++) u[k] = is[k] ? xt_crossing(ray, k, ta, tb, fa[k], fb[k]) : 2.0f;
    for (int n = 0; n < XT_SURFACES; n++) {
        int next = 0;
        for (int k = 1; k < XT_SURFACES; k++)
            if (u[k] < u[next]) next = k;
        if (u[next] > 1.0f) break;
        sum = xt_through(sum, glow, (u[next] - from) * (tb - ta));
        sum = xt_over(sum, xt_shade(ray, next, ta + u[next] * (tb - ta), (float3)(0.0f)));
        from = fmax(from, u[next]);
        u[next] = 2.0f;
    }
    return xt_through(sum, glow, (1.0f - from) * (tb - ta));
}

/* Narrow [t0, t1] to where the ray is on the kept side of a plane: rate t <= room. */
static inline void xt_clip(float rate, float room, float3 normal, float *t0, float *t1, float3 *n0,
                           float3 *n1) {
    if (fabs(rate) < 1e-9f) {
        if (room < 0.0f) *t1 = -1.0f;
        return;
    }
    const float t = room / rate;
    if (rate > 0.0f && t < *t1) {
        *t1 = t;
        *n1 = normal;
    }
    if (rate < 0.0f && t > *t0) {
        *t0 = t;
        *n0 = normal;
    }
}

/* The ray through the picture at x, y in -1..1, y upwards. */
static inline void xt_aim(xt_ray *ray, float x, float y) {
    __constant xt_scene *s = ray->scene;
    const float3 eye = (float3)(s->eye[0], s->eye[1], s->eye[2]);
    const float3 forward = (float3)(s->forward[0], s->forward[1], s->forward[2]);
    const float3 across =
        x * (float3)(s->right[0], s->right[1], s->right[2]) + y * (float3)(s->up[0], s->up[1], s->up[2]);
    const float3 way = s->perspective ? forward + across : forward;
    const float3 per = (float3)(s->per_spacing[0], s->per_spacing[1], s->per_spacing[2]);
    ray->eye = s->perspective ? eye : eye + across;
    ray->d = way * (1.0f / sqrt(dot(way, way)));
    ray->q0 = ray->eye * per - 0.5f;
    ray->q1 = ray->d * per;
}

/* t at which the ray leaves the cube of empty cells around the one that `s` is in. */
static inline float xt_leave(const xt_ray *ray, const xt_spot *s, int distance) {
    const int3 cell = (int3)(s->x, s->y, s->z) >> XT_CELL_SHIFT;
    const float side = (float)(1 << XT_CELL_SHIFT);
    const float3 low = convert_float3(cell - (distance - 1)) * side;
    const float3 high = convert_float3(cell + distance) * side;
    const float3 q0 = ray->q0, q1 = ray->q1;
    const float x = q1.x == 0.0f ? 1e30f : ((q1.x > 0.0f ? high.x : low.x) - q0.x) / q1.x;
    const float y = q1.y == 0.0f ? 1e30f : ((q1.y > 0.0f ? high.y : low.y) - q0.y) / q1.y;
    const float z = q1.z == 0.0f ? 1e30f : ((q1.z > 0.0f ? high.z : low.z) - q0.z) / q1.z;
    return fmin(x, fmin(y, z));
}

static inline float4 xt_march(xt_ray *ray, const int plain) {
    __constant xt_scene *scene = ray->scene;
    float t0 = 0.0f, t1 = 1e30f;
    float3 n0 = (float3)(0.0f), n1 = (float3)(0.0f);
    const float3 eye = ray->eye, d = ray->d;
    xt_clip(-d.x, eye.x, (float3)(-1.0f, 0.0f, 0.0f), &t0, &t1, &n0, &n1);
    xt_clip(d.x, scene->size[0] - eye.x, (float3)(1.0f, 0.0f, 0.0f), &t0, &t1, &n0, &n1);
    xt_clip(-d.y, eye.y, (float3)(0.0f, -1.0f, 0.0f), &t0, &t1, &n0, &n1);
    xt_clip(d.y, scene->size[1] - eye.y, (float3)(0.0f, 1.0f, 0.0f), &t0, &t1, &n0, &n1);
    xt_clip(-d.z, eye.z, (float3)(0.0f, 0.0f, -1.0f), &t0, &t1, &n0, &n1);
    xt_clip(d.z, scene->size[2] - eye.z, (float3)(0.0f, 0.0f, 1.0f), &t0, &t1, &n0, &n1);
    for (int k = 0; k < scene->cuts; k++) {
        const float3 n = (float3)(scene->cut[k][0], scene->cut[k][1], scene->cut[k][2]);
        xt_clip(dot(n, d), scene->cut[k][3] - dot(n, eye), n, &t0, &t1, &n0, &n1);
    }
    if (!(t1 > t0)) return (float4)(0.0f, 0.0f, 0.0f, -1.0f);

    const int v = scene->visible;
    const int4 visible = (int4)(-(v & 1), -(v >> 1 & 1), -(v >> 2 & 1), -(v >> 3 & 1));
    const float step = scene->step;
    const int count = (int)ceil((t1 - t0) / step);
    float4 sum = (float4)(0.0f, 0.0f, 0.0f, 1.0f);

    xt_spot spot = xt_ray_spot(ray, t0);
    float4 share = xt_shares(ray->share, &ray->grid, &spot), glow = xt_glow(ray, &spot);
    if (v && dot(n0, n0) > 0.0f) sum = xt_cap(ray, sum, t0, n0, share);
    float ta = t0;
    uint flags = 128u | 3u; /* of the sample at ta */
    bool known = true;      /* its share is */
    for (int k = 0; k < count;) {
        if (!plain && sum.w < XT_TRANSPARENT) break;
        const float tb = k + 1 < count ? t0 + (float)(k + 1) * step : t1;
        spot = xt_ray_spot(ray, tb);
        uint cell = 128u | 3u;
        if (!plain)
            cell = ray->cell[(spot.x >> XT_CELL_SHIFT) +
                             scene->cells[0] *
                                 ((spot.y >> XT_CELL_SHIFT) + scene->cells[1] * (spot.z >> XT_CELL_SHIFT))];
        const uint bits = cell & 128u ? cell : 0u;
        if ((flags | bits) & 3u) {
            const float4 next_glow = bits & 2u ? xt_glow(ray, &spot) : (float4)(0.0f);
            const float4 mean = 0.5f * (glow + next_glow);
            int4 crossed = (int4)(0);
            float4 next = share;
            if ((flags | bits) & 1u) {
                if (!known) {
                    const xt_spot before = xt_ray_spot(ray, ta);
                    share = xt_shares(ray->share, &ray->grid, &before);
                }
                next = xt_shares(ray->share, &ray->grid, &spot);
                crossed = ((share >= XT_HALF) ^ (next >= XT_HALF)) & visible;
                known = true;
            } else
                known = false;
            if (any(crossed))
                sum = xt_cross(ray, sum, ta, tb, share, next, crossed, mean);
            else
                sum = xt_through(sum, mean, tb - ta);
            share = next;
            glow = next_glow;
        } else
            known = false;
        k++;
        ta = tb;
        flags = bits;
        if (!bits) {
            const float leave = xt_leave(ray, &spot, (int)cell);
            if (leave >= t1) break;
            /* The last sample that is certainly still in the empty cube. */
            const int skip = (int)((leave - t0) / step - 0.01f);
            if (skip > k) {
                k = skip;
                ta = t0 + (float)k * step;
                known = false;
            }
        }
    }
    if (v && (plain || sum.w >= XT_TRANSPARENT)) {
        spot = xt_ray_spot(ray, t1);
        share = xt_shares(ray->share, &ray->grid, &spot);
        sum = xt_cap(ray, sum, t1, n1, share);
    }
    return (float4)(sum.xyz, 1.0f - sum.w);
}

static inline xt_ray xt_ray_make(__constant xt_scene *scene, __global const uint *share,
                                 __global const ushort *field, __global const float4 *table,
                                 __global const uchar *cell, __global const uchar *opacity) {
    xt_ray ray;
    ray.scene = scene;
    ray.share = share;
    ray.field = field;
    ray.table = table;
    ray.cell = cell;
    ray.opacity = opacity;
    ray.grid = xt_grid_of(scene->dims[0], scene->dims[1], scene->dims[2]);
    return ray;
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

static inline void xt_first(__constant xt_scene *scene, xt_ray ray, __global float4 *out, const int plain) {
    const int2 p = xt_pixel(scene);
    if (p.x >= scene->width || p.y >= scene->height) return;
    out[p.x + p.y * scene->width] = xt_look(&ray, (float)p.x + 0.5f, (float)p.y + 0.5f, plain);
}

__kernel void render_march(__constant xt_scene *scene, __global const uint *share,
                           __global const ushort *field, __global const float4 *table,
                           __global const uchar *cell, __global const uchar *opacity, __global float4 *out) {
    xt_first(scene, xt_ray_make(scene, share, field, table, cell, opacity), out, 0);
}

__kernel void render_march_plain(__constant xt_scene *scene, __global const uint *share,
                                 __global const ushort *field, __global const float4 *table,
                                 __global const uchar *cell, __global const uchar *opacity,
                                 __global float4 *out) {
    xt_first(scene, xt_ray_make(scene, share, field, table, cell, opacity), out, 1);
}

/* Does a pixel differ from the one beside it? */
static inline bool xt_differs(float4 a, float4 b, float edge) {
    const float4 d = fabs(a - b);
    return fmax(fmax(d.x, d.y), fmax(d.z, d.w)) > edge;
}

/* Pixels that differ from a neighbour get four more rays, on a rotated grid, and become the mean of five. */
static inline void xt_edges(__constant xt_scene *scene, xt_ray ray, __global const float4 *in,
                            __global float4 *out, const int plain) {
    const int2 p = xt_pixel(scene);
    const int w = scene->width, h = scene->height;
    if (p.x >= w || p.y >= h) return;
    const int i = p.x + p.y * w;
    const float4 own = in[i];
    const bool edge = (p.x > 0 && xt_differs(own, in[i - 1], scene->edge)) ||
                      (p.x + 1 < w && xt_differs(own, in[i + 1], scene->edge)) ||
                      (p.y > 0 && xt_differs(own, in[i - w], scene->edge)) ||
                      (p.y + 1 < h && xt_differs(own, in[i + w], scene->edge));
    float4 sum = own;
    if (edge) {
        sum.w = fmax(sum.w, 0.0f);
        for (int k = 0; k < 4; k++) {
            const float a = (k & 1) ? 0.375f : 0.125f, b = (k & 1) ? 0.125f : 0.375f;
            const float x = (float)p.x + 0.5f + (k == 0 || k == 3 ? a : -a);
            const float y = (float)p.y + 0.5f + (k < 2 ? b : -b);
            float4 more = xt_look(&ray, x, y, plain);
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
    xt_edges(scene, xt_ray_make(scene, share, field, table, cell, opacity), in, out, 0);
}

__kernel void render_edges_plain(__constant xt_scene *scene, __global const uint *share,
                                 __global const ushort *field, __global const float4 *table,
                                 __global const uchar *cell, __global const uchar *opacity,
                                 __global const float4 *in, __global float4 *out) {
    xt_edges(scene, xt_ray_make(scene, share, field, table, cell, opacity), in, out, 1);
}
