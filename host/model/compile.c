/* From a model file to an xt_model: structure first, then names, then formulas in an order in which
 * everything that a formula may see is known. */
#include "model/compile.h"
#include "model/keys.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static xt_status header(xt_compiler *c) {
    xt_model *m = c->model;
    const xt_node *format = xt_node_get(c->root, "format"), *name = xt_node_get(c->root, "name");
    long long version;
    XT_TRY(xt_node_integer(&version, format, 1, 1000000, c->err));
    if (version != 1)
        return xt_node_fail(format, c->err, "this program reads format 1 of model files, not %lld", version);
    XT_TRY(xt_check_identifier(name, name->text, "model", c->err));
    xt_copy_text(m->name, sizeof m->name, name);
    xt_copy_text(m->about, sizeof m->about, xt_node_get(c->root, "description"));
    return XT_OK;
}

static xt_status reserve(xt_compiler *c) {
    static const char *const words[] = {"true", "false", "appearance"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        XT_TRY(xt_add_name(c, NULL, "", words[i], "a word of formulas", XT_SYM_SCALAR, -1, true));
    return xt_add_name(c, NULL, "", "section", "strain stimulus per force", XT_SYM_SECTION, 0, false);
}

static xt_status compile(xt_compiler *c) {
    static xt_status (*const steps[])(xt_compiler *) = {
        header, reserve,
        /* names */
        xt_compile_given, xt_compile_phases, xt_compile_tissue_names, xt_compile_species_names,
        xt_compile_property_names, xt_compile_scalar_names, xt_compile_rule_names,
        /* formulas */
        xt_compile_functions, xt_compile_compartments, xt_compile_tissues, xt_compile_drivers,
        xt_compile_species, xt_compile_interfaces, xt_compile_mechanics, xt_compile_quantities,
        xt_compile_states, xt_compile_remodelling, xt_compile_labels, xt_compile_readouts,
        xt_compile_targets};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) XT_TRY(steps[i](c));
    return XT_OK;
}

/* Which phases transport depends on, so that coefficients can be tabulated by them. */
static void find_transport_phases(xt_model *m) {
    for (int p = 0; p < m->phase_count; p++)
        for (int k = 1; k <= m->tissue_count; k++) {
            bool used = xt_expr_uses(m, m->tissue[k].fluid, XT_SYM_PHASE, p);
            for (int i = 0; i < m->property_count; i++)
                used = used || (m->tissue[k].property_formula[i] &&
                                xt_expr_uses(m, m->tissue[k].property_formula[i], XT_SYM_PHASE, p));
            for (int s = 0; s < m->species_count; s++) {
                const xt_species *x = &m->species[s];
                used = used || xt_expr_uses(m, x->diffusivity.tissue[k], XT_SYM_PHASE, p) ||
                       xt_expr_uses(m, x->loss.tissue[k], XT_SYM_PHASE, p) ||
                       xt_expr_uses(m, x->exchange.tissue[k], XT_SYM_PHASE, p) ||
                       xt_expr_uses(m, x->partition.tissue[k], XT_SYM_PHASE, p);
            }
            if (used) m->transport_phases |= 1u << p;
        }
}

xt_status xt_model_load(xt_model **model, const char *path, const xt_override *overrides, int override_count,
                        xt_error *err) {
    xt_status status;
    xt_tree *tree = NULL;
    xt_compiler c = {.err = err, .overrides = overrides, .override_count = override_count};
    *model = NULL;
    XT_GO(xt_yaml_load(&tree, path, err));
    c.root = xt_tree_root(tree);
    c.source = c.root->source;
    XT_GO(xt_model_check_keys(c.root, err));
    c.model = calloc(1, sizeof *c.model);
    c.private = calloc(1, sizeof *c.private);
    if (!c.model || !c.private) {
        free(c.private);
        status = xt_no_memory(err, "the model", sizeof *c.model + sizeof *c.private);
        goto done;
    }
    c.model->private_data = c.private;
    c.model->file = xt_arena_copy(&c.private->arena, path, strlen(path));
    c.model->text = xt_arena_copy(&c.private->arena, c.source->text, strlen(c.source->text));
    if (!c.model->file || !c.model->text) {
        status = xt_no_memory(err, "the text of the model", strlen(c.source->text));
        goto done;
    }
    XT_GO(compile(&c));
    find_transport_phases(c.model);
    xt_model_slopes(&c);
    xt_model_hoist(&c);
    *model = c.model;
    c.model = NULL;
done:
    free(c.name);
    xt_model_free(c.model);
    xt_tree_free(tree);
    return status;
}

void xt_model_free(xt_model *model) {
    if (!model) return;
    xt_private *private = model->private_data;
    if (private) xt_arena_free(&private->arena);
    free(private);
    free(model);
}

int xt_model_find_tissue(const xt_model *model, const char *name) {
    for (int i = 1; i <= model->tissue_count; i++)
        if (strcmp(model->tissue[i].name, name) == 0) return i;
    return 0;
}

int xt_model_find_species(const xt_model *model, const char *name) {
    for (int i = 0; i < model->species_count; i++)
        if (strcmp(model->species[i].name, name) == 0) return i;
    return -1;
}

int xt_model_find_phase(const xt_model *model, const char *name) {
    for (int i = 0; i < model->phase_count; i++)
        if (strcmp(model->phase[i], name) == 0) return i;
    return -1;
}

int xt_model_find_scalar(const xt_model *model, const char *name) {
    for (int i = 0; i < model->scalar_count; i++)
        if (strcmp(model->scalar[i].name, name) == 0) return i;
    return -1;
}

void xt_model_initial_scalars(const xt_model *model, double *scalar) {
    for (int i = 0; i < model->scalar_count; i++) scalar[i] = model->scalar[i].initial;
}

void xt_model_drivers(const xt_model *model, double *scalar) {
    const xt_values values = {.scalar = scalar};
    for (int i = 0; i < model->scalar_count; i++)
        if (model->scalar[i].kind == XT_SCALAR_DRIVER)
            scalar[i] = xt_expr_value(model, model->scalar[i].formula, &values);
}
