/* Smooth resampling of labels: no staircase where the new grid is finer, few lies where it is coarser.
 *
 * Each tissue's indicator (one in its voxels, zero elsewhere, constant within a voxel) is convolved with a
 * Gaussian, exactly: the weight of a voxel for a point is a difference of error functions along each axis. A
 * point belongs to the tissue with the largest value, and to the outside where the outside has more than
 * half. The share of the second tissue is the part of the voxel beyond the surface where the two are equal,
 * taken as a plane at its distance along its normal. Beyond the volume's ends its last voxels continue, so a
 * cut limb keeps its cut face.
 *
 * A convex surface of radius R moves inwards by about sigma^2 / (2 R) (cylinder): 0.2 % of the volume of a
 * femur at 1 mm. Sheets of one input voxel become about 7 % thinner. */
#ifndef MESH_RESAMPLE_H
#define MESH_RESAMPLE_H

#include "mesh/mesh.h"

typedef struct xt_resampler xt_resampler;

/* `tissue`: [dims product], x fastest, borrowed until freed. All lengths mm, points from the volume's first
 * corner. sigma per axis. The output grid: dims `out`, spacing, first corner. */
typedef struct {
    const uint8_t *tissue;
    int dims[3];
    double spacing[3], sigma[3];
    int out[3];
    double out_spacing[3], first[3];
    double weight[256]; /* of each tissue's value in the comparison; xt_resample_balance or all one */
} xt_resampling;

/* Weights for which the volumes of the smoothed tissues are those of the labels, within the sampling error of
 * 200,000 points; between 1/4 and 4. Depends on the labels and sigma only, not on the output grid. */
xt_status xt_resample_balance(double weight[256], const xt_resampling *what, xt_error *err);

xt_status xt_resampler_new(xt_resampler **resampler, const xt_resampling *what, xt_error *err);
void xt_resampler_free(xt_resampler *resampler);

/* Slice z of the output. *dropped grows as in shares.h. */
void xt_resample_slice(xt_material *material, xt_resampler *resampler, int z, double *dropped);

/* Part of a box with edges `size`, centred on the origin, that lies where normal . x > distance (normal of
 * length 1). */
double xt_box_beyond(const double size[3], const double normal[3], double distance);

#endif
