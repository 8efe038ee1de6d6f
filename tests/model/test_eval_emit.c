/* Every formula of a model, evaluated on the host in double precision and compiled for each device: the same
 * numbers. */
#include <math.h>
#include "device/every_device.h"
#include "model/variant.h"

enum { SAMPLES = 512, MOST = 256 };

typedef struct {
    const xt_model *model;
    const xt_expr *formula[MOST];
    char name[MOST][96];
    int count;
    /* [variable][SAMPLES], in the order in which declare() numbers them */
    float *in;
    int in_count;
    float *scalar; /* [scalar_count] */
    double *want;  /* [count][SAMPLES] */
} probe;

static void add(probe *p, const xt_expr *e, const char *kind, const char *name) {
    if (!e) return;
    for (int i = 0; i < p->count; i++)
        if (p->formula[i] == e) return; /* a default shared by tissues */
    assert_true(p->count < MOST);
    snprintf(p->name[p->count], sizeof p->name[0], "%s %.60s", kind, name);
    p->formula[p->count++] = e;
}

static void add_by_tissue(probe *p, const xt_by_tissue *by, const char *kind, const char *name) {
    for (int k = 1; k <= p->model->tissue_count; k++) add(p, by->tissue[k], kind, name);
}

static void collect(probe *p) {
    const xt_model *m = p->model;
    for (int i = 0; i < m->quantity_count; i++)
        add_by_tissue(p, &m->quantity[i].formula, "quantity", m->quantity[i].name);
    for (int i = 0; i < m->state_count; i++) {
        add(p, m->state[i].initial, "initial", m->state[i].name);
        add(p, m->state[i].rate, "rate of", m->state[i].name);
        add(p, m->state[i].value, "value of", m->state[i].name);
    }
    for (int i = 0; i < m->remodelling_count; i++) {
        const xt_remodelling *r = &m->remodelling[i];
        add(p, r->rate, "rate of", m->phase[r->phase]);
        add(p, r->target, "target of", m->phase[r->phase]);
        for (int k = 0; k < m->phase_count; k++) add(p, r->freed_to[k], "freed to", m->phase[k]);
    }
    for (int i = 0; i < m->label_rule_count; i++) add(p, m->label_rule[i].when, "label", "rule");
    for (int i = 0; i < m->species_count; i++) {
        const xt_species *s = &m->species[i];
        add(p, s->everywhere, "everywhere", s->name);
        add_by_tissue(p, &s->factor, "factor", s->name);
        add_by_tissue(p, &s->peak, "peak", s->name);
        add_by_tissue(p, &s->pulse, "pulse", s->name);
        add(p, s->reaction, "reaction", s->name);
    }
    for (int i = 0; i < m->scalar_count; i++) add(p, m->scalar[i].mean, "mean", m->scalar[i].name);
    for (int k = 1; k <= m->tissue_count; k++) add(p, m->tissue[k].fluid, "fluid", m->tissue[k].name);
    add(p, m->mechanics.modulus, "modulus", "");
}

/* ---- inputs ---- */

static double draw(double low, double high) {
    static unsigned long long random = 7;
    random = random * 6364136223846793005ULL + 1442695040888963407ULL;
    return low + (high - low) * (double)(random >> 11) * 0x1p-53;
}

static void declare(xt_text *text, probe *p, const char *prefix, const char *name, double low, double high) {
    if (text) xt_text_printf(text, "    const float %s%s = in[%d * n + i];\n", prefix, name, p->in_count);
    float *row = &p->in[p->in_count++ * SAMPLES];
    for (int i = 0; !text && i < SAMPLES; i++) row[i] = (float)draw(low, high);
}

/* With text: the declarations; without: the numbers. */
static void inputs(xt_text *text, probe *p) {
    const xt_model *m = p->model;
    p->in_count = 0;
    for (int i = 0; i < m->phase_count; i++) declare(text, p, "f_", m->phase[i], 0.01, 0.99);
    for (int i = 0; i < m->phase_count; i++) declare(text, p, "f0_", m->phase[i], 0.01, 0.99);
    for (int i = 0; i < m->phase_count; i++) declare(text, p, "beside_", m->phase[i], 0, 1);
    for (int i = 0; i < m->state_count; i++) declare(text, p, "state_", m->state[i].name, 0.2, 0.95);
    for (int i = 0; i < m->quantity_count; i++) declare(text, p, "q_", m->quantity[i].name, 0.2, 2);
    for (int i = 0; i < m->species_count; i++) declare(text, p, "u_", m->species[i].name, 0.05, 6);
    for (int i = 0; i < m->species_count; i++) declare(text, p, "peak_", m->species[i].name, 0.05, 6);
    for (int i = 0; i < m->species_count; i++) declare(text, p, "c_", m->species[i].name, 0.1, 500);
    declare(text, p, "", "section", -0.5, 2);
}

