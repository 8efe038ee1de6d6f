/* A dense volume on the device, ready to be marched through: how much of up to four surfaces' tissues is in
 * every voxel, and up to four fields.
 *
 * A *surface* is where the share of its tissues is one half. A tissue may count for several surfaces, so
 * surfaces can be nested (skin around muscle around bone); the order of the surfaces is from the outside in.
 * Shares are smoothed by the binomial weights (1 2 1)/4 along each axis, twice, and kept as distances from
 * the surface: a plane stays where it is and gets the right normal, a sphere of radius r voxels shrinks by
 * 1/r of a voxel, what is thinner than about two voxels fades. Surfaces that are labelled (hardly a voxel is
 * partly theirs) are smoothed over some three voxels, so that steps go, but every voxel stays on its side of
 * the surface. Where the body is cut by a wall of the box it goes on beyond; where it only touches it, it
 * ends there. Fields are kept in 15 bits between `low` and `high` and are never smoothed.
 *
 * Device memory, bytes a voxel: 4 for the surfaces, 4 more while they are filled, 2 for each field, and
 * about 0.4 for the rest. Voxels are centred at (i + 1/2) spacing; x runs fastest. */
#ifndef RENDER_VOLUME_H
#define RENDER_VOLUME_H

#include <stdbool.h>
#include <stdint.h>
#include "device/device.h"
#include "fields/fields.h"

enum { XT_RENDER_SURFACES = 4, XT_RENDER_FIELDS = 4 };

typedef struct xt_volume xt_volume;

/* Empty: no tissue anywhere, fields nowhere known. Builds the kernels. XT_USAGE for sides below 1 or more
 * than 2^31 - 1 voxels or spacings that are no positive numbers; XT_DEVICE, with the bytes and what the
 * device can give, where it does not fit. The device must outlive the volume. */
xt_status xt_volume_create(xt_volume **volume, xt_device *device, const int dims[3], const double spacing[3],
                           int surfaces, int fields, xt_error *err);
void xt_volume_free(xt_volume *volume); /* NULL is fine */

void xt_volume_size(int dims[3], double spacing[3], const xt_volume *volume);
/* Device bytes that a volume takes at its most, without a device. */
double xt_volume_bytes(const int dims[3], int surfaces, int fields);

/* Fill the surfaces. surface_of_tissue[t]: bit s is set if tissue t belongs to surface s. tissue, second and
 * share are dense, [dims[0] * dims[1] * dims[2]]; second and share as in xt_material, or both NULL. */
xt_status xt_volume_tissues(xt_volume *volume, const uint8_t *tissue, const uint8_t *second,
                            const uint16_t *share, const uint8_t surface_of_tissue[256], xt_error *err);

/* Fill a field: values dense, anything that is not finite counts as "not here" and neither glows nor bleeds
 * into its neighbours. low < high, of the values; `log`: both above 0, values below low count as low. Values
 * beyond the limits are clamped. */
xt_status xt_volume_field(xt_volume *volume, int slot, const float *value, double low, double high, bool log,
                          xt_error *err);

/* The same from a running simulation, without leaving the device; the volume must have the mesh's dims.
 * Values outside the tissue are not here. buffer, plane: a planar float array over the cells. */
xt_status xt_volume_tissues_of_cells(xt_volume *volume, const xt_fields *fields,
                                     const uint8_t surface_of_tissue[256], xt_error *err);
xt_status xt_volume_field_of_cells(xt_volume *volume, int slot, const xt_fields *fields, cl_mem buffer,
                                   int plane, double low, double high, bool log, xt_error *err);

#endif
