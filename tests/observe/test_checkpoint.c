/* Checkpoints: what is written comes back; nothing damaged is ever taken for good; a failed write leaves the
 * older state alone. */
#include "observe/testing.h"

#include <signal.h>
#include <sys/resource.h>
#include <zlib.h>
#include "observe/checkpoint.h"

static float numbers[100];
static double doubles[3] = {1.0 / 3, -2e300, 5e-324};
static uint8_t labels[7] = {1, 2, 3, 250, 0, 0, 9};

static void write_one(const char *dir, float mark) {
    xt_error err = {0};
    xt_checkpoint_writer *w;
    for (int i = 0; i < 100; i++) numbers[i] = mark + (float)i * 0.25f;
    must(xt_checkpoint_begin(&w, dir, "scene-17", "{\"time\": 3.5}", &err), &err);
    must(xt_checkpoint_block(w, "field", 4, numbers, 100, &err), &err);
    must(xt_checkpoint_block(w, "nothing", 8, NULL, 0, &err), &err);
    must(xt_checkpoint_block_open(w, "scalars", 8, 3, &err), &err);
    must(xt_checkpoint_block_add(w, doubles, 1, &err), &err);
    must(xt_checkpoint_block_add(w, doubles + 1, 2, &err), &err);
    must(xt_checkpoint_block_close(w, &err), &err);
    must(xt_checkpoint_block(w, "labels", 1, labels, 7, &err), &err);
    must(xt_checkpoint_commit(w, &err), &err);
}

/* The mark of the generation that is read, all of its content checked; -1 if it cannot be opened. */
static float read_mark(const char *dir, xt_text *warning, xt_error *err) {
    xt_checkpoint *c;
    if (xt_checkpoint_open_newest(&c, dir, "scene-17", warning, err) != XT_OK) {
        assert_null(c);
        return -1;
    }
    float f[100];
    double d[3];
    uint8_t b[7];
    must(xt_checkpoint_read(c, "field", 4, f, 100, err), err);
    must(xt_checkpoint_read(c, "scalars", 8, d, 3, err), err);
    must(xt_checkpoint_read(c, "labels", 1, b, 7, err), err);
    for (int i = 0; i < 100; i++) assert_true(f[i] == f[0] + (float)i * 0.25f);
    assert_memory_equal(d, doubles, sizeof d);
    assert_memory_equal(b, labels, sizeof b);
    assert_string_equal(xt_checkpoint_meta(c), "{\"time\": 3.5}");
    const float mark = f[0];
    xt_checkpoint_close(c);
    return mark;
}

static void what_is_written_comes_back(void **state) {
    (void)state;
    const char *dir = in_folder("a/b");
    xt_error err = {0};
    xt_checkpoint *c;
    assert_false(xt_checkpoint_exists(dir));
    write_one(dir, 5);
    assert_true(xt_checkpoint_exists(dir));
    assert_true(read_mark(dir, NULL, &err) == 5);
    must(xt_checkpoint_open_newest(&c, dir, NULL, NULL, &err), &err);
    uint64_t count;
    int width;
    assert_true(xt_checkpoint_find(c, "scalars", &count, &width));
    assert_true(count == 3 && width == 8);
    assert_true(xt_checkpoint_find(c, "nothing", &count, NULL));
    assert_true(count == 0);
    assert_false(xt_checkpoint_find(c, "scalar", NULL, NULL));
    assert_string_equal(xt_checkpoint_application(c), "scene-17");
    float part[3], whole[101];
    must(xt_checkpoint_read_part(c, "field", 4, 97, part, 3, &err), &err);
    assert_true(part[0] == 5 + 97 * 0.25f && part[2] == 5 + 99 * 0.25f);
    assert_int_equal(xt_checkpoint_read_part(c, "field", 4, 98, part, 3, &err), XT_IO);
    err = (xt_error){0};
    assert_int_equal(xt_checkpoint_read(c, "field", 4, whole, 101, &err), XT_IO);
    assert_non_null(strstr(err.text, "'field' holds 100"));
    err = (xt_error){0};
    assert_int_equal(xt_checkpoint_read(c, "field", 8, whole, 50, &err), XT_IO);
    err = (xt_error){0};
    assert_int_equal(xt_checkpoint_read(c, "absent", 4, whole, 1, &err), XT_IO);
    assert_non_null(strstr(err.text, "no block 'absent'"));
    xt_checkpoint_close(c);
}

static void the_file_is_little_endian_as_documented(void **state) {
    (void)state;
    write_one(in_folder("layout"), 1);
    size_t size;
    unsigned char *b = (unsigned char *)slurp(in_folder("layout/state-A"), &size);
    assert_memory_equal(b, "\x89XTCK\r\n\x1A\x01\0\0\0\x64\0\0\0\x01\0\0\0\0\0\0\0scene-17", 32);
    const uLong crc = crc32(0, b, 96);
    assert_true(b[96] == (crc & 255) && b[99] == (crc >> 24));
    /* meta, its checksum, the first block's header, the first number: 1.0f */
    assert_memory_equal(b + 100 + 13 + 4, "field\0", 6);
    assert_memory_equal(b + 100 + 13 + 4 + 52, "\0\0\x80\x3F", 4);
    free(b);
}

