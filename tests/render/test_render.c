/* Pictures whose every pixel is known: a lit sphere, fog in a box, cuts, several fields, the tissue's edge.
 */
#include "render/picture.h"

enum { N = 64, SIDE = 256 };
static const double radius = 22.3;

/* Straight along y, the whole box in the picture. */
static const xt_camera front = {.eye = {32, -100, 32}, .target = {32, 0, 32}, .up = {0, 0, 1}, .height = 64};

static void a_sphere(xt_device *device) {
    const int dims[3] = {N, N, N};
    const double spacing[3] = {1, 1, 1}, pixel = 64.0 / SIDE, pi = 3.14159265358979;
    xt_volume *volume = make_volume(device, dims, spacing, 0);
    fill_sphere(volume, N, radius, true);
    xt_look look = plain_look();
    look.specular = 0.12;
    look.shininess = 32;
    xt_render_facts facts;
    float *rgba = picture(&facts, volume, &front, &look, SIDE, SIDE);
    double area = 0, row = 0;
    for (int i = 0; i < SIDE * SIDE; i++) area += (double)rgba[4 * i + 3] * pixel * pixel;
    for (int x = 0; x < SIDE; x++) row += (double)rgba[4 * (x + SIDE * SIDE / 2) + 3] * pixel;
    close_to(area, pi * radius * radius, 0.005 * pi * radius * radius, "area of the silhouette");
    close_to(row, 2 * radius, 0.005 * 2 * radius, "its width");
    close_to(facts.box, 1, 0, "pixels on the box");

    /* Blinn's formula with the light of the look, normalised, in the camera's axes. */
    const double length = sqrt(0.45 * 0.45 + 0.6 * 0.6 + 0.66 * 0.66);
    const double l[3] = {-0.45 / length, 0.6 / length, 0.66 / length};
    const double half = sqrt(l[0] * l[0] + l[1] * l[1] + (l[2] + 1) * (l[2] + 1));
    double worst = 0;
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            const double u = ((x + 0.5) * pixel - 32) / radius, v = (32 - (y + 0.5) * pixel) / radius;
            if (u * u + v * v > 0.8) continue;
            const double w = sqrt(1 - u * u - v * v), lambert = u * l[0] + v * l[1] + w * l[2];
            const double shine = (u * l[0] + v * l[1] + w * (l[2] + 1)) / half;
            const double wanted = 0.2 + 0.7 * fmax(lambert, 0) + (lambert > 0 ? 0.12 * pow(shine, 32) : 0);
            worst = fmax(worst, fabs((double)rgba[4 * (x + SIDE * y)] - wanted) / 1.02);
        }
    print_message("shading: within %.4f of the brightest\n", worst);
    assert_true(worst < 0.01);
    free(rgba);
    xt_volume_free(volume);
}

static float everywhere(double x, double y, double z) {
    (void)x, (void)y, (void)z;
    return 0.5f;
}

/* Length of a ray inside the box, in double precision. */
static double chord(const xt_camera *camera, const double size[3], double x, double y) {
    double right[3], up[3], forward[3], d[3], eye[3], length = 0, low = 0, high = 1e30;
    xt_error err = {XT_OK, ""};
    OK(xt_camera_frame(right, up, forward, camera, &err));
    const double half = camera->perspective ? tan(camera->angle / 2) : camera->height / 2;
    for (int k = 0; k < 3; k++) {
        const double across = half * (x * right[k] + y * up[k]);
        d[k] = forward[k] + (camera->perspective ? across : 0);
        eye[k] = camera->eye[k] + (camera->perspective ? 0 : across);
        length += d[k] * d[k];
    }
    for (int k = 0; k < 3; k++) {
        const double a = -eye[k] / d[k], b = (size[k] - eye[k]) / d[k];
        low = fmax(low, fmin(a, b));
        high = fmin(high, fmax(a, b));
    }
    return high > low ? (high - low) * sqrt(length) : 0;
}

static void a_fog(xt_device *device) {
    const int dims[3] = {20, 12, 9};
    const double spacing[3] = {0.5, 1, 2}, size[3] = {10, 12, 18}, sigma = 0.11;
    xt_volume *volume = make_volume(device, dims, spacing, 1);
    fill_field(volume, 0, dims, everywhere);
    xt_look look = xt_look_default();
    look.glows = 1;
    look.glow[0] = fog(0, sigma);
    look.smooth_edges = false;
    for (int perspective = 0; perspective < 2; perspective++)
        for (int step = 0; step < 2; step++) {
            xt_orbit orbit = xt_orbit_default();
            xt_camera camera;
            xt_error err = {XT_OK, ""};
            orbit.azimuth = 0.7;
            orbit.elevation = 0.4;
            orbit.perspective = perspective;
            orbit.aspect = 1;
            OK(xt_camera_orbit(&camera, &orbit, size, &err));
            look.step = step ? 3 : 0.7;
            float *rgba = picture(NULL, volume, &camera, &look, 64, 64);
            double worst = 0;
            for (int i = 0; i < 64 * 64; i++) {
                const double d = chord(&camera, size, (i % 64 + 0.5) / 32 - 1, 1 - (i / 64 + 0.5) / 32);
                worst = fmax(worst, fabs(1 - (double)rgba[4 * i + 3] - exp(-sigma * d)) / exp(-sigma * d));
            }
            print_message("fog: transmittance within %.2g\n", worst);
            assert_true(worst < 1e-4);
            free(rgba);
        }
    xt_volume_free(volume);
}

