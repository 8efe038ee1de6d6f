/* Everything per voxel that lives on the device, and the coefficient tables the kernels read.
 *
 * Arrays are planar: value of quantity q in cell i is at [q * cells + i], cells = mesh->blocks * XT_BLOCK,
 * block 0 (outside) included and always zero. All are fp32. Nothing here advances anything: solve/ advances
 * the species fields, tissue/ the phases, states and labels; they meet through this struct. */
#ifndef FIELDS_FIELDS_H
#define FIELDS_FIELDS_H

#include "device/device.h"
#include "mesh/mesh.h"
#include "model/model.h"

/* Coefficients of one class and species as kernels read them (kernels/transport.clh: float8). h in units of
 * time. */
typedef struct {
    float resistance; /* 1/(phi D), h/mm^2; INFINITY where nothing diffuses and outside */
    float fluid;      /* phi */
    float loss;       /* phi k, 1/h */
    float exchange;   /* K, 1/h */
    float supply;     /* K R, 1/h */
    float body_exchange,
        body_supply; /* w K, w K R: w scales the mesh's tissue up to the whole body (MODEL.md §2.3) */
    float pad;
} xt_coefficients;
_Static_assert(sizeof(xt_coefficients) == 32, "xt_coefficients is shared with the device");

/* A wall of the box: no-flux, or a fixed value per species. */
typedef struct {
    float value[6][XT_MAX_SPECIES]; /* pM; NAN: no flux */
} xt_walls;

/* A tissue that the mesh does not hold (visceral fat always; every tissue when well-mixed): one well-mixed
 * cell, kept on the host in double precision. weight 0: it feels the plasma but does not feed it, because
 * other voxels or organs already stand for its compartment. */
typedef struct {
    int tissue, compartment;
    double volume, weight; /* mm^3 of the whole body; 0 or 1 */
    double phase[XT_MAX_PHASES], phase0[XT_MAX_PHASES], state[XT_MAX_STATES];
    double rest[XT_MAX_SPECIES], peak[XT_MAX_SPECIES], reference[XT_MAX_SPECIES]; /* pM */
    double rest_before[XT_MAX_SPECIES], peak_before[XT_MAX_SPECIES]; /* a remodelling step earlier */
} xt_organ;

typedef struct xt_fields {
    const xt_model *model;
    const xt_mesh *mesh; /* NULL when well-mixed: then device is NULL too and every buffer below */
    xt_device *device;
    size_t cells;       /* 0 when well-mixed */
    double cell_volume; /* mm^3 */

    cl_mem block;    /* xt_block[blocks] */
    cl_mem material; /* xt_material[cells]: home tissue now, second tissue, its share */
    cl_mem region;   /* uchar[cells]: home tissue at the start; means are taken over it */
    cl_mem word;     /* uint[cells]: class | class of second << 8 | share << 16 */
    cl_mem phase;    /* [phase_count][cells] fractions of the home tissue's own volume */
    cl_mem bone0;    /* [cells] f0_bone (the other f0 follow from the region's composition, scaled to fill) */
    cl_mem state;    /* [state_count][cells] */
    cl_mem rest, peak;               /* [species_count][cells] pM; acute mode: current and next */
    cl_mem rest_before, peak_before; /* the same a remodelling step earlier; NULL until somebody exercises:
                                        then ->peak is what was at rest (xt_fields_before) */
    cl_mem response;                 /* [species_count][cells] d c / d c_p */
    cl_mem reference;                /* [species_count][cells] c_ref, pM */
    cl_mem scalar;                   /* float[scalar_count] */
    cl_mem coefficient;              /* xt_coefficients[256][species_count] */
    cl_mem class_tissue;             /* uchar[256] */
    cl_mem membrane; /* float[tissue_count + 1][tissue_count + 1][species_count]: 1/P, h/mm; 0: none */
    cl_mem wall;     /* float[6][species_count] */
    cl_mem epsilon;  /* float[tissue_count + 1][species_count]: exposure floor, 1e-3 x tissue mean of c_ref */

    double body_weight[XT_MAX_TISSUES + 1]; /* w of each tissue */
    double secretion_scale[XT_MAX_SPECIES]; /* makes the reference plasma level the model's baseline */
    double plasma[XT_MAX_SPECIES];          /* pM, rest or acute */
    double plasma_peak[XT_MAX_SPECIES];
    double plasma_before[XT_MAX_SPECIES], plasma_peak_before[XT_MAX_SPECIES];
    bool plasma_clamped; /* held where it is (MODEL.md §8.3, S18) */

    xt_organ *organ;
    int organ_count;

    int class_count;
    int class_levels;   /* steps that phases are rounded to; only ever gets coarser; 0: not chosen yet */
    double class_error; /* largest rounding of a phase fraction by the classes */
    unsigned geometry;  /* counts changes of the classes: solvers compare it */
    double
        max_rate; /* max over cells and species of (sum of transmissibilities + phi k + K)/phi, 1/h: explicit
                     stability (Gershgorin); set by xt_fields_create and xt_fields_update_max_rate */
    double max_radius;       /* the same with the transmissibilities twice, 1/h: bounds the spectral radius */
    float *coefficient_host; /* the table, [256][species_count][8] */
    unsigned char class_tissue_host[256];

    void *private_data;
} xt_fields;