static void two_generations_alternate(void **state) {
    (void)state;
    const char *dir = in_folder("alternate");
    xt_error err = {0};
    for (int k = 0; k < 5; k++) {
        write_one(dir, (float)k);
        assert_true(read_mark(dir, NULL, &err) == (float)k);
        assert_int_equal(entries(dir), k == 0 ? 1 : 2);
        if (k == 0) continue;
        /* and the one before is still there behind it */
        const char *newest = k % 2 ? in_folder("alternate/state-B") : in_folder("alternate/state-A");
        rename(newest, in_folder("held"));
        assert_true(read_mark(dir, NULL, &err) == (float)(k - 1));
        rename(in_folder("held"), newest);
    }
}

static void any_changed_byte_falls_back(void **state) {
    (void)state;
    const char *dir = in_folder("bytes");
    write_one(dir, 10);
    write_one(dir, 20);
    const char *newest = in_folder("bytes/state-B");
    char held[600];
    snprintf(held, sizeof held, "%s", newest);
    size_t size;
    char *good = slurp(held, &size), *bad = malloc(size);
    assert_in_range(size, 600, 4000);
    for (size_t i = 0; i < size; i++)
        for (int bit = 0; bit < 8; bit += 7) {
            memcpy(bad, good, size);
            bad[i] = (char)(bad[i] ^ (1 << bit));
            spill(held, bad, size);
            xt_error err = {0};
            xt_text warning = {0};
            if (read_mark(dir, &warning, &err) != 10) fail_msg("byte %zu bit %d: %s", i, bit, err.text);
            assert_non_null(strstr(xt_text_get(&warning), "state-B"));
            assert_non_null(strstr(xt_text_get(&warning), "going on from the other one"));
            xt_text_free(&warning);
        }
    spill(held, good, size);
    xt_error err = {0};
    assert_true(read_mark(dir, NULL, &err) == 20);
    free(good);
    free(bad);
}

static void any_truncation_and_any_addition_falls_back(void **state) {
    (void)state;
    const char *dir = in_folder("short");
    write_one(dir, 10);
    write_one(dir, 20);
    char path[600];
    snprintf(path, sizeof path, "%s/state-B", dir);
    size_t size;
    char *good = slurp(path, &size);
    for (size_t n = 0; n <= size + 1; n++) {
        if (n == size) continue;
        good[size] = 'x';
        spill(path, good, n < size ? n : size + 1);
        xt_error err = {0};
        if (read_mark(dir, NULL, &err) != 10) fail_msg("%zu of %zu bytes: %s", n, size, err.text);
    }
    free(good);
}

static void both_damaged_is_an_error_that_names_both(void **state) {
    (void)state;
    const char *dir = in_folder("both");
    write_one(dir, 10);
    write_one(dir, 20);
    spill(in_folder("both/state-A"), "garbage", 7);
    spill(in_folder("both/state-B"), "", 0);
    xt_error err = {0};
    assert_true(read_mark(dir, NULL, &err) == -1);
    assert_int_equal(err.status, XT_IO);
    assert_non_null(strstr(err.text, "state-A"));
    assert_non_null(strstr(err.text, "state-B"));
    err = (xt_error){0};
    assert_true(read_mark(in_folder("nowhere"), NULL, &err) == -1);
    assert_int_equal(err.status, XT_IO);
    /* and the next one written is good again */
    write_one(dir, 30);
    err = (xt_error){0};
    assert_true(read_mark(dir, NULL, &err) == 30);
}

static void put32(char *p, uLong v) {
    for (int k = 0; k < 4; k++) p[k] = (char)(v >> 8 * k);
}

static void sizes_are_not_believed(void **state) {
    (void)state;
    write_one(in_folder("lies"), 10);
    const char *path = in_folder("lies/state-A");
    char held[600];
    snprintf(held, sizeof held, "%s", path);
    size_t size;
    char *b = slurp(held, &size);
    const size_t sizes[2] = {88, 100 + 13 + 4 + 40}, crcs[2] = {96, 100 + 13 + 4 + 48}, starts[2] = {0, 117};
    const uint64_t lies[] = {UINT64_MAX, UINT64_MAX - 200, (uint64_t)1 << 62, (uint64_t)1 << 40, 100000};
    for (int where = 0; where < 2; where++)
        for (size_t k = 0; k < sizeof lies / sizeof *lies; k++) {
            char *lie = malloc(size);
            memcpy(lie, b, size);
            for (int i = 0; i < 8; i++) lie[sizes[where] + (size_t)i] = (char)(lies[k] >> 8 * i);
            put32(lie + crcs[where],
                  crc32(0, (unsigned char *)lie + starts[where], (uInt)(crcs[where] - starts[where])));
            spill(held, lie, size);
            free(lie);
            xt_error err = {0};
            xt_checkpoint *c;
            assert_int_equal(xt_checkpoint_open(&c, held, NULL, &err), XT_IO);
            assert_null(c);
        }
    free(b);
}

