/* Volumes: the same picture from cells as from arrays, with skipping as without, on every run, with one
 * thread as with several; near the same on every device; and what cannot be is refused.
 *
 * With arguments (FILE) it only renders its picture into FILE: test_long_devices.sh compares runtimes so. */
#include <unistd.h>
#include "render/picture.h"

enum { SIDE = 96, PIXELS = SIDE * SIDE };

/* ---- a small body: a tilted rod with a shell, in a block, and a field that is not everywhere ---- */

static const int dims[3] = {37, 30, 26};

static double rod(double x, double y, double z) { return hypot(x - 18 - 0.3 * (z - 13), y - 15) - 6.4; }

static xt_material rod_at(int x, int y, int z) {
    const double d = rod(x + 0.5, y + 0.5, z + 0.5), block = fmax(fabs(x - 18.0) - 14, fabs(y - 15.0) - 11);
    if (block > 0) return (xt_material){0, 0, 0};
    const double filled = fmin(1, fmax(0, 0.5 - d));
    if (filled <= 0 || filled >= 1) return (xt_material){filled > 0 ? 2 : 1, 0, 0};
    if (filled > 0.5) return (xt_material){2, 1, (uint16_t)(65535 * (1 - filled))};
    return (xt_material){1, 2, (uint16_t)(65535 * filled)};
}

static float level_at(int x, int y, int z) {
    return (float)(0.5 + 0.4 * sin(0.3 * x) * cos(0.25 * y + 0.2 * z));
}

static const uint8_t surfaces[256] = {0, 1, 3};

static xt_volume *body(xt_device *device) {
    xt_error err = {XT_OK, ""};
    const double spacing[3] = {1, 1, 1.5};
    const size_t voxels = (size_t)dims[0] * (size_t)dims[1] * (size_t)dims[2];
    uint8_t *tissue = malloc(voxels), *second = malloc(voxels);
    uint16_t *share = malloc(2 * voxels);
    float *value = malloc(voxels * sizeof *value);
    xt_volume *volume;
    assert_true(tissue && second && share && value);
    size_t i = 0;
    for (int z = 0; z < dims[2]; z++)
        for (int y = 0; y < dims[1]; y++)
            for (int x = 0; x < dims[0]; x++, i++) {
                const xt_material m = rod_at(x, y, z);
                tissue[i] = m.tissue;
                second[i] = m.second;
                share[i] = m.share;
                value[i] = m.tissue ? level_at(x, y, z) : NAN;
            }
    OK(xt_volume_create(&volume, device, dims, spacing, 2, 2, &err));
    OK(xt_volume_tissues(volume, tissue, second, share, surfaces, &err));
    OK(xt_volume_field(volume, 0, value, 0, 1, false, &err));
    OK(xt_volume_field(volume, 1, value, 0.1, 1, true, &err));
    free(tissue);
    free(second);
    free(share);
    free(value);
    return volume;
}

static xt_look body_look(void) {
    xt_look look = xt_look_default();
    look.surface[0].opacity = 0.25;
    look.surface[1].opacity = 0.9;
    look.surface[1].field = 0;
    look.glows = 2;
    look.glow[0] =
        (xt_glow_look){.field = 0, .points = 2, .value = {0.55, 1}, .opacity = {0, 0.2}, .gain = 1.5};
    look.glow[1] = (xt_glow_look){.field = 1,
                                  .map = XT_MAP_GLACIER,
                                  .points = 3,
                                  .value = {0, 0.3, 0.5},
                                  .opacity = {0.02, 0.1, 0},
                                  .gain = 1};
    look.cut[0] = (xt_look_cut){{30, 15, 30}, {1, 0.2, 0.7}};
    look.cuts = 1;
    return look;
}

static xt_camera body_camera(bool perspective) {
    xt_error err = {XT_OK, ""};
    xt_orbit orbit = xt_orbit_default();
    xt_camera camera;
    orbit.aspect = 1;
    orbit.perspective = perspective;
    orbit.azimuth = 0.8;
    orbit.elevation = 0.5;
    OK(xt_camera_orbit(&camera, &orbit, (double[3]){37, 30, 39}, &err));
    return camera;
}