static void scalars(probe *p) {
    const xt_model *m = p->model;
    double *s = calloc((size_t)m->scalar_count, sizeof *s);
    p->scalar = calloc((size_t)m->scalar_count, sizeof *p->scalar);
    xt_model_initial_scalars(m, s);
    s[m->age] = 68.5 * 8766;
    s[m->time] = 7.25;
    s[m->female] = 1;
    for (int i = 0; i < m->scalar_count; i++) {
        const xt_scalar *x = &m->scalar[i];
        if (x->kind == XT_SCALAR_MEAN) s[i] = draw(0.3, 1);
        if (x->kind == XT_SCALAR_SETTING && isfinite(x->low) && isfinite(x->high))
            s[i] = draw(x->low, x->high);
    }
    xt_model_drivers(m, s);
    if (m->peak_share >= 0) s[m->peak_share] = 0.3;
    for (int i = 0; i < m->scalar_count; i++) p->scalar[i] = (float)s[i];
    free(s);
}

static void on_the_host(probe *p) {
    const xt_model *m = p->model;
    double all[8 * XT_MAX_STATES + MOST], *scalar = calloc((size_t)m->scalar_count, sizeof *scalar);
    for (int i = 0; i < m->scalar_count; i++) scalar[i] = p->scalar[i];
    p->want = calloc((size_t)p->count * SAMPLES, sizeof *p->want);
    for (int i = 0; i < SAMPLES; i++) {
        for (int k = 0; k < p->in_count; k++) all[k] = p->in[k * SAMPLES + i];
        xt_values v = {.scalar = scalar, .phase = all};
        v.phase0 = v.phase + m->phase_count;
        v.beside = v.phase0 + m->phase_count;
        v.state = v.beside + m->phase_count;
        v.quantity = v.state + m->state_count;
        v.exposure_rest = v.quantity + m->quantity_count;
        v.exposure_peak = v.exposure_rest + m->species_count;
        v.field = v.exposure_peak + m->species_count;
        v.section = v.field[m->species_count];
        for (int j = 0; j < p->count; j++) p->want[j * SAMPLES + i] = xt_expr_value(m, p->formula[j], &v);
    }
    free(scalar);
}

/* ---- the device ---- */

static probe *current;

static void program_text(xt_text *text, probe *p) {
    xt_text_add(text, "#pragma OPENCL FP_CONTRACT OFF\n");
    xt_model_emit_functions(text, p->model);
    xt_text_add(
        text,
        "__kernel void probe(__global const float *in, __global const float *s, __global float *out,\n"
        "                    const int n) {\n    const int i = get_global_id(0);\n    if (i >= n) return;\n");
    inputs(text, p);
    for (int j = 0; j < p->count; j++) {
        xt_text_printf(text, "    out[%d * n + i] = ", j);
        xt_expr_emit(text, p->model, p->formula[j]);
        xt_text_add(text, ";\n");
    }
    xt_text_add(text, "}\n");
}

static void compare(const probe *p, const float *got) {
    for (int j = 0; j < p->count; j++) {
        const double *want = &p->want[j * SAMPLES];
        double scale = 0;
        for (int i = 0; i < SAMPLES; i++) scale = fmax(scale, fabs(want[i]));
        for (int i = 0; i < SAMPLES; i++) {
            double d = fabs((double)got[j * SAMPLES + i] - want[i]);
            if (!(d <= 1e-5 * scale))
                fail_msg("%s: %.9g, the host has %.9g", p->name[j], (double)got[j * SAMPLES + i], want[i]);
        }
    }
}

