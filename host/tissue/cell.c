/* The rules for one cell on the host: the reference for the device, and what organs use. */
#include <math.h>
#include <string.h>
#include "base/phi.h"
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

/* ---- a step: exponential Heun (Cox and Matthews 2002, ETD2RK), per state with the slope of its own rate
 * ---- */

typedef struct {
    double state[XT_MAX_STATES], slope[XT_MAX_STATES];
    double rule[XT_MAX_RULES], share[XT_MAX_RULES][XT_MAX_PHASES];
} rates;

static void rates_of(rates *out, const xt_model *model, int tissue, const xt_values *values) {
    for (int k = 0; k < model->state_count; k++) {
        const xt_state *state = &model->state[k];
        if (!(state->tissues >> tissue & 1) || !state->rate) continue;
        out->state[k] = xt_expr_value(model, state->rate, values);
        out->slope[k] = state->slope ? xt_expr_value(model, state->slope, values) : 0;
    }
    for (int r = 0; r < model->remodelling_count; r++) {
        const xt_remodelling *rule = &model->remodelling[r];
        if (!(rule->tissues >> tissue & 1)) continue;
        if (rule->rate) out->rule[r] = xt_expr_value(model, rule->rate, values);
        for (int k = 0; k < model->phase_count; k++)
            if (rule->freed_to[k]) out->share[r][k] = xt_expr_value(model, rule->freed_to[k], values);
    }
}

/* Phases by the mean of two rates; targets with the values given, which are those of the step's end. */
static void remodel(const xt_model *model, int tissue, double *phase, const rates *a, const rates *b,
                    xt_values *end, double *quantity, double dt, bool bookkeeping) {
    bool any = false;
    for (int r = 0; r < model->remodelling_count; r++) {
        const xt_remodelling *rule = &model->remodelling[r];
        if (!(rule->tissues >> tissue & 1)) continue;
        any = true;
        double *f = &phase[rule->phase], share[XT_MAX_PHASES] = {0};
        if (rule->target) quantities(model, tissue, end, quantity);
        const double want =
            rule->rate ? dt * 0.5 * (a->rule[r] + b->rule[r]) : xt_expr_value(model, rule->target, end) - *f;
        double change = limited(*f, want, rule->low, rule->high);
        for (int k = 0; k < model->phase_count; k++) share[k] = 0.5 * (a->share[r][k] + b->share[r][k]);
        if (bookkeeping && change < 0) free_volume(model, rule, share, phase, -change);
        if (bookkeeping && change > 0) change -= take_volume(model, rule, phase, change);
        *f += change;
    }
    if (any && bookkeeping) fill(model, phase);
}

static void assign_values(const xt_model *model, int tissue, double *state, xt_values *end,
                          double *quantity) {
    quantities(model, tissue, end, quantity);
    for (int k = 0; k < model->state_count; k++)
        if (model->state[k].tissues >> tissue & 1 && model->state[k].value)
            state[k] = xt_expr_value(model, model->state[k].value, end);
}

void xt_cell_step(const xt_model *model, int tissue, double *phase, const double *phase0, double *state,
                  const xt_values *begin, const xt_values *end, double dt, bool bookkeeping) {
    double quantity[XT_MAX_QUANTITIES], ahead[XT_MAX_STATES], filled[XT_MAX_PHASES];
    rates a = {0}, b = {0};
    xt_values first = *begin, last = *end;
    first.phase0 = last.phase0 = phase0;
    first.quantity = last.quantity = quantity;
    first.phase = phase;
    first.state = state;
    last.phase = filled;
    last.state = ahead;
    memcpy(ahead, state, (size_t)model->state_count * sizeof *state);
    memcpy(filled, phase, (size_t)model->phase_count * sizeof *phase);

    quantities(model, tissue, &first, quantity);
    rates_of(&a, model, tissue, &first);
    for (int k = 0; k < model->state_count; k++) ahead[k] += dt * xt_phi1(dt * a.slope[k]) * a.state[k];
    assign_values(model, tissue, ahead, &last, quantity); /* targets may use them */
    remodel(model, tissue, filled, &a, &a, &last, quantity, dt, bookkeeping);
    assign_values(model, tissue, ahead, &last, quantity);

    quantities(model, tissue, &last, quantity);
    rates_of(&b, model, tissue, &last);
    for (int k = 0; k < model->state_count; k++) {
        const double bend = b.state[k] - a.state[k] - a.slope[k] * (ahead[k] - state[k]);
        if (!(model->state[k].tissues >> tissue & 1) || model->state[k].value) continue;
        state[k] = ahead[k] + dt * xt_phi2(dt * a.slope[k]) * bend;
    }
    last.state = state;
    assign_values(model, tissue, state, &last, quantity);
    last.phase = phase;
    remodel(model, tissue, phase, &a, &b, &last, quantity, dt, bookkeeping);
    assign_values(model, tissue, state, &last, quantity);
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
