/* The kernels, and choosing among them by name. */
#include "bench/kernel.h"

#include <string.h>

const xt_bench_kernel xt_bench_kernels[] = {
    {.name = "copy",
     .about = "a = b over four fields",
     .problem = XT_BENCH_STREAMS,
     .prepare = xt_bench_copy_prepare,
     .verify = xt_bench_copy_verify,
     .pass = xt_bench_copy_pass},
    {.name = "triad",
     .about = "a = b + s c over four fields",
     .problem = XT_BENCH_STREAMS,
     .third = true,
     .prepare = xt_bench_triad_prepare,
     .verify = xt_bench_triad_verify,
     .pass = xt_bench_triad_pass},
    {.name = "dot",
     .about = "a compensated sum of products, as every reduction is made",
     .problem = XT_BENCH_STREAMS,
     .reads = true,
     .prepare = xt_bench_dot_prepare,
     .verify = xt_bench_dot_verify,
     .pass = xt_bench_dot_pass,
     .release = xt_bench_dot_release},
    {.name = "render",
     .about = "a lit picture of a thigh of that many voxels, 1920 x 1080",
     .problem = XT_BENCH_STREAMS,
     .wall = true,
     .prepare = xt_bench_render_prepare,
     .verify = xt_bench_render_verify,
     .pass = xt_bench_render_pass,
     .release = xt_bench_render_release},
    {.name = "step",
     .about = "an explicit step of four species in one pass",
     .problem = XT_BENCH_TISSUES,
     .prepare = xt_bench_single_prepare,
     .verify = xt_bench_step_verify,
     .pass = xt_bench_step_pass,
     .release = xt_bench_step_release},
    {.name = "step_blocked",
     .about = "several steps in one pass",
     .problem = XT_BENCH_TISSUES,
     .prepare = xt_bench_blocked_prepare,
     .verify = xt_bench_step_verify,
     .pass = xt_bench_step_pass,
     .release = xt_bench_step_release},
    {.name = "step_naive",
     .about = "one work-item a voxel, every coefficient looked up: what to beat",
     .problem = XT_BENCH_TISSUES,
     .prepare = xt_bench_naive_prepare,
     .verify = xt_bench_step_verify,
     .pass = xt_bench_step_pass,
     .release = xt_bench_step_release},
    {.name = "rkc2",
     .about = "adaptive acute stepping, per right-hand side",
     .problem = XT_BENCH_TISSUES,
     .wall = true,
     .prepare = xt_bench_rkc2_prepare,
     .verify = xt_bench_rkc2_verify,
     .pass = xt_bench_rkc2_pass,
     .count = xt_bench_rkc2_count,
     .release = xt_bench_rkc2_release},
    {.name = "step_random",
     .about = "the step in one pass where every voxel's tissue is drawn",
     .problem = XT_BENCH_RANDOM,
     .prepare = xt_bench_single_prepare,
     .verify = xt_bench_step_verify,
     .pass = xt_bench_step_pass,
     .release = xt_bench_step_release},
    {.name = "step_from_zero",
     .about = "the step in one pass from a single point in an empty field",
     .problem = XT_BENCH_EMPTY,
     .prepare = xt_bench_single_prepare,
     .verify = xt_bench_step_verify,
     .pass = xt_bench_step_pass,
     .release = xt_bench_step_release},
    {.name = "elliptic",
     .about = "a steady field from zero to a residual of 1e-6, setup included",
     .problem = XT_BENCH_ELLIPTIC,
     .wall = true,
     .prepare = xt_bench_elliptic_prepare,
     .verify = xt_bench_elliptic_verify,
     .pass = xt_bench_elliptic_pass,
     .release = xt_bench_elliptic_release},
    {.name = "remodel",
     .about = "a remodelling step by the default model's rules",
     .problem = XT_BENCH_BODY,
     .prepare = xt_bench_remodel_prepare,
     .verify = xt_bench_remodel_verify,
     .pass = xt_bench_remodel_pass},
    {.name = NULL}};

static const char headline[] = XT_BENCH_HEADLINE; /* runs by itself: headline.c */

/* Is the name (length characters) of the comma-separated list? */
static bool listed(const char *list, const char *name) {
    const size_t length = strlen(name);
    for (const char *at = list; at;) {
        const size_t n = strcspn(at, ",");
        if (n == length && strncmp(at, name, n) == 0) return true;
        at = at[n] ? at + n + 1 : NULL;
    }
    return false;
}

bool xt_bench_wanted(const xt_bench_def *def, const char *name) {
    return !def->kernels || listed(def->kernels, name);
}

xt_status xt_bench_kernels_check(const char *list, xt_error *err) {
    const char *names[64];
    int count = 0;
    for (const xt_bench_kernel *k = xt_bench_kernels; k->name; k++) names[count++] = k->name;
    names[count++] = headline;
    for (const char *at = list; at;) {
        char word[64];
        const size_t n = strcspn(at, ",");
        bool known = false;
        if (n < sizeof word) {
            memcpy(word, at, n);
            word[n] = '\0';
            for (int i = 0; i < count; i++) known |= strcmp(word, names[i]) == 0;
        }
        if (!known) {
            const char *nearest = n < sizeof word ? xt_nearest(word, names, count) : NULL;
            return xt_fail(err, XT_USAGE,
                           "there is no benchmark kernel '%.*s'%s%s%s; 'crosstalk bench --list' names them",
                           (int)(n < 60 ? n : 60), at, nearest ? "; did you mean '" : "",
                           nearest ? nearest : "", nearest ? "'?" : "");
        }
        at = at[n] ? at + n + 1 : NULL;
    }
    return XT_OK;
}

void xt_bench_kernels_list(xt_text *text) {
    for (const xt_bench_kernel *k = xt_bench_kernels; k->name; k++)
        xt_text_printf(text, "%-16s %s\n", k->name, k->about);
    xt_text_printf(text, "%-16s %s\n", headline, "time to a solution error of 1e-3, adaptive and by Euler");
}