static void check_device(xt_device *device) {
    xt_error err = {XT_OK, ""};
    probe *p = current;
    xt_text text = {0};
    program_text(&text, p);
    xt_program *program;
    cl_kernel kernel;
    cl_mem in, s, out;
    const cl_int n = SAMPLES;
    size_t in_size = (size_t)p->in_count * SAMPLES * sizeof(float),
           s_size = (size_t)p->model->scalar_count * sizeof(float);
    size_t out_size = (size_t)p->count * SAMPLES * sizeof(float);
    float *got = malloc(out_size);
    OK(xt_program_build(&program, device, &(xt_program_part){NULL, xt_text_get(&text)}, 1, "", &err));
    OK(xt_kernel_create(&kernel, program, "probe", &err));
    OK(xt_buffer_create(&in, device, in_size, "in", &err));
    OK(xt_buffer_create(&s, device, s_size, "s", &err));
    OK(xt_buffer_create(&out, device, out_size, "out", &err));
    OK(xt_buffer_write(device, in, 0, in_size, p->in, &err));
    OK(xt_buffer_write(device, s, 0, s_size, p->scalar, &err));
    const xt_arg args[] = {XT_ARG(in), XT_ARG(s), XT_ARG(out), XT_ARG(n)};
    OK(xt_launch(device, kernel, SAMPLES, 0, args, 4, "probe", 0, &err));
    OK(xt_buffer_read(device, out, 0, out_size, got, &err));
    compare(p, got);
    free(got);
    xt_buffer_free(device, &in);
    xt_buffer_free(device, &s);
    xt_buffer_free(device, &out);
    xt_kernel_free(&kernel);
    xt_program_free(program);
    xt_text_free(&text);
}

static void host_and_devices_agree(const xt_model *model, int at_least) {
    probe p = {.model = model};
    collect(&p);
    assert_true(p.count >= at_least);
    p.in = calloc((size_t)(8 * XT_MAX_STATES + MOST) * SAMPLES, sizeof *p.in);
    inputs(NULL, &p);
    scalars(&p);
    on_the_host(&p);
    for (int k = 0; k < p.count * SAMPLES; k++)
        if (!isfinite(p.want[k])) fail_msg("%s is %g on the host", p.name[k / SAMPLES], p.want[k]);
    current = &p;
    on_every_device(check_device);
    free(p.in);
    free(p.scalar);
    free(p.want);
}

static void the_default_model_computes_the_same_on_devices(void **state) {
    (void)state;
    xt_model *model;
    xt_error err = {XT_OK, ""};
    OK(xt_model_load(&model, DEFAULT_MODEL, NULL, 0, &err));
    host_and_devices_agree(model, 60);
    xt_model_free(model);
}

/* Every operator, on top of an invented model. */
static void every_operator_computes_the_same_on_devices(void **state) {
    (void)state;
    xt_model *model;
    xt_error err;
    int line;
    OK(load_variant(
        &model, INVENTED_MODEL, "quantities:\n",
        "quantities:\n"
        "  t1: sin(f_soft) + cos(f_shell)*log10(1 + f_soft) - sqrt(f_shell) + ln(f_soft) - tanh(f_shell)\n"
        "  t2: (-f_soft)^3 + (f_soft - 0.5)^2 + f_shell^-1.5 + f_soft^f_shell + (f_shell - 0.3)^5\n"
        "  t3: floor(5*f_soft) + ceil(3*f_shell) + abs(f_soft - f_shell) + min(f_soft, f_shell, 0.5) - "
        "max(0.2, "
        "f_soft)\n"
        "  t4: piecewise(1, f_soft > 0.5 && !(f_shell < 0.2), 2, f_soft <= 0.25 || f_shell >= 0.7, 3)\n"
        "  t5: -f_soft - -f_shell - (f_soft - (f_shell - 1))/(f_soft/(f_shell + 1)/2) + (f_soft + 1) - (2 - "
        "f_shell)\n"
        "  t6: pow(f_soft - 0.5, 3) + pow(f_soft - 0.5, 4) + (f_soft - 0.5)^7 + (f_soft - 0.5)^-3*1e-4\n"
        "  t7: piecewise(f_soft, female, f_shell) + exp(-3 h*bite)*f_soft + (2*3 - 7)*f_shell + "
        "beside(shell)\n"
        "  t8: piecewise(piecewise(1, f_soft > 0.3, 2), piecewise(f_soft, f_shell > 0.5, 0.9) > 0.4, "
        "7)*f_soft\n"
        "  t9: blend(u_hunter*(1 + u_prey))/(1 + blend(u_feed)) + piecewise(1, f_shell != f_soft, 0)\n",
        &line, &err));
    host_and_devices_agree(model, 20);
    xt_model_free(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_model_computes_the_same_on_devices),
        cmocka_unit_test(every_operator_computes_the_same_on_devices),
    };
    char cache[64];
    use_fresh_cache(cache);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    remove_folder(cache);
    return failed;
}