static void foreign_versions_and_scenes_are_refused_not_passed_over(void **state) {
    (void)state;
    const char *dir = in_folder("foreign");
    write_one(dir, 10);
    write_one(dir, 20);
    xt_error err = {0};
    xt_checkpoint *c;
    assert_int_equal(xt_checkpoint_open_newest(&c, dir, "scene-18", NULL, &err), XT_USAGE);
    assert_non_null(strstr(err.text, "another scene"));
    char path[600];
    snprintf(path, sizeof path, "%s/state-B", dir);
    size_t size;
    char *b = slurp(path, &size);
    b[8] = 2;
    put32(b + 96, crc32(0, (unsigned char *)b, 96));
    spill(path, b, size);
    free(b);
    err = (xt_error){0};
    assert_int_equal(xt_checkpoint_open_newest(&c, dir, "scene-17", NULL, &err), XT_USAGE);
    assert_non_null(strstr(err.text, "version 2"));
    assert_non_null(strstr(err.text, "reads version 1"));
}

static void a_full_disk_leaves_the_older_states(void **state) {
    (void)state;
    const char *dir = in_folder("full");
    write_one(dir, 10);
    write_one(dir, 20);
    struct rlimit before, tight;
    getrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_IGN);
    static float many[50000];
    tight = before;
    tight.rlim_cur = 100000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    xt_error err = {0};
    xt_checkpoint_writer *w;
    must(xt_checkpoint_begin(&w, dir, "scene-17", "", &err), &err);
    xt_status status = xt_checkpoint_block(w, "many", 4, many, 50000, &err);
    if (status == XT_OK)
        status = xt_checkpoint_commit(w, &err);
    else
        xt_checkpoint_abandon(w);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(status, XT_IO);
    assert_non_null(strstr(err.text, "full/state-"));
    assert_int_equal(entries(dir), 2);
    err = (xt_error){0};
    assert_true(read_mark(dir, NULL, &err) == 20);
}

static void abandoned_and_killed_writers_leave_nothing(void **state) {
    (void)state;
    const char *dir = in_folder("killed");
    write_one(dir, 10);
    xt_error err = {0};
    xt_checkpoint_writer *w;
    must(xt_checkpoint_begin(&w, dir, "scene-17", "", &err), &err);
    assert_int_equal(entries(dir), 2);
    xt_checkpoint_abandon(w);
    assert_int_equal(entries(dir), 1);
    spill(in_folder("killed/state-B.tmp-99999999"), "half", 4);
    write_one(dir, 20);
    assert_int_equal(entries(dir), 2);
    assert_true(read_mark(dir, NULL, &err) == 20);
}

static void misuse_is_told(void **state) {
    (void)state;
    xt_error err = {0};
    xt_checkpoint_writer *w;
    const char *dir = in_folder("misuse");
    must(xt_checkpoint_begin(&w, dir, "s", "", &err), &err);
    must(xt_checkpoint_block(w, "twice", 4, numbers, 2, &err), &err);
    assert_int_equal(xt_checkpoint_block(w, "twice", 4, numbers, 2, &err), XT_INTERNAL);
    err = (xt_error){0};
    assert_int_equal(xt_checkpoint_block(w, "", 4, numbers, 2, &err), XT_INTERNAL);
    err = (xt_error){0};
    assert_int_equal(xt_checkpoint_block(w, "three", 3, numbers, 2, &err), XT_INTERNAL);
    err = (xt_error){0};
    assert_int_equal(xt_checkpoint_block(w, "a name of thirty-two characters.", 4, numbers, 2, &err),
                     XT_INTERNAL);
    err = (xt_error){0};
    must(xt_checkpoint_block_open(w, "open", 4, 3, &err), &err);
    assert_int_equal(xt_checkpoint_block_add(w, numbers, 4, &err), XT_INTERNAL);
    err = (xt_error){0};
    assert_int_equal(xt_checkpoint_block_close(w, &err), XT_INTERNAL);
    err = (xt_error){0};
    assert_int_equal(xt_checkpoint_commit(w, &err), XT_INTERNAL);
    assert_int_equal(entries(dir), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_comes_back),
        cmocka_unit_test(the_file_is_little_endian_as_documented),
        cmocka_unit_test(two_generations_alternate),
        cmocka_unit_test(any_changed_byte_falls_back),
        cmocka_unit_test(any_truncation_and_any_addition_falls_back),
        cmocka_unit_test(both_damaged_is_an_error_that_names_both),
        cmocka_unit_test(sizes_are_not_believed),
        cmocka_unit_test(foreign_versions_and_scenes_are_refused_not_passed_over),
        cmocka_unit_test(a_full_disk_leaves_the_older_states),
        cmocka_unit_test(abandoned_and_killed_writers_leave_nothing),
        cmocka_unit_test(misuse_is_told),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