static void paint(xt_image *image, xt_volume *volume, const xt_look *look, bool perspective) {
    xt_error err = {XT_OK, ""};
    const xt_camera camera = body_camera(perspective);
    xt_render_facts facts;
    OK(xt_image_create(image, SIDE, SIDE, xt_colour_hex(0), &err));
    OK(xt_render(image, &facts, volume, &camera, look, &err));
    assert_true(facts.seen > 0.2);
}

/* Pixels that differ by more than `bound` (of 65535) in a channel. */
static int beyond(const xt_image *a, const xt_image *b, int bound) {
    int count = 0;
    for (int i = 0; i < PIXELS; i++)
        count += abs(a->pixel[i].r - b->pixel[i].r) > bound || abs(a->pixel[i].g - b->pixel[i].g) > bound ||
                 abs(a->pixel[i].b - b->pixel[i].b) > bound;
    return count;
}

/* ---- tests ---- */

static void check_skipping(xt_device *device) {
    xt_volume *volume = body(device);
    xt_look look = body_look();
    xt_image image, again, plain;
    for (int perspective = 0; perspective < 2; perspective++) {
        paint(&image, volume, &look, perspective);
        paint(&again, volume, &look, perspective);
        assert_memory_equal(image.pixel, again.pixel, PIXELS * sizeof *image.pixel);
        look.plain = true;
        paint(&plain, volume, &look, perspective);
        look.plain = false;
        assert_true(beyond(&image, &plain, 257) <= PIXELS / 1000);
        print_message("against the plain marcher: %d pixels differ, %d by more than 1/255\n",
                      beyond(&image, &plain, 0), beyond(&image, &plain, 257));
        xt_image_free(&image);
        xt_image_free(&again);
        xt_image_free(&plain);
    }
    xt_volume_free(volume);
}

static xt_image first;
static bool have_first;

static void check_like_the_first(xt_device *device) {
    xt_volume *volume = body(device);
    const xt_look look = body_look();
    xt_image image;
    paint(&image, volume, &look, true);
    if (have_first) {
        assert_true(beyond(&image, &first, 257) <= PIXELS / 1000);
        xt_image_free(&image);
    } else
        first = image;
    have_first = true;
    xt_volume_free(volume);
}

static xt_status rod_slice(xt_material *material, float *bone, int z, void *context, xt_error *err) {
    (void)bone, (void)context, (void)err;
    for (int y = 0; y < dims[1]; y++)
        for (int x = 0; x < dims[0]; x++) material[x + y * dims[0]] = rod_at(x, y, z);
    return XT_OK;
}

static void check_cells(xt_device *device) {
    xt_error err = {XT_OK, ""};
    const double unit[3] = {1, 1, 1.5}, origin[3] = {0};
    xt_model *model;
    xt_mesh *mesh;
    xt_fields *fields;
    OK(xt_model_load(&model, "scenes/models/benchmark.yaml", NULL, 0, &err));
    OK(xt_mesh_from_slices(&mesh, dims, unit, origin, (const char *const *)model->tissue_name,
                           model->tissue_count, false, rod_slice, NULL, &err));
    OK(xt_fields_create(&fields, model, mesh, device, NULL, &err));
    float *value = calloc(fields->cells, sizeof *value);
    assert_non_null(value);
    for (size_t i = XT_BLOCK; i < fields->cells; i++) {
        int at[3];
        xt_mesh_position(mesh, i, at);
        value[i] = level_at(at[0], at[1], at[2]);
    }
    OK(xt_buffer_write(device, fields->rest, fields->cells * sizeof *value, fields->cells * sizeof *value,
                       value, &err)); /* the second species */
    xt_volume *dense = body(device), *cells;
    OK(xt_volume_create(&cells, device, dims, (double[3]){1, 1, 1.5}, 2, 2, &err));
    OK(xt_volume_tissues_of_cells(cells, fields, surfaces, &err));
    OK(xt_volume_field_of_cells(cells, 0, fields, fields->rest, 1, 0, 1, false, &err));
    OK(xt_volume_field_of_cells(cells, 1, fields, fields->rest, 1, 0.1, 1, true, &err));
    const xt_look look = body_look();
    xt_image a, b;
    paint(&a, dense, &look, false);
    paint(&b, cells, &look, false);
    assert_memory_equal(a.pixel, b.pixel, PIXELS * sizeof *a.pixel);
    xt_image_free(&a);
    xt_image_free(&b);
    xt_volume_free(dense);
    xt_volume_free(cells);
    free(value);
    xt_fields_free(fields);
    xt_mesh_free(mesh);
    xt_model_free(model);
}

