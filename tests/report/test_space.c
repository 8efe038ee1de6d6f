/* The volumes of a page read back as the page reads them: bytes to values within half a step, limits common
 * to all times, unknown kept, the same volume carried once, the budget kept, and damage told instead of
 * passed on. */
#include "observe/testing.h"

#include <math.h>
#include <zlib.h>
#include "base/json.h"
#include "mesh/vti.h"
#include "report/space.h"

enum { NX = 12, NY = 10, NZ = 8, CELLS = NX * NY * NZ, TIMES = 9 };

static uint8_t tissue[CELLS];
static float field[CELLS], part[CELLS];

static float level(int i, int time) { return i % 11 == 0 ? NAN : (float)(5 + i % 97 + 100 * time); }

/* A run's volumes: tissue 3 inside, 7 in the upper half, nothing at x = 0; a field that rises, a fraction. */
static void write_run(const char *name, int times, const int dims[3]) {
    xt_error err = {0};
    char folder[700], path[800], files[TIMES][64];
    const char *file[TIMES];
    double time[TIMES];
    snprintf(folder, sizeof folder, "%s/volumes", in_folder(name));
    must(xt_make_folders(folder, &err), &err);
    const xt_vti_array array[] = {{.name = "tissue", .type = XT_VTI_UINT8, .values = tissue},
                                  {.name = "signal [pM]", .type = XT_VTI_FLOAT32, .values = field},
                                  {.name = "f_bone [1]", .type = XT_VTI_FLOAT32, .values = part}};
    for (int t = 0; t < times; t++) {
        for (int i = 0; i < CELLS; i++) {
            tissue[i] = i % NX == 0 ? 0 : i / (NX * NY) < NZ / 2 ? 3 : 7;
            field[i] = level(i, t);
            part[i] = tissue[i] == 3 ? 0.25f : tissue[i] ? 0.5f : NAN;
        }
        xt_vti image = {.dims = {dims[0], dims[1], dims[2]},
                        .spacing = {1, 1, 2},
                        .affine = {{-1, 0, 0, 0}, {0, 0, 2, 0}, {0, 1, 0, 0}},
                        .array = array,
                        .array_count = 3,
                        .compress = true};
        snprintf(files[t], sizeof files[t], "volumes/v_%d.vti", t);
        snprintf(path, sizeof path, "%s/%s", in_folder(name), files[t]);
        must(xt_vti_write(path, &image, &err), &err);
        file[t] = files[t];
        time[t] = 365.25 * t;
    }
    snprintf(path, sizeof path, "%s/volumes.pvd", in_folder(name));
    must(xt_pvd_write(path, file, time, times, &err), &err);
}

static const char record_text[] = "{\"time_d\": 2922, \"age_y\": 33, \"tissues\": [{\"number\": 3, \"name\": "
                                  "\"cortex\", \"colour\": \"#f2e9d5\"}],"
                                  "\"warnings\": [\"signal decays within 0.1 mm: not resolved\"], \"scene\": "
                                  "{\"subject\": {\"ageing\": true},"
                                  "\"output\": {\"frames\": [{\"show\": \"f_bone\"}, {\"show\": \"signal\", "
                                  "\"low\": \"10 pM\", \"high\": \"auto\"}]}}}";

typedef struct {
    xt_json_tree *tree;
    const xt_json_value *space;
    xt_text text;
} got;

static got compose(const char *name, size_t budget) {
    xt_error err = {0};
    got g = {0};
    xt_json_tree *record;
    must(xt_json_parse(&record, "run.json", record_text, sizeof record_text - 1, &err), &err);
    const xt_space_def def = {
        .dir = in_folder(name), .record = xt_json_root(record), .id = "0", .budget = budget};
    xt_json json;
    xt_json_begin(&json, &g.text);
    xt_json_open_object(&json, NULL);
    must(xt_space_write(&json, "space", NULL, &def, &err), &err);
    xt_json_close(&json);
    must(xt_json_end(&json, "it", &err), &err);
    must(xt_json_parse(&g.tree, "it", g.text.data, g.text.size, &err), &err);
    g.space = xt_json_get(xt_json_root(g.tree), "space");
    xt_json_free(record);
    return g;
}