/* Allocate and initialise from the mesh: phases from compositions (graded bone from mesh->bone), states from
 * constant initial formulas (others are initialised by tissue/), organs, weights, no fields yet, no-flux
 * walls. `walls` may be NULL. mesh NULL: well-mixed, no device needed. The mesh, model and device must
 * outlive the fields. */
xt_status xt_fields_create(xt_fields **fields, const xt_model *model, const xt_mesh *mesh, xt_device *device,
                           const xt_walls *walls, xt_error *err);
void xt_fields_free(xt_fields *fields);

/* Bytes on the device that xt_fields_create will take, without a device; solver_arrays: further float arrays
 * per cell. */
double xt_fields_bytes(const xt_model *model, const xt_mesh *mesh, int solver_arrays);

/* Give every cell its class from its tissue and (quantised) phases, rebuild the coefficient table if the set
 * of classes or the table changed, count fields->geometry up if any word changed. */
xt_status xt_fields_classify(xt_fields *fields, xt_error *err);

/* Recompute fields->max_rate and ->max_radius after the geometry changed (before acute stepping). Blocking.
 */
xt_status xt_fields_update_max_rate(xt_fields *fields, xt_error *err);

/* Remodelling steps: take the levels as they are (fields, plasma and organs; at the peak too if `peak`) for
 * those of the last step, and in their place what they become if they go on changing as they did: now +
 * ratio (now - before), not below 0. ratio: of the coming step to the last; 0: they stay. */
xt_status xt_fields_predict(xt_fields *fields, double ratio, bool peak, xt_error *err);

/* The earlier fields: ->peak lends its room while nobody exercises. peak false: those at rest. */
cl_mem *xt_fields_before(xt_fields *fields, bool peak);
/* Room of their own for them, from the first exercise on. */
xt_status xt_fields_keep_both(xt_fields *fields, xt_error *err);

/* Make every cell's reference the mean of its tissue instead of its own level (the experiment of MODEL.md
 * §2.5): cells then feel where in the tissue they are, and the young state is no longer stationary. After the
 * reference was solved. */
xt_status xt_fields_reference_means(xt_fields *fields, xt_error *err);

/* Upload scalars (model order) for the kernels. */
xt_status xt_fields_set_scalars(xt_fields *fields, const double *scalar, xt_error *err);

/* Smallest and largest value over tissue cells, and whether all are finite (and where not: cell index, else
 * -1), of one planar array of a buffer. Blocking. */
typedef struct {
    double low, high;
    long long bad_cell;
} xt_range;
xt_status xt_fields_range(xt_range *range, xt_fields *fields, cl_mem buffer, int plane, xt_error *err);

/* Largest |1 - sum of phases| over tissue cells. Blocking. */
xt_status xt_fields_fraction_defect(double *defect, xt_fields *fields, xt_error *err);

/* Sums that stay right to 1e-7 whatever the size and are the same on every run: a kernel adds one (sum,
 * compensation) pair per work-item, XT_SUM_ITEMS of them, per quantity; the host adds those in double
 * precision, in order. xt_sums_create makes the buffer for `count` sums; kernels write sum k of item i at
 * float2[k * XT_SUM_ITEMS + i] (kernels/sum.clh has the add and the loop). */
enum { XT_SUM_ITEMS = 4096 };
typedef struct {
    cl_mem partial;
    int count;
} xt_sums;
xt_status xt_sums_create(xt_sums *sums, xt_device *device, int count, xt_error *err);
void xt_sums_free(xt_device *device, xt_sums *sums);
xt_status xt_sums_read(double *result, xt_device *device, const xt_sums *sums, xt_error *err);

#endif