static float left_half(double x, double y, double z) {
    (void)y, (void)z;
    return x < 16 ? 1.0f : NAN;
}

static float rising(double x, double y, double z) {
    (void)y, (void)z;
    return (float)(x / 32);
}

/* Opacity along x through the middle of a box of 32 mm. */
static double along(xt_volume *volume, const xt_look *look) {
    const xt_camera side = {.eye = {-50, 16, 16}, .target = {0, 16, 16}, .up = {0, 0, 1}, .height = 4};
    float *rgba = picture(NULL, volume, &side, look, 8, 8);
    const double opacity = rgba[4 * 27 + 3];
    free(rgba);
    return opacity;
}

static void glows(xt_device *device) {
    const int dims[3] = {32, 32, 32};
    const double spacing[3] = {1, 1, 1};
    xt_volume *volume = make_volume(device, dims, spacing, 3);
    fill_field(volume, 0, dims, everywhere);
    fill_field(volume, 1, dims, left_half);
    fill_field(volume, 2, dims, rising);
    xt_look look = xt_look_default();
    look.glows = 1;
    look.glow[0] = fog(1, 0.05);
    close_to(along(volume, &look), 1 - exp(-0.05 * 16), 2e-3, "a field that ends in the middle");
    look.glow[0] = (xt_glow_look){.field = 2, .points = 2, .value = {0, 1}, .opacity = {0, 0.2}, .gain = 1};
    close_to(along(volume, &look), 1 - exp(-0.1 * 32), 2e-3, "opacity that rises with the value");
    look.glow[0] = (xt_glow_look){
        .field = 2, .points = 4, .value = {0.2, 0.3, 0.7, 0.8}, .opacity = {0, 0.1, 0.1, 0}, .gain = 1};
    close_to(along(volume, &look), 1 - exp(-0.1 * 16), 2e-3, "opacity in a band of values");
    look.glow[0] = fog(0, 0.03);
    look.glow[1] = fog(1, 0.05);
    look.glows = 2;
    close_to(along(volume, &look), 1 - exp(-0.03 * 32 - 0.05 * 16), 2e-3, "two fields");
    look.cut[0] = (xt_look_cut){{25, 0, 0}, {3, 0, 0}};
    look.cut[1] = (xt_look_cut){{5, 0, 0}, {-1, 0, 0}};
    look.cuts = 2;
    close_to(along(volume, &look), 1 - exp(-0.03 * 20 - 0.05 * 11), 2e-3, "what two cuts leave");
    look.cut[1] = (xt_look_cut){{0, 16, 0}, {1, 1, 0}}; /* the ray is outside from x = 0 on */
    close_to(along(volume, &look), 0, 0, "all cut away");
    look.glows = 1;
    look.cuts = 0;
    look.glow[0] = (xt_glow_look){.field = 0, .points = 2, .value = {0.6, 1}, .opacity = {0, 1}, .gain = 1};
    close_to(along(volume, &look), 0, 0, "a glow that begins above the value");
    xt_volume_free(volume);
}

