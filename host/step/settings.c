#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "step/internal.h"

static xt_status unknown(const xt_model *model, const xt_assignment *a, xt_error *err) {
    const char **names = malloc(sizeof *names * (size_t)(model->scalar_count + 1));
    if (!names) return xt_no_memory(err, "names", 0);
    int count = 0;
    for (int i = 0; i < model->scalar_count; i++)
        if (model->scalar[i].kind == XT_SCALAR_SETTING) names[count++] = model->scalar[i].name;
    const char *near = xt_nearest(a->name, names, count);
    xt_status status =
        near ? xt_fail_at(err, a->source, a->line, a->col,
                          "the model has no setting '%s'; did you mean '%s'?", a->name, near)
             : xt_fail_at(err, a->source, a->line, a->col,
                          "the model has no setting '%s'; see `settings:` in %s", a->name, model->file);
    free(names);
    return status;
}

xt_status xt_assign(double *scalar, const xt_model *model, const xt_assignment *a, xt_error *err) {
    const int index = xt_model_find_scalar(model, a->name);
    if (index < 0 || model->scalar[index].kind != XT_SCALAR_SETTING) return unknown(model, a, err);
    const xt_scalar *setting = &model->scalar[index];
    if (!a->text) { /* unset: back to the model's default, which may be "not given" */
        scalar[index] = setting->initial;
        return XT_OK;
    }
    double value;
    xt_dim dim;
    xt_error why = {0};
    if (xt_quantity_parse(&value, &dim, a->text, &why) != XT_OK)
        return xt_fail_at(err, a->source, a->line, a->col, "%s: %s", a->name, why.text);
    if (!xt_dim_equal(dim, setting->dim)) {
        char found[64];
        return xt_fail_at(err, a->source, a->line, a->col, "%s must be in %s, found '%s' (%s)", a->name,
                          setting->unit_text[0] ? setting->unit_text : "1", a->text,
                          xt_dim_text(dim, found, sizeof found));
    }
    if (!(value >= setting->low && value <= setting->high)) {
        const bool pure = !setting->unit_text[0] || strcmp(setting->unit_text, "1") == 0;
        return xt_fail_at(err, a->source, a->line, a->col, "%s must be between %g and %g%s%s, found '%s'",
                          a->name, setting->low / setting->unit.scale, setting->high / setting->unit.scale,
                          pure ? "" : " ", pure ? "" : setting->unit_text, a->text);
    }
    scalar[index] = value;
    return XT_OK;
}
