/* Generated OpenCL text that loads what formulas need of one cell; shared by every kernel that evaluates
 * formulas.
 *
 * Names in generated kernels, and what they stand for (all arrays planar, [plane * cells + i]):
 *
 *     int i, cells      the cell; stride of a plane
 *     int tissue        its home tissue now (material[i].tissue)
 *     s                 fields->scalar        region    fields->region     phase    fields->phase
 *     bone0             fields->bone0         state     fields->state      rest     fields->rest
 *     peak              fields->peak          reference fields->reference  epsilon  fields->epsilon
 *
 * and after the loads, as xt_expr_emit names them: f_<phase>, f0_<phase>, state_<state>, c_<species> (of
 * rest), u_<species> and peak_<species> (exposures (c + eps)/(c_ref + eps) of rest and peak). Quantities,
 * section and beside() are the caller's. */
#ifndef FIELDS_CELL_TEXT_H
#define FIELDS_CELL_TEXT_H

#include "fields/fields.h"

/* Which values formulas use; bit k: the k-th of its kind. `= {0}` is none. */
typedef struct {
    unsigned phase, phase0, state, field, exposure, peak, beside;
    unsigned long long quantity;
    bool scalar, section;
} xt_cell_uses;

/* Add what `expr` uses, through quantities too (of every tissue). NULL is fine. */
void xt_cell_uses_add(xt_cell_uses *uses, const xt_model *model, const xt_expr *expr);

/* Does it need anything but scalars and constants? */
bool xt_cell_uses_voxel(const xt_cell_uses *uses);

/* A float literal of OpenCL C, exact for the float nearest to `value`. */
void xt_cell_text_number(xt_text *out, double value);

/* File-scope tables that the loads refer to. Before the first kernel, once a program. */
void xt_cell_text_tables(xt_text *out, const xt_model *model);

/* Declarations ", __global const float *phase, ..." of the buffers that the loads read, in a fixed order:
 * appended to a kernel's parameters. A kernel that writes one of them declares it itself under the same name
 * instead. */
void xt_cell_text_parameters(xt_text *out, const xt_cell_uses *uses);

/* The buffers of those parameters, in the same order: args[0..return value). At most XT_CELL_ARGS. The args
 * point into `fields`. */
enum { XT_CELL_ARGS = 10 };
int xt_cell_args(xt_arg *args, const xt_fields *fields, const xt_cell_uses *uses);

/* Their names alone, ", phase, bone0": to call a generated function whose parameters are those of
 * xt_cell_text_parameters. */
void xt_cell_text_pass(xt_text *out, const xt_cell_uses *uses);

/* The loads: one `const float name = ...;` a line. Needs i, cells, tissue in scope. */
void xt_cell_text_loads(xt_text *out, const xt_model *model, const xt_cell_uses *uses);

/* f0 of a cell that was tissue `region` at the start, on the host: bone as given, the other phases of the
 * composition scaled to fill what bone leaves. */
void xt_cell_phase0(double *phase0, const xt_model *model, int region, double bone0);

#endif
