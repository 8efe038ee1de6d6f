/* Several slices on one page: positions, axes or fields side by side, at one scale, with one colour bar where
 * they can share it. A frame is a montage of one. */
#ifndef OBSERVE_MONTAGE_H
#define OBSERVE_MONTAGE_H

#include "draw/page.h"
#include "observe/frame.h"

enum { XT_MONTAGE_PANELS = 64 };

/* All pointers are borrowed for the call. */
typedef struct {
    const char *title, *subtitle, *badge, *note; /* of the page (draw/page.h) */
    const xt_frame_def *panel;      /* of each, the page's keys (title to note, dark, width, height,
                                       depth, metadata) are not used */
    int panels;                     /* 1 to XT_MONTAGE_PANELS */
    const xt_page_locator *locator; /* where the slices lie; NULL: not drawn */
    int columns;                    /* 0: what makes them largest */
    bool dark;
    int width, height;       /* as in xt_frame_def */
    int depth;               /* of the file: 8 or 16 bits a channel; 0: 8 */
    const xt_png_text *text; /* of the file */
    int texts;
} xt_montage_def;

/* *image is created; the caller frees it. layout: [panels] or NULL. font NULL: no text. Panels that show the
 * same quantity (label and unit) on the same scale share a colour bar; give them the same limits for that.
 * Limits that are NAN are found for each panel by itself. Errors as of xt_frame_draw. */
xt_status xt_montage_draw(xt_image *image, xt_frame_layout *layout, const xt_montage_def *def, xt_font *font,
                          xt_error *err);

/* Draw and write as PNG. */
xt_status xt_montage_write(const char *path, const xt_montage_def *def, xt_font *font, xt_error *err);

#endif
