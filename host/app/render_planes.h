/* What lies in a plane of a moment's volume, laid out as frames take it. */
#ifndef APP_RENDER_PLANES_H
#define APP_RENDER_PLANES_H

#include "app/render.h"
#include "app/slice_text.h"
#include "observe/frame.h"
#include "observe/plane.h"

/* The def points into the rest. Free with xt_render_slice_free; zeroed is fine. */
typedef struct {
    xt_frame_def def;
    float *value;
    uint8_t *tissue, *second;
    uint16_t *share;
    xt_plane plane;
    xt_side_text letters[4];
    int index;
} xt_render_slice;

/* The voxel along the axis; of oblique planes their number among those asked for. XT_USAGE outside the box.
 */
xt_status xt_render_slice_place(int *index, const xt_render_plane *plane, int number,
                                const xt_vti_image *image, xt_error *err);
/* Fills in nx, ny, spacing, side, clip, and value [nx * ny] (all NAN without a field), tissue, second, share;
 * def.width is the picture's. field NULL: labels alone. */
xt_status xt_render_slice_take(xt_render_slice *slice, const xt_render_plane *plane, xt_snapshot *now,
                               const xt_view_field *field, xt_error *err);
void xt_render_slice_free(xt_render_slice *slice);

/* The longest edge of a voxel that lies in the plane, mm. */
double xt_render_voxel(const xt_render_plane *plane, const xt_vti_image *image);
/* What is known of how far a field's gradients reach. */
xt_fading xt_render_fading(const xt_view_field *field);

#endif
