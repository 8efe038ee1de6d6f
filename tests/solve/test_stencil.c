/* Rows of transmissibilities against the host's formula, face by face, and rows that are kept once. */
#include "solve/rows.h"
#include "solve/stencil.h"
#include "solve/world.h"

static const unsigned seed = 3;

/* As DESIGN.md §5 has it, in double precision. */
static double expected(const world *w, const uint32_t *word, const float *membrane, size_t lower,
                       size_t upper, int axis, int s) {
    const xt_fields *f = w->fields;
    const unsigned a = word[lower], b = word[upper];
    if (!(a & 255u) || !(b & 255u)) return 0;
    const int species = w->model->species_count;
    const xt_coefficients *table = (const void *)f->coefficient_host;
    const unsigned char *tissue = f->class_tissue_host;
    double cut = 0.5;
    if (tissue[a >> 8 & 255u] == tissue[b & 255u]) cut -= (a >> 16) / 65535.0;
    if (tissue[b >> 8 & 255u] == tissue[a & 255u]) cut += (b >> 16) / 65535.0;
    cut = fmin(0.98, fmax(0.02, cut));
    const double h = w->mesh->spacing[axis];
    const double m =
        membrane[(tissue[a & 255u] * (w->model->tissue_count + 1) + tissue[b & 255u]) * species + s];
    return 1 / (h * (h * (cut * table[(a & 255u) * (unsigned)species + (unsigned)s].resistance +
                          (1 - cut) * table[(b & 255u) * (unsigned)species + (unsigned)s].resistance) +
                     m));
}

static void check_rows(xt_device *device) {
    xt_error err = {XT_OK, ""};
    world w;
    const world_def def = {.model = "scenes/models/crosstalk4.yaml",
                           .dims = {70, 10, 9},
                           .spacing = {0.4, 0.5, 0.6},
                           .place = world_clumps,
                           .context = &seed};
    world_make(&w, device, &def);
    xt_stencil stencil = {0};
    OK(xt_stencil_update(&stencil, w.fields, false, &err));
    const size_t species = (size_t)w.model->species_count,
                 membranes =
                     (size_t)(w.model->tissue_count + 1) * (size_t)(w.model->tissue_count + 1) * species;
    float *face = malloc(stencil.rows * species * XT_BLOCK * sizeof *face);
    float *membrane = malloc(membranes * sizeof *membrane);
    assert_non_null(face);
    assert_non_null(membrane);
    OK(xt_buffer_read(device, stencil.face, 0, stencil.rows * species * XT_BLOCK * sizeof *face, face, &err));
    OK(xt_buffer_read(device, w.fields->membrane, 0, membranes * sizeof *membrane, membrane, &err));
    size_t cut = 0;
    for (size_t i = XT_BLOCK; i < w.fields->cells; i++) {
        const xt_stencil_block *block = &stencil.table[i / XT_BLOCK];
        const int32_t row[3] = {block->x, block->y, block->z};
        if (block->kind == XT_KIND_PLAIN)
            continue; /* where nothing lies below, its row is not that of the face */
        for (int axis = 0; axis < 3; axis++)
            for (size_t s = 0; s < species; s++) {
                const size_t n = xt_mesh_neighbour(w.mesh, i, 2 * axis);
                const double want = expected(&w, stencil.word, membrane, n, i, axis, (int)s);
                const double got = face[((size_t)row[axis] * species + s) * XT_BLOCK + i % XT_BLOCK];
                assert_true(fabs(got - want) <= 1e-6 * want);
                cut += want > 0 && (stencil.word[i] | stencil.word[n]) >> 16;
            }
    }
    assert_true(cut > 1000); /* faces with shares were among them */
    const cl_mem made[] = {stencil.block, stencil.face, stencil.id, stencil.palette, stencil.pairs};
    OK(xt_stencil_update(&stencil, w.fields, false, &err)); /* of the same geometry: nothing to do */
    const cl_mem kept[] = {stencil.block, stencil.face, stencil.id, stencil.palette, stencil.pairs};
    assert_memory_equal(kept, made, sizeof made);
    free(face);
    free(membrane);
    xt_stencil_free(&stencil, device);
    world_free(&w);
}

static void every_face_has_its_transmissibility(void **state) {
    (void)state;
    on_every_device(check_rows);
}

/* Planes of one tissue: all blocks but those at the interface are plain, and share their rows. */
static xt_material halves(int x, int y, int z, const xt_model *model, const void *context) {
    (void)x;
    (void)y;
    (void)model;
    (void)context;
    return (xt_material){(uint8_t)(z < 8 ? 1 : 2), 0, 0};
}

static void check_plain(xt_device *device) {
    xt_error err = {XT_OK, ""};
    world w;
    const world_def def = {
        .model = "tests/physics/plain.yaml", .dims = {32, 16, 16}, .spacing = {1, 1, 1}, .place = halves};
    world_make(&w, device, &def);
    xt_stencil stencil = {0};
    OK(xt_stencil_update(&stencil, w.fields, false, &err));
    assert_int_equal(stencil.plain, 2 * 16 * 14);
    assert_true(stencil.rows < 16);
    xt_stencil_free(&stencil, device);
    world_free(&w);
}

static void blocks_amid_their_own_are_plain(void **state) {
    (void)state;
    on_every_device(check_plain);
}

static void alike_rows_are_kept_once(void **state) {
    (void)state;
    xt_error err = {XT_OK, ""};
    xt_rows rows;
    int32_t index;
    OK(xt_rows_create(&rows, 3, &err));
    for (int pass = 0; pass < 2; pass++)
        for (int k = 0; k < 5000; k++) {
            const float row[3] = {(float)k, 1, (float)(k % 7)};
            OK(xt_rows_add(&index, &rows, row, &err));
            assert_int_equal(index, k + 1);
        }
    const float zero[3] = {0, 0, 0};
    OK(xt_rows_add(&index, &rows, zero, &err));
    assert_int_equal(index, 0);
    assert_int_equal(rows.count, 5001);
    xt_rows_free(&rows);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_face_has_its_transmissibility),
        cmocka_unit_test(blocks_amid_their_own_are_plain),
        cmocka_unit_test(alike_rows_are_kept_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