static void drop(got *g) {
    xt_json_free(g->tree);
    xt_text_free(&g->text);
}

static double number(const xt_json_value *v) {
    assert_non_null(v);
    assert_int_equal(v->kind, XT_JSON_NUMBER);
    return v->number;
}

static int digit(char c) {
    return c >= 'A' && c <= 'Z'   ? c - 'A'
           : c >= 'a' && c <= 'z' ? c - 'a' + 26
           : c >= '0' && c <= '9' ? c - '0' + 52
           : c == '+'             ? 62
                                  : 63;
}

/* A blob's bytes, unpacked by zlib itself. */
static void unpack(uint8_t *bytes, size_t size, const got *g, const char *id) {
    const xt_json_value *blob = xt_json_get(xt_json_get(g->space, "blobs"), id);
    assert_non_null(blob);
    static unsigned char packed[1 << 20];
    size_t n = 0;
    for (const char *c = blob->text; *c && *c != '='; c += 4) {
        const int a = digit(c[0]), b = digit(c[1]), d = digit(c[2]), e = digit(c[3]);
        packed[n++] = (unsigned char)(a << 2 | b >> 4);
        if (c[2] != '=') packed[n++] = (unsigned char)(b << 4 | d >> 2);
        if (c[2] != '=' && c[3] != '=') packed[n++] = (unsigned char)(d << 6 | e);
    }
    uLongf length = (uLongf)size;
    assert_int_equal(uncompress(bytes, &length, packed, (uLong)n), Z_OK);
    assert_int_equal(length, size);
}

static void the_page_reads_what_was_written(void **state) {
    (void)state;
    const int dims[3] = {NX, NY, NZ};
    write_run("whole", 4, dims);
    got g = compose("whole", 0);
    assert_null(xt_json_get(g.space, "reason"));
    assert_int_equal(xt_json_get(g.space, "times")->count, 4);
    for (int i = 0; i < 3; i++)
        assert_int_equal(number(xt_json_at(xt_json_get(g.space, "dims"), i)), dims[i]);
    const xt_json_value *sides =
        xt_json_get(g.space, "sides"); /* x runs to the left, y upwards, z to the front */
    assert_string_equal(xt_json_at(xt_json_at(sides, 0), 1)->text, "L");
    assert_string_equal(xt_json_at(xt_json_at(sides, 1), 1)->text, "S");
    assert_string_equal(xt_json_at(xt_json_at(sides, 2), 1)->text, "A");

    /* The scene's order; limits of all times; its own lower end; its warning. */
    const xt_json_value *fields = xt_json_get(g.space, "fields"), *signal = xt_json_at(fields, 1);
    assert_int_equal(fields->count, 2);
    assert_string_equal(xt_json_get(xt_json_at(fields, 0), "name")->text, "f_bone");
    assert_string_equal(xt_json_get(signal, "name")->text, "signal");
    const double low = number(xt_json_at(xt_json_get(signal, "code"), 0)),
                 high = number(xt_json_at(xt_json_get(signal, "code"), 1));
    assert_true(low == 5 && high == 5 + 96 + 300);
    assert_true(number(xt_json_at(xt_json_get(signal, "show"), 0)) == 10);
    assert_non_null(strstr(xt_json_get(signal, "note")->text, "not resolved"));

    for (int t = 0; t < 4; t++) {
        const xt_json_value *time = xt_json_at(xt_json_get(g.space, "times"), t);
        assert_true(fabs(number(xt_json_get(time, "age_y")) - (25 + t)) < 1e-9);
        uint8_t bytes[CELLS], shares[2 * CELLS];
        unpack(bytes, sizeof bytes, &g, xt_json_at(xt_json_get(time, "fields"), 1)->text);
        unpack(shares, sizeof shares, &g, xt_json_get(time, "tissues")->text);
        for (int i = 0; i < CELLS; i++) {
            const float want = level(i, t);
            if (isnan(want))
                assert_int_equal(bytes[i], 0);
            else
                assert_true(fabs(low + (bytes[i] - 1) / 254.0 * (high - low) - want) <=
                            0.5001 * (high - low) / 254);
            const bool lower = i / (NX * NY) < NZ / 2;
            const xt_json_value *first = xt_json_get(xt_json_at(xt_json_get(g.space, "tissues"), 0), "name");
            const int cortex = strcmp(first->text, "cortex") == 0 ? 0 : 1;
            assert_int_equal(shares[cortex * CELLS + i], i % NX && lower ? 255 : 0);
            assert_int_equal(shares[(1 - cortex) * CELLS + i], i % NX && !lower ? 255 : 0);
        }
    }
    /* The tissues and the fraction never change: they travel once, the signal four times. */
    assert_int_equal(xt_json_get(g.space, "blobs")->count, 1 + 1 + 4);
    drop(&g);
}