static void a_cut(xt_device *device) {
    const int dims[3] = {N, N, N};
    const double spacing[3] = {1, 1, 1}, pixel = 64.0 / SIDE, pi = 3.14159265358979, off = 9.3;
    xt_volume *volume = make_volume(device, dims, spacing, 0);
    fill_sphere(volume, N, radius, true);
    xt_look look = plain_look();
    look.cut[0] = (xt_look_cut){{0, 32 - off, 0}, {0, -1, 0}}; /* towards the camera is away */
    look.cuts = 1;
    float *rgba = picture(NULL, volume, &front, &look, SIDE, SIDE);
    const double face = 0.2 + 0.7 * 0.66 / sqrt(0.45 * 0.45 + 0.6 * 0.6 + 0.66 * 0.66);
    double area = 0;
    for (int i = 0; i < SIDE * SIDE; i++) area += fabs((double)rgba[4 * i] - face) < 2e-3 ? pixel * pixel : 0;
    /* An isolated latitude of the sphere has the same light; its pixels are few. */
    const double disc = sqrt(radius * radius - off * off) - pixel / 2; /* without the pixels of its edge */
    close_to(area, pi * disc * disc, 0.01 * pi * disc * disc, "the face that a cut opens");
    free(rgba);

    look.surface[0].opacity = 0.3;
    look.surface[0].sheet = false;
    look.cuts = 0;
    rgba = picture(NULL, volume, &front, &look, SIDE, SIDE);
    close_to(rgba[4 * (SIDE / 2 * SIDE + SIDE / 2) + 3], 1 - 0.7 * 0.7, 1e-4, "two crossings of 0.3");
    free(rgba);
    look.surface[0].sheet = true;
    rgba = picture(NULL, volume, &front, &look, SIDE, SIDE);
    const double u = (160.5 * pixel - 32) / radius, v = 0.5 * pixel / radius,
                 cosine = sqrt(1 - u * u - v * v);
    close_to(rgba[4 * (SIDE / 2 * SIDE + 160) + 3], 1 - pow(0.7, 2 / cosine), 0.005, "a sheet seen aslant");
    free(rgba);
    xt_volume_free(volume);
}

/* Where two tissues touch, one surface is left and then the other entered, in every pixel and from both
 * sides: red, red, blue, blue, each half clear. */
static void neighbours(xt_device *device) {
    const int dims[3] = {30, 24, 20};
    const double spacing[3] = {1, 1, 1};
    xt_error err = {XT_OK, ""};
    const size_t voxels = 30 * 24 * 20;
    uint8_t *tissue = calloc(voxels, 1), *second = calloc(voxels, 1), map[256] = {0, 1, 2};
    uint16_t *share = calloc(voxels, 2);
    assert_true(tissue && second && share);
    for (size_t i = 0; i < voxels; i++) {
        const double x = (double)(i % 30), y = (double)(i / 30 % 24), z = (double)(i / (30 * 24));
        const double part = fmin(fmax(x - 12.3 - 0.11 * y - 0.23 * z, 0), 1); /* of tissue 2 */
        tissue[i] = part > 0.5 ? 2 : 1;
        second[i] = part > 0 && part < 1 ? 3 - tissue[i] : 0;
        share[i] = (uint16_t)(65535 * fmin(part, 1 - part));
    }
    xt_volume *volume;
    OK(xt_volume_create(&volume, device, dims, spacing, 2, 0, &err));
    OK(xt_volume_tissues(volume, tissue, second, share, map, &err));
    xt_look look = plain_look();
    look.ambient = 1;
    look.diffuse = look.cap = 0;
    look.smooth_edges = false;
    look.surface[0] = (xt_surface_look){.colour = xt_colour_hex(0xff0000), .opacity = 0.5, .field = -1};
    look.surface[1] = (xt_surface_look){.colour = xt_colour_hex(0x0000ff), .opacity = 0.5, .field = -1};
    for (int side = 0; side < 2; side++) {
        const xt_camera camera = {
            .eye = {side ? 130 : -100, 12, 10}, .target = {15, 12, 10}, .up = {0, 0, 1}, .height = 19};
        float *rgba = picture(NULL, volume, &camera, &look, 150, 121);
        double worst = 0;
        for (int i = 0; i < 150 * 121; i++) {
            worst = fmax(worst, fabs((double)rgba[4 * i + (side ? 2 : 0)] - 0.75));
            worst = fmax(worst, fabs((double)rgba[4 * i + (side ? 0 : 2)] - 0.1875));
        }
        close_to(worst, 0, 1e-3, "colours of two neighbours");
        free(rgba);
    }
    xt_volume_free(volume);
    free(tissue);
    free(second);
    free(share);
}

/* Nothing is above the faces of a filled box, however its voxels are shaped and its sides divide. */
static void a_face_in_the_open(xt_device *device) {
    static const int all[3][3] = {{33, 21, 5}, {19, 40, 9}, {9, 10, 11}};
    static const double voxel[3][3] = {{1, 1, 10}, {0.5, 1, 0.3}, {1, 1, 1}};
    for (int k = 0; k < 3; k++) {
        xt_error err = {XT_OK, ""};
        const size_t voxels = (size_t)all[k][0] * (size_t)all[k][1] * (size_t)all[k][2];
        double size[3];
        for (int a = 0; a < 3; a++) size[a] = all[k][a] * voxel[k][a];
        const uint8_t map[256] = {0, 1};
        uint8_t *tissue = malloc(voxels);
        assert_non_null(tissue);
        memset(tissue, 1, voxels);
        xt_volume *volume = make_volume(device, all[k], voxel[k], 0);
        OK(xt_volume_tissues(volume, tissue, NULL, NULL, map, &err));
        xt_camera camera;
        xt_orbit orbit = xt_orbit_default();
        orbit.azimuth = 0.5;
        orbit.elevation = 0.6;
        OK(xt_camera_orbit(&camera, &orbit, size, &err));
        xt_look look = plain_look();
        look.ambient = 0.4;
        float *bare = picture(NULL, volume, &camera, &look, 96, 54);
        look.occlusion = look.shadow = 1;
        float *dark = picture(NULL, volume, &camera, &look, 96, 54);
        double worst = 0;
        for (int i = 0; i < 96 * 54; i++)
            if (bare[4 * i + 3] == 1) worst = fmax(worst, fabs((double)(bare[4 * i] - dark[4 * i])));
        close_to(worst, 0, 0.01, "light that a box keeps from its own faces");
        free(bare);
        free(dark);
        free(tissue);
        xt_volume_free(volume);
    }
}