static void flat_volumes(xt_device *device) { /* one voxel thick, along each axis, and a single one */
    for (int axis = 0; axis < 4; axis++) {
        int n[3] = {9, 9, 9};
        for (int k = 0; k < 3; k++)
            if (k == axis || axis == 3) n[k] = 1;
        const double spacing[3] = {1, 1, 1}, size[3] = {n[0], n[1], n[2]};
        xt_error err = {XT_OK, ""};
        xt_volume *volume = make_volume(device, n, spacing, 1);
        uint8_t tissue[729], map[256] = {0, 1};
        float value[729];
        for (int i = 0; i < 729; i++) {
            tissue[i] = 1;
            value[i] = 0.5f;
        }
        OK(xt_volume_tissues(volume, tissue, NULL, NULL, map, &err));
        OK(xt_volume_field(volume, 0, value, 0, 1, false, &err));
        xt_look look = plain_look();
        look.surface[0].opacity = 0.5;
        look.glows = 1;
        look.glow[0] = fog(0, 0.1);
        xt_orbit orbit = xt_orbit_default();
        xt_camera camera;
        xt_render_facts facts;
        orbit.azimuth = orbit.elevation = 0.5;
        OK(xt_camera_orbit(&camera, &orbit, size, &err));
        free(picture(&facts, volume, &camera, &look, 32, 18));
        assert_true(facts.seen > 0.02 && facts.seen > 0.7 * facts.box);
        xt_volume_free(volume);
    }
}

static void refused(xt_volume *volume, const xt_look *look, const char *part) {
    xt_error err = {XT_OK, ""};
    const xt_camera camera = body_camera(false);
    float rgba[16];
    assert_int_equal(xt_render_linear(rgba, 2, 2, NULL, volume, &camera, look, &err), XT_USAGE);
    if (!strstr(err.text, part)) fail_msg("'%s' is not in: %s", part, err.text);
}

static void check_refusals(xt_device *device) {
    xt_error err = {XT_OK, ""};
    xt_volume *volume = body(device), *none;
    float value[1] = {0};
    xt_look bad = body_look();
    bad.surface[1].opacity = 1.5;
    refused(volume, &bad, "opacity of 1.5");
    bad = body_look();
    bad.surface[1].field = 2;
    refused(volume, &bad, "field 2 of 2");
    bad = body_look();
    bad.glow[1].value[2] = 0.2;
    refused(volume, &bad, "rising");
    bad = body_look();
    bad.glow[0].opacity[0] = NAN;
    refused(volume, &bad, "per mm");
    bad = body_look();
    bad.cut[0].normal[0] = bad.cut[0].normal[1] = bad.cut[0].normal[2] = 0;
    refused(volume, &bad, "direction");
    bad = body_look();
    bad.step = 0;
    refused(volume, &bad, "step");
    bad = body_look();
    bad.shininess = 12;
    refused(volume, &bad, "power of two");
    assert_int_equal(xt_volume_field(volume, 0, value, 2, 1, false, &err), XT_USAGE);
    err = (xt_error){XT_OK, ""};
    assert_int_equal(xt_volume_field(volume, 0, value, 0, 1, true, &err), XT_USAGE);
    err = (xt_error){XT_OK, ""};
    assert_int_equal(xt_volume_field(volume, 0, value, 0, INFINITY, false, &err), XT_USAGE);
    err = (xt_error){XT_OK, ""};
    const double spacing[3] = {1, 1, 1}, wrong[3] = {1, 0, 1};
    assert_int_equal(xt_volume_create(&none, device, (int[3]){4, 0, 4}, spacing, 1, 1, &err), XT_USAGE);
    err = (xt_error){XT_OK, ""};
    assert_int_equal(xt_volume_create(&none, device, (int[3]){4, 4, 4}, wrong, 1, 1, &err), XT_USAGE);
    err = (xt_error){XT_OK, ""};
    assert_int_equal(xt_volume_create(&none, device, (int[3]){4000, 4000, 4000}, spacing, 1, 1, &err),
                     XT_USAGE);
    assert_null(none);
    xt_volume_free(volume);
}

