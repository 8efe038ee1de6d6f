/* What scenes call by name in their pictures and volumes: a field, an exposure, a fraction, a state, the
 * tissues. */
#ifndef APP_QUANTITY_H
#define APP_QUANTITY_H

#include "fields/fields.h"
#include "fields/gather.h"
#include "scene/scene.h"

typedef struct {
    xt_show_kind kind;
    int index;   /* species, phase or state */
    bool peak;   /* the exercise-peak field */
    bool within; /* fractions are those of the home tissue, not of the whole voxel: for pictures, which draw
                    its edge where it is */
    char name[80], label[160], brief[96], unit[16]; /* brief: for a colour bar */
} xt_quantity_shown;

/* Resolve a name against the model; XT_USAGE at file:line:col of the scene with the nearest known one. */
xt_status xt_quantity_find(xt_quantity_shown *shown, const char *name, bool peak, const xt_model *model,
                           const xt_source *source, int line, int col, xt_error *err);

/* The device arrays it is made of, as raw planes. */
typedef struct {
    int count;
    cl_mem buffer[3];
    int plane[3];
} xt_quantity_parts;
void xt_quantity_parts_of(xt_quantity_parts *parts, const xt_quantity_shown *shown, const xt_fields *fields);

/* Values from the fetched planes (count values each, in the parts' order): pM, 1, or NAN where a tissue has
 * no such state. A fraction is that of the whole voxel, its second tissue at its composition. epsilon:
 * [tissue_count + 1][species_count], as on the device. material: of the same cells. */
void xt_quantity_compose(float *value, const xt_quantity_shown *shown, const xt_model *model,
                         const void *const *plane, const xt_material *material, const float *epsilon,
                         size_t count);

#endif
