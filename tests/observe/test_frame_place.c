/* A sketch that is kept from picture to picture changes no pixel. */
#include "observe/testing.h"

#include <math.h>
#include "observe/frame.h"

enum { NX = 12, NY = 10 };
static float value[NX * NY];
static uint8_t tissue[NX * NY], second[NX * NY];
static uint16_t share[NX * NY];

/* Two tissues side by side, outside around. */
static xt_frame_def sample(void) {
    static const char *const names[] = {"bone", "muscle"};
    static const unsigned colours[] = {0xf2e9d5, 0xa8413f};
    xt_frame_def def;
    xt_frame_def_default(&def);
    for (int y = 0; y < NY; y++)
        for (int x = 0; x < NX; x++) {
            const int i = x + NX * y, inside = y >= 1 && y <= 8 && x >= 2 && x <= 9;
            tissue[i] = (uint8_t)(!inside ? 0 : x < 5 ? 1 : 2);
            value[i] = inside ? (float)(10 * x + 100 * y) : NAN;
        }
    def.nx = NX;
    def.ny = NY;
    def.spacing[0] = def.spacing[1] = 0.5;
    def.value = value;
    def.tissue = tissue;
    def.tissue_count = 2;
    def.tissue_name = names;
    def.tissue_colour = colours;
    def.low = 0;
    def.high = 1000;
    return def;
}

static xt_image draw(const xt_frame_def *def) {
    xt_image image;
    xt_error err = {0};
    must(xt_frame_draw(&image, NULL, def, NULL, &err), &err);
    return image;
}

/* Whether two pictures of the definition, one with the sketch and one without, are the same bytes. */
static void same_with_sketch(const xt_frame_def *def, xt_frame_sketch *sketch, const char *when) {
    xt_frame_def with = *def;
    with.sketch = sketch;
    xt_image plain = draw(def), sketched = draw(&with);
    assert_int_equal(plain.height, sketched.height);
    if (memcmp(plain.pixel, sketched.pixel,
               (size_t)plain.width * (size_t)plain.height * sizeof *plain.pixel) != 0)
        fail_msg("%s: another picture with a sketch", when);
    xt_image_free(&plain);
    xt_image_free(&sketched);
}

static void a_kept_sketch_changes_no_pixel(void **state) {
    (void)state;
    xt_error err = {0};
    xt_frame_sketch *sketch;
    must(xt_frame_sketch_create(&sketch, &err), &err);
    xt_frame_def def = sample();
    def.second = second;
    def.share = share;
    same_with_sketch(&def, sketch, "first");
    for (int i = 0; i < NX * NY; i++) value[i] *= 0.7f;
    same_with_sketch(&def, sketch, "other values");
    tissue[5 + NX * 4] = 1;
    same_with_sketch(&def, sketch, "a voxel of another tissue");
    second[6 + NX * 5] = 1;
    share[6 + NX * 5] = 20000;
    same_with_sketch(&def, sketch, "a share");
    share[6 + NX * 5] = 30000;
    same_with_sketch(&def, sketch, "another share");
    def.voxels = true;
    same_with_sketch(&def, sketch, "flat voxels");
    def.width = 555;
    same_with_sketch(&def, sketch, "another size");
    def.kind = XT_FRAME_LABEL;
    same_with_sketch(&def, sketch, "tissues");
    tissue[5 + NX * 4] = 2;
    xt_frame_sketch_free(sketch);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_kept_sketch_changes_no_pixel)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
