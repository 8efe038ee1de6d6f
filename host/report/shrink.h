/* Volumes made smaller by averaging: every voxel of the small volume is the mean of what it covers, with the
 * covered share of each large voxel as its weight. Nothing is picked out, so nothing aliases. The weights are
 * integers, so a mean of equal values is that value and the mean of the whole is kept.
 *
 * Slices are given one after the other; the large volume never has to be in memory. */
#ifndef REPORT_SHRINK_H
#define REPORT_SHRINK_H

#include <stdint.h>
#include "base/error.h"

typedef struct {
    int from[3], to[3]; /* voxels, x fastest; to[i] <= from[i] */
    int planes;
    double *sum;  /* [planes][to z][to y][to x] */
    double *flat; /* [planes][to y][to x], one slice */
} xt_shrink;

/* The finest grid of about cubic voxels, none finer than `spacing`, with at most `voxels` of them and at most
 * `axis` along an edge. */
void xt_shrink_dims(int to[3], const int from[3], const double spacing[3], double voxels, int axis);

/* planes: 2 for a field, the number of groups for labels. Free with xt_shrink_free. */
xt_status xt_shrink_create(xt_shrink *shrink, const int from[3], const int to[3], int planes, xt_error *err);
void xt_shrink_free(xt_shrink *shrink);
void xt_shrink_clear(xt_shrink *shrink);

/* One slice of a field, [from y][from x]; NAN is not known and takes no part. */
void xt_shrink_field(xt_shrink *shrink, const float *value, int z);
/* The means, [to z][to y][to x]; NAN where nothing is known. */
void xt_shrink_means(float *mean, const xt_shrink *shrink);

/* One slice of tissues: group[tissue] is a plane, or -1 for none. second, share (together, or both NULL):
 * what else is in the voxel, and how much; where it is in no group it counts as the voxel's own tissue. */
void xt_shrink_tissues(xt_shrink *shrink, const uint8_t *tissue, const uint8_t *second, const float *share,
                       int z, const int8_t group[256]);
/* The share of every group in each voxel, in units of 1/255: [planes][to z][to y][to x]. */
void xt_shrink_shares(uint8_t *share, const xt_shrink *shrink);

#endif
