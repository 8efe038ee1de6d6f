/* Transport coefficients of a composition, and the balance of the whole body that gives baseline secretion.
 */
#include "model/private.h"

#include <math.h>
#include <string.h>

enum { MAX_PROPERTIES = 64 }; /* as compile_tissues.c lets through */

void xt_model_transport(xt_transport *out, const xt_model *model, int species, int tissue,
                        const double *phase) {
    const xt_species *s = &model->species[species];
    const xt_tissue *t = &model->tissue[tissue];
    double property[MAX_PROPERTIES];
    xt_values values = {.phase = phase, .property = property};
    *out = (xt_transport){0};
    if (tissue == 0) return;
    for (int p = 0; p < model->property_count; p++) {
        property[p] = isnan(s->property[p]) ? t->property[p] : s->property[p];
        if (t->property_formula[p]) property[p] = xt_expr_value(model, t->property_formula[p], &values);
    }
    out->fluid = xt_expr_value(model, t->fluid, &values);
    out->diffusivity = xt_expr_value(model, s->diffusivity.tissue[tissue], &values);
    out->loss = xt_expr_value(model, s->loss.tissue[tissue], &values);
    out->exchange = xt_expr_value(model, s->exchange.tissue[tissue], &values);
    out->partition = xt_expr_value(model, s->partition.tissue[tissue], &values);
}

/* At steady state a well-mixed compartment with loss L = phi k and exchange K lets K/(L+K) of what it
 * secretes escape to plasma, and takes up L/(L+K) of K R c_p. The total secretion is what holds the plasma
 * baseline (MODEL.md 1.5). */
static xt_status balance(xt_model *m, int species, xt_error *err) {
    xt_private *private = m->private_data;
    const xt_species *s = &m->species[species];
    double escaping = 0, needed = s->plasma_elimination * m->plasma_volume * s->plasma_baseline, shares = 0;
    for (int i = 0; i < m->compartment_count; i++) {
        const xt_compartment *part = &m->compartment[i];
        xt_transport t;
        xt_model_transport(&t, m, species, part->tissue, m->tissue[part->tissue].composition);
        double lost = t.fluid * t.loss, out = lost + t.exchange;
        shares += s->share[i];
        if (out == 0 && s->share[i] > 0 && s->plasma_baseline > 0)
            return xt_fail(
                err, XT_USAGE,
                "species '%s' is secreted in '%s', where nothing removes it: loss and exchange are 0",
                s->name, part->name);
        if (out == 0) continue;
        escaping += s->share[i] * t.exchange / out;
        needed += s->plasma_baseline * part->volume * t.exchange * t.partition * lost / out;
    }
    if (shares > 0 && needed > 0 && escaping == 0)
        return xt_fail(
            err, XT_USAGE,
            "none of what is secreted of species '%s' reaches plasma, so nothing holds its baseline",
            s->name);
    double total = shares > 0 && needed > 0 ? needed / escaping : 0;
    for (int i = 0; i < m->compartment_count; i++)
    private->secretion[species * m->compartment_count + i] = total * s->share[i] / m->compartment[i].volume;
    for (int k = 1; k <= m->tissue_count; k++) {
        xt_transport t;
        xt_model_transport(&t, m, species, k, m->tissue[k].composition);
        double out = t.fluid * t.loss + t.exchange;
        double in = xt_model_baseline_secretion(m, species, m->tissue[k].compartment) +
                    t.exchange * t.partition * s->plasma_baseline;
        private->level[species * (m->tissue_count + 1) + k] = out > 0 ? in / out : 0;
    }
    return XT_OK;
}

xt_status xt_model_balance(xt_model *model, xt_error *err) {
    xt_private *private = model->private_data;
    size_t species = (size_t)model->species_count, compartments = (size_t)model->compartment_count;
    private->secretion = xt_arena_alloc(&private->arena, species * (compartments + 1) * sizeof(double));
    private->level =
        xt_arena_alloc(&private->arena, species * (size_t)(model->tissue_count + 1) * sizeof(double));
    if (!private->secretion || !private->level) return xt_no_memory(err, "the model", 0);
    for (int i = 0; i < model->species_count; i++) XT_TRY(balance(model, i, err));
    return XT_OK;
}

double xt_model_baseline_secretion(const xt_model *model, int species, int compartment) {
    if (compartment < 0) return 0;
    return xt_model_private(model)->secretion[species * model->compartment_count + compartment];
}

double xt_model_baseline_level(const xt_model *model, int species, int tissue) {
    return xt_model_private(model)->level[species * (model->tissue_count + 1) + tissue];
}
