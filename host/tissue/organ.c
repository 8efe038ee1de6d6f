/* Organs by the rules of their tissue: host only, in double precision. */
#include <math.h>
#include "tissue/internal.h"

static void exposures(double *exposure, const xt_model *model, const double *level, const double *before,
                      double ahead, const double *reference) {
    for (int k = 0; k < model->species_count; k++) {
        const double floor = 1e-3 * reference[k], now = fmax(level[k] + ahead * (level[k] - before[k]), 0);
        exposure[k] = reference[k] > 0 ? (now + floor) / (reference[k] + floor) : 1;
    }
}

void xt_organ_step(const xt_model *model, xt_organ *organ, const xt_tissue_span *span, const double *rows) {
    const bool peak = model->peak_share >= 0 && span->begin[model->peak_share] > 0;
    const double *level = peak ? organ->peak : organ->rest,
                 *before = peak ? organ->peak_before : organ->rest_before;
    for (int n = 0; n < span->substeps; n++) {
        double rest[2][XT_MAX_SPECIES], top[2][XT_MAX_SPECIES];
        xt_values values[2];
        for (int end = 0; end < 2; end++) {
            const double ahead = span->ahead * (n + end) / span->substeps;
            exposures(rest[end], model, organ->rest, organ->rest_before, ahead, organ->reference);
            exposures(top[end], model, level, before, ahead, organ->reference);
            values[end] = (xt_values){.scalar = rows + (size_t)(n + end) * (size_t)model->scalar_count,
                                      .exposure_rest = rest[end],
                                      .exposure_peak = top[end],
                                      .beside = organ->phase}; /* an organ is its own neighbour */
        }
        xt_cell_step(model, organ->tissue, organ->phase, organ->phase0, organ->state, &values[0], &values[1],
                     span->dt / span->substeps, false);
    }
}
