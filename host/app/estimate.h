/* What a scene will cost before any of it is built: grid, memory, and the finest spacing that fits. */
#ifndef APP_ESTIMATE_H
#define APP_ESTIMATE_H

#include "device/device.h"
#include "mesh/geometry.h"
#include "model/model.h"
#include "scene/scene.h"

/* Float arrays a cell that solve/ and tissue/ hold besides the fields and what xt_solver_bytes says, and
 * bytes that do not grow with the grid: measured as xt_device_bytes_peak of runs at 3 mm and 1 mm. */
enum { XT_SOLVER_ARRAYS = 1, XT_FIXED_BYTES = 1600000 };

typedef struct {
    int dims[3];
    double spacing[3];    /* mm */
    double voxels, cells; /* tissue voxels; cells that are stored, padding of the blocks included */
    double device_bytes;  /* on the device */
    double host_bytes;    /* in the host's memory, label volume and mesh */
} xt_estimate;

/* Bytes on the device for so many cells in a box of `dims` voxels, views of the volume included. */
double xt_estimate_bytes(const xt_scene *scene, const xt_model *model, const int dims[3], double cells);

/* Estimate from a copy of the scene's geometry, built on a coarser grid where its own would be large: voxels
 * within a few per cent. Refuses (XT_USAGE) a grid that needs more than `device_limit` bytes on the device or
 * `host_limit` bytes on the host, with the estimate and the finest spacing that fits. Limits of 0 are not
 * looked at. Errors of the geometry as they are. */
xt_status xt_estimate_make(xt_estimate *estimate, const xt_scene *scene, const xt_model *model,
                           double device_limit, double host_limit, xt_error *err);

/* "221720", "6.4 million"; "40 MiB", "1.27 TiB". Return buffer. */
const char *xt_count_text(double count, char buffer[32]);
const char *xt_bytes_text(double bytes, char buffer[32]);

/* Physical memory of this machine, bytes; 0 if it does not say. */
double xt_host_memory(void);

/* One device of the list as --device chooses it, without opening it. */
xt_status xt_estimate_device(xt_device_info *info, const char *spec, xt_error *err);

/* Seconds that a run may take on this device, to a factor of about three, 0 if its bandwidth is not known:
 * chronic or acute steps times what a step costs. *steps: how many. device may be NULL. */
double xt_estimate_seconds(double *steps, const xt_estimate *estimate, const xt_scene *scene,
                           const xt_model *model, const xt_device_info *device);

#endif
