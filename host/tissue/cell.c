/* The rules for one cell on the host: the reference for the device, and what organs use. */
#include <math.h>
#include "tissue/internal.h"

static void quantities(const xt_model *model, int tissue, const xt_values *values, double *quantity) {
    for (int q = 0; q < model->quantity_count; q++) {
        const xt_expr *formula = model->quantity[q].formula.tissue[tissue];
        quantity[q] = formula ? xt_expr_value(model, formula, values) : 0;
    }
}

/* How far f may go towards f + want. Limits stop a change; they never cause one. */
static double limited(double f, double want, double low, double high) {
    if (want < 0 && f + want < fmin(f, low)) return fmin(f, low) - f;
    if (want > 0 && f + want > fmax(f, high)) return fmax(f, high) - f;
    return want;
}

static double take(double *f, double want, double floor) {
    const double most = *f - floor, part = want < most ? want : most;
    if (!(part > 0)) return 0;
    *f -= part;
    return part;
}

static void free_volume(const xt_model *model, const xt_remodelling *rule, const double *share, double *phase,
                        double freed) {
    double left = 1;
    for (int k = 0; k < model->phase_count; k++) {
        if (!rule->freed_to[k]) continue;
        const double part = share[k] > 0 ? fmin(share[k], left) : 0;
        left -= part;
        phase[k] += part * freed;
    }
    phase[model->slack] += left * freed;
}

/* Returns what could not be found. */
static double take_volume(const xt_model *model, const xt_remodelling *rule, double *phase, double wanted) {
    const int slack = model->slack;
    double missing = wanted, rest = 1;
    for (int k = 0; k < model->phase_count; k++) {
        if (rule->taken_from[k] == 0) continue;
        rest -= rule->taken_from[k];
        missing -= take(&phase[k], rule->taken_from[k] * wanted, k == slack ? model->slack_floor : 0);
    }
    missing -= take(&phase[slack], fmin(missing, rest * wanted), model->slack_floor);
    for (int j = 0; j < rule->then_count; j++) {
        const int k = rule->then_from[j];
        missing -= take(&phase[k], missing, k == slack ? model->slack_floor : 0);
    }
    return missing - take(&phase[slack], missing, model->slack_floor);
}

static void fill(const xt_model *model, double *phase) {
    double others = 0;
    for (int k = 0; k < model->phase_count; k++)
        if (k != model->slack) others += phase[k];
    if (others > 1) {
        for (int k = 0; k < model->phase_count; k++) phase[k] /= others;
        others = 1;
    }
    phase[model->slack] = 1 - others;
}

static void remodel(const xt_model *model, const xt_remodelling *rule, double *phase, const xt_values *values,
                    double dt, bool bookkeeping) {
    double *f = &phase[rule->phase], share[XT_MAX_PHASES] = {0};
    const double want = rule->rate ? dt * xt_expr_value(model, rule->rate, values)
                                   : xt_expr_value(model, rule->target, values) - *f;
    if (!bookkeeping) {
        *f += limited(*f, want, rule->low, rule->high);
        return;
    }
    for (int k = 0; k < model->phase_count; k++)
        if (rule->freed_to[k]) share[k] = xt_expr_value(model, rule->freed_to[k], values);
    double change = limited(*f, want, rule->low, rule->high);
    if (change < 0) free_volume(model, rule, share, phase, -change);
    if (change > 0) change -= take_volume(model, rule, phase, change);
    *f += change;
}

void xt_cell_step(const xt_model *model, int tissue, double *phase, const double *phase0, double *state,
                  const xt_values *values, double *quantity, double dt, bool bookkeeping) {
    xt_values v = *values;
    v.phase = phase;
    v.phase0 = phase0;
    v.state = state;
    v.quantity = quantity;
    quantities(model, tissue, &v, quantity);
    for (int k = 0; k < model->state_count; k++) {
        const xt_state *rule = &model->state[k];
        if (!(rule->tissues >> tissue & 1)) continue;
        if (rule->rate)
            state[k] += dt * xt_expr_value(model, rule->rate, &v);
        else
            state[k] = xt_expr_value(model, rule->value, &v);
    }
    bool any = false;
    for (int r = 0; r < model->remodelling_count; r++) {
        if (!(model->remodelling[r].tissues >> tissue & 1)) continue;
        any = true;
        remodel(model, &model->remodelling[r], phase, &v, dt, bookkeeping);
    }
    if (any && bookkeeping) fill(model, phase);
}

void xt_cell_initialise(const xt_model *model, int tissue, const double *phase, const double *phase0,
                        double *state, const double *scalar) {
    double quantity[XT_MAX_QUANTITIES] = {0}, one[XT_MAX_SPECIES];
    for (int k = 0; k < XT_MAX_SPECIES; k++) one[k] = 1;
    const xt_values v = {.scalar = scalar,
                         .phase = phase,
                         .phase0 = phase0,
                         .state = state,
                         .quantity = quantity,
                         .exposure_rest = one,
                         .exposure_peak = one,
                         .beside = phase};
    for (int k = 0; k < model->state_count; k++) {
        if (model->state[k].initial_constant || !(model->state[k].tissues >> tissue & 1)) continue;
        quantities(model, tissue, &v, quantity);
        state[k] = xt_expr_value(model, model->state[k].initial, &v);
    }
}

static void exposures(const xt_model *model, const double *level, const double *reference, double *exposure) {
    for (int k = 0; k < model->species_count; k++) {
        const double floor = 1e-3 * reference[k];
        exposure[k] = reference[k] > 0 ? (level[k] + floor) / (reference[k] + floor) : 1;
    }
}

void xt_organ_step(const xt_model *model, xt_organ *organ, const double *scalar, double dt, int substeps) {
    double rest[XT_MAX_SPECIES], peak[XT_MAX_SPECIES], quantity[XT_MAX_QUANTITIES];
    const bool has_peak = model->peak_share >= 0 && scalar[model->peak_share] > 0;
    exposures(model, organ->rest, organ->reference, rest);
    exposures(model, has_peak ? organ->peak : organ->rest, organ->reference, peak);
    /* An organ is its own neighbour. */
    const xt_values values = {
        .scalar = scalar, .exposure_rest = rest, .exposure_peak = peak, .beside = organ->phase};
    for (int n = 0; n < substeps; n++)
        xt_cell_step(model, organ->tissue, organ->phase, organ->phase0, organ->state, &values, quantity,
                     dt / substeps, false);
}