/* ---- another process, with one thread ---- */

static int render_to(const char *path) {
    xt_error err = {XT_OK, ""};
    xt_device *device;
    xt_image image;
    if (xt_device_open(&device, NULL, &err) != XT_OK) return 1;
    xt_volume *volume = body(device);
    const xt_look look = body_look();
    paint(&image, volume, &look, true);
    FILE *file = fopen(path, "wb");
    if (!file) return 1;
    const bool written = fwrite(image.pixel, sizeof *image.pixel, PIXELS, file) == PIXELS;
    xt_image_free(&image);
    xt_volume_free(volume);
    xt_device_close(device);
    return fclose(file) == 0 && written ? 0 : 1;
}

/* With all threads; with one; one sample at a time, as graphics processors do. */
static const char *const ways[3] = {"'%s' '%s'", "POCL_MAX_PTHREAD_COUNT=1 '%s' '%s'",
                                    "d=$(mktemp -d) && cp kernels/* $d && sed -i 's/^#ifndef XT_BATCH/#undef "
                                    "XT_BATCH\\n#ifndef XT_BATCH/' $d/render_batch.clh && "
                                    "CROSSTALK_KERNELS=$d '%s' '%s'; s=$?; rm -r $d; exit $s"};

static void threads_and_batches_give_the_same_bits(void **state) {
    (void)state;
    xt_colour *pixel[3];
    for (int k = 0; k < 3; k++) {
        char path[] = "/tmp/crosstalk-volume-XXXXXX", command[1200], self[512] = "";
        assert_true(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
        close(mkstemp(path));
        snprintf(command, sizeof command, ways[k], self, path);
        assert_int_equal(system(command), 0);
        pixel[k] = calloc(PIXELS, sizeof **pixel);
        FILE *file = fopen(path, "rb");
        assert_non_null(file);
        assert_int_equal(fread(pixel[k], sizeof **pixel, PIXELS, file), PIXELS);
        fclose(file);
        remove(path);
        assert_memory_equal(pixel[0], pixel[k], PIXELS * sizeof **pixel);
    }
    for (int k = 0; k < 3; k++) free(pixel[k]);
}

static void skipping_changes_nothing(void **state) {
    (void)state;
    on_every_device(check_skipping);
}
static void devices_agree(void **state) {
    (void)state;
    on_every_device(check_like_the_first);
    xt_image_free(&first);
}
static void cells_give_the_same_picture(void **state) {
    (void)state;
    on_every_device(check_cells);
}
static void volumes_one_voxel_thick(void **state) {
    (void)state;
    on_every_device(flat_volumes);
}
static void what_cannot_be_is_refused(void **state) {
    (void)state;
    on_every_device(check_refusals);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_and_batches_give_the_same_bits),
        cmocka_unit_test(skipping_changes_nothing),
        cmocka_unit_test(devices_agree),
        cmocka_unit_test(cells_give_the_same_picture),
        cmocka_unit_test(volumes_one_voxel_thick),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    if (argc == 2) return render_to(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
