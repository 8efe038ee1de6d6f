#include "solve/internal.h"

#include <stdlib.h>

static double mixed_fluid(const xt_fields *fields, unsigned word, int species) {
    const int count = fields->model->species_count;
    const double share = (double)(word >> 16) / 65535.0;
    const double home =
        fields->coefficient_host[((size_t)(word & 255u) * (size_t)count + (size_t)species) * 8 + 1];
    const double second =
        fields->coefficient_host[((size_t)(word >> 8 & 255u) * (size_t)count + (size_t)species) * 8 + 1];
    return home + share * (second - home);
}

/* Is the centre of a tissue cell within the radius? */
static bool reached(const xt_mesh *mesh, size_t cell, const double centre[3], double radius) {
    int voxel[3];
    double square = 0;
    xt_mesh_position(mesh, cell, voxel);
    for (int axis = 0; axis < 3; axis++) {
        const double away = (voxel[axis] + 0.5) * mesh->spacing[axis] - centre[axis];
        square += away * away;
    }
    return square <= radius * radius;
}

xt_status xt_solver_bolus(xt_solver *solver, int species, double amount, const double centre[3],
                          double radius, xt_error *err) {
    xt_fields *fields = solver->fields;
    xt_ledger *ledger = &solver->ledger[species];
    xt_solver_disturbed(solver);
    if (radius <= 0 || !fields->mesh) {
        fields->plasma[species] += amount / fields->model->plasma_volume;
        ledger->plasma_in += amount;
        ledger->plasma_stored += amount;
        return XT_OK;
    }
    const size_t cells = fields->cells, at = (size_t)species * cells * sizeof(float);
    xt_status status = XT_OK;
    float *plane = malloc(cells * sizeof *plane);
    unsigned *word = malloc(cells * sizeof *word);
    if (!plane || !word) {
        status = xt_no_memory(err, "bolus", cells * sizeof *plane);
        goto done;
    }
    XT_GO(xt_buffer_read(fields->device, fields->word, 0, cells * sizeof *word, word, err));
    XT_GO(xt_buffer_read(fields->device, fields->rest, at, cells * sizeof *plane, plane, err));
    double fluid = 0;
    for (size_t i = XT_BLOCK; i < cells; i++)
        if ((word[i] & 255u) && reached(fields->mesh, i, centre, radius))
            fluid += mixed_fluid(fields, word[i], species) * fields->cell_volume;
    if (fluid <= 0) {
        status = xt_fail(err, XT_USAGE, "bolus of %s: no tissue within %g mm of (%g, %g, %g) mm",
                         fields->model->species[species].name, radius, centre[0], centre[1], centre[2]);
        goto done;
    }
    double stored = 0;
    for (size_t i = XT_BLOCK; i < cells; i++)
        if ((word[i] & 255u) && reached(fields->mesh, i, centre, radius)) {
            const float old = plane[i];
            plane[i] = (float)((double)old + amount / fluid);
            stored += ((double)plane[i] - (double)old) * mixed_fluid(fields, word[i], species) *
                      fields->cell_volume;
        }
    XT_GO(xt_buffer_write(fields->device, fields->rest, at, cells * sizeof *plane, plane, err));
    ledger->produced += amount;
    ledger->stored += stored;
done:
    free(plane);
    free(word);
    return status;
}