static void cameras(xt_device *device) {
    const int dims[3] = {N, N, N};
    const double spacing[3] = {1, 1, 1};
    xt_volume *volume = make_volume(device, dims, spacing, 0);
    fill_sphere(volume, N, radius, false); /* labelled */
    const xt_look look = plain_look();
    xt_render_facts facts;
    xt_camera camera = front;
    camera.target[1] = -200; /* turned round */
    camera.perspective = true;
    camera.angle = 1;
    float *rgba = picture(&facts, volume, &camera, &look, 32, 32);
    close_to(facts.box, 0, 0, "a camera looking away meets the box");
    close_to(facts.seen, 0, 0, "a camera looking away sees");
    for (int i = 0; i < 4 * 32 * 32; i++) assert_true(rgba[i] == 0);
    free(rgba);
    camera = (xt_camera){
        .eye = {32, 32, 32}, .target = {32, 60, 40}, .up = {0, 0, 1}, .perspective = true, .angle = 1};
    rgba = picture(&facts, volume, &camera, &look, 32, 32);
    assert_true(facts.inside);
    close_to(facts.seen, 1, 0, "from inside the sphere its wall is seen");
    for (int i = 0; i < 32 * 32; i++) assert_true(rgba[4 * i] > 0.1f && rgba[4 * i] < 1);
    free(rgba);

    /* Labels alone: steps of a voxel, but the silhouette and the light are those of a sphere. */
    rgba = picture(&facts, volume, &front, &look, SIDE, SIDE);
    double worst = 0, area = 0;
    const double pixel = 64.0 / SIDE, length = sqrt(0.45 * 0.45 + 0.6 * 0.6 + 0.66 * 0.66);
    for (int i = 0; i < SIDE * SIDE; i++) {
        const double u = ((i % SIDE + 0.5) * pixel - 32) / radius,
                     v = (32 - (i / SIDE + 0.5) * pixel) / radius;
        area += (double)rgba[4 * i + 3] * pixel * pixel;
        if (u * u + v * v > 0.8) continue;
        const double lambert = (-0.45 * u + 0.6 * v + 0.66 * sqrt(1 - u * u - v * v)) / length;
        worst = fmax(worst, fabs((double)rgba[4 * i] - 0.2 - 0.7 * fmax(lambert, 0)));
    }
    print_message("labels: light within %.3f\n", worst);
    close_to(area, 3.14159265 * radius * radius, 0.025 * 3.14159265 * radius * radius,
             "a labelled silhouette");
    assert_true(worst < 0.1);
    free(rgba);
    xt_volume_free(volume);
}

static void a_lit_sphere_is_one(void **state) {
    (void)state;
    on_every_device(a_sphere);
}
static void fog_thins_light_by_its_depth(void **state) {
    (void)state;
    on_every_device(a_fog);
}
static void glows_add_up_and_end_where_they_end(void **state) {
    (void)state;
    on_every_device(glows);
}
static void cuts_open_faces_and_sheets_are_thin(void **state) {
    (void)state;
    on_every_device(a_cut);
}
static void neighbours_are_left_before_they_are_entered(void **state) {
    (void)state;
    on_every_device(neighbours);
}
static void flat_faces_do_not_darken_themselves(void **state) {
    (void)state;
    on_every_device(a_face_in_the_open);
}
static void cameras_inside_and_looking_away(void **state) {
    (void)state;
    on_every_device(cameras);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lit_sphere_is_one),
        cmocka_unit_test(fog_thins_light_by_its_depth),
        cmocka_unit_test(glows_add_up_and_end_where_they_end),
        cmocka_unit_test(cuts_open_faces_and_sheets_are_thin),
        cmocka_unit_test(neighbours_are_left_before_they_are_entered),
        cmocka_unit_test(flat_faces_do_not_darken_themselves),
        cmocka_unit_test(cameras_inside_and_looking_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