static void a_budget_takes_times_first_then_voxels(void **state) {
    (void)state;
    const int dims[3] = {NX, NY, NZ};
    write_run("small", TIMES, dims);
    got whole = compose("small", 0), less = compose("small", whole.text.size * 7 / 10);
    assert_int_equal(xt_json_get(whole.space, "times")->count, TIMES);
    const xt_json_value *times = xt_json_get(less.space, "times");
    assert_true(times->count < TIMES);
    assert_true(number(xt_json_get(xt_json_at(times, 0), "time_d")) == 0); /* the first and last always */
    assert_true(number(xt_json_get(xt_json_at(times, times->count - 1), "time_d")) == 365.25 * (TIMES - 1));
    assert_int_equal(number(xt_json_get(less.space, "times_of")), TIMES);
    drop(&whole);
    drop(&less);
}

static void what_cannot_be_shown_is_said(void **state) {
    (void)state;
    const int dims[3] = {NX, NY, NZ};
    xt_error err = {0};
    char path[800], version[XT_SPACE_VERSION], other[XT_SPACE_VERSION];
    got g = compose("nothing", 0);
    assert_non_null(strstr(xt_json_get(g.space, "reason")->text, "no volumes"));
    drop(&g);
    must(xt_space_version(version, in_folder("nothing"), &err), &err);
    assert_string_equal(version, "");

    write_run("damaged", 3, dims);
    must(xt_space_version(version, in_folder("damaged"), &err), &err);
    snprintf(path, sizeof path, "%s/volumes/v_1.vti", in_folder("damaged"));
    must(xt_file_write(path, "<VTKFile", 8, &err), &err); /* one of three: the others are shown */
    g = compose("damaged", 0);
    assert_int_equal(xt_json_get(g.space, "times")->count, 2);
    drop(&g);
    snprintf(path, sizeof path, "%s/volumes.pvd", in_folder("damaged"));
    must(xt_file_write(path, "nonsense", 8, &err), &err);
    g = compose("damaged", 0);
    assert_non_null(xt_json_get(g.space, "reason"));
    assert_non_null(strstr(xt_json_get(g.space, "reason")->text, "volumes.pvd"));
    drop(&g);
    must(xt_space_version(other, in_folder("damaged"), &err), &err);
    assert_string_not_equal(version, other);
}

static void cut_short_is_no_volume(void **state) { /* a head that is whole, data that are not */
    (void)state;
    const int dims[3] = {NX, NY, NZ};
    xt_error err = {0};
    char path[800];
    write_run("short", 1, dims);
    snprintf(path, sizeof path, "%s/volumes/v_0.vti", in_folder("short"));
    size_t size;
    char *bytes;
    must(xt_file_read(&bytes, &size, path, 1 << 20, &err), &err);
    must(xt_file_write(path, bytes, size - 400, &err), &err);
    free(bytes);
    got g = compose("short", 0);
    assert_non_null(xt_json_get(g.space, "reason"));
    drop(&g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_reads_what_was_written),
        cmocka_unit_test(a_budget_takes_times_first_then_voxels),
        cmocka_unit_test(what_cannot_be_shown_is_said),
        cmocka_unit_test(cut_short_is_no_volume),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
