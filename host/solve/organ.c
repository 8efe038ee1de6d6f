#include "solve/internal.h"

#include <math.h>
#include <string.h>

double xt_organ_steady(const xt_fields *fields, const xt_organ *organ, int species, double plasma,
                       double source, const double *scalar, bool peak) {
    xt_transport t;
    xt_model_transport(&t, fields->model, species, organ->tissue, organ->phase0);
    const double loss = t.fluid * t.loss + t.exchange, gain = source + t.exchange * t.partition * plasma;
    double c = loss > 0 ? gain / loss : 0;
    if (!fields->model->species[species].reaction) return c;
    /* Newton, with the slope by differences and never against the sign of a loss */
    double level[XT_MAX_SPECIES];
    memcpy(level, peak ? organ->peak : organ->rest, sizeof level);
    if (level[species] > 0) c = level[species];
    for (int pass = 0; pass < 100; pass++) {
        const double shift = fmax(1e-6 * fabs(c), 1e-12);
        level[species] = c;
        const double at = xt_source_organ_reaction(fields, organ, species, scalar, level, t.fluid);
        level[species] = c + shift;
        const double beyond = xt_source_organ_reaction(fields, organ, species, scalar, level, t.fluid);
        const double slope = loss + fmax(0, (at - beyond) / shift);
        const double change = slope > 0 ? (gain - loss * c + at) / slope : 0;
        c += change;
        if (fabs(change) <= 1e-13 * fabs(c)) break;
    }
    return c;
}

xt_organ_flow xt_organs_flow(double *level, const xt_fields *fields, int species, double plasma,
                             const double *scalar, xt_source_kind kind) {
    xt_organ_flow flow = {0};
    for (int o = 0; o < fields->organ_count; o++) {
        const xt_organ *organ = &fields->organ[o];
        xt_transport t;
        xt_model_transport(&t, fields->model, species, organ->tissue, organ->phase0);
        const double source = xt_source_organ(fields, organ, species, scalar, kind);
        const bool peak = kind == XT_SOURCE_PEAK;
        level[o] = xt_organ_steady(fields, organ, species, plasma, source, scalar, peak);
        double slope_c = 0;
        if (t.fluid * t.loss + t.exchange > 0) {
            slope_c = t.exchange * t.partition / (t.fluid * t.loss + t.exchange);
            if (fields->model->species[species].reaction) {
                const double shift = fmax(1e-4 * fabs(plasma), 1e-9);
                slope_c = (xt_organ_steady(fields, organ, species, plasma + shift, source, scalar, peak) -
                           level[o]) /
                          shift;
            }
        }
        const double scale = organ->weight * organ->volume * t.exchange;
        flow.to_plasma += scale * level[o];
        flow.from_plasma += scale * t.partition * plasma;
        flow.slope += scale * (slope_c - t.partition);
    }
    return flow;
}

void xt_organs_store(xt_fields *fields, int species, const double *level, xt_source_kind kind) {
    for (int o = 0; o < fields->organ_count; o++) {
        xt_organ *organ = &fields->organ[o];
        if (kind == XT_SOURCE_PEAK)
            organ->peak[species] = level[o];
        else
            organ->rest[species] = level[o];
    }
}
