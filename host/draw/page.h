/* The furniture of a figure, whatever its pictures are: title, badge and note, colour bars, a legend, a scale
 * bar, letters at the edges, panel captions; dark or light. The page lays itself out and says in which
 * rectangles the caller paints.
 *
 *     XT_TRY(xt_page_create(&page, &image, &def, font, err));
 *     ... paint into page->panel[i] ...
 *     xt_page_draw(&image, page);
 *     xt_page_free(page);
 *
 * Sizes scale with the width, so that a page of 1800 pixels looks like one of 900, twice as fine. */
#ifndef DRAW_PAGE_H
#define DRAW_PAGE_H

#include "draw/font.h"
#include "draw/scale.h"

enum { XT_PAGE_PANELS = 64, XT_PAGE_BARS = XT_PAGE_PANELS, XT_PAGE_KEYS = 255 };

typedef struct {
    double x, y, w, h; /* left, top, size; pixels, fractions where the picture needs them */
} xt_rect;

typedef struct {
    xt_colour ground, ink, grey, rule, missing, missing_line, badge, badge_ink;
} xt_palette;
xt_palette xt_palette_of(bool dark);

typedef struct {
    const xt_scale *scale;
    const char *label; /* "irisin"; "_" is shown as a space. NULL: none */
    const char *unit;  /* "pM"; NULL or "1": none is shown */
} xt_page_bar;

typedef struct {
    const char *name; /* "_" is shown as a space */
    xt_colour colour;
    const xt_colormap *map; /* not NULL: shown instead of the one colour, from left to right */
} xt_page_key;

typedef struct {
    double width,
        height;          /* of what is shown, mm (or any unit, without a scale bar); sets the panel's shape */
    const char *side[4]; /* letters at the left, right, bottom, top edge, e.g. "L" "R" "P" "A"; NULL: none */
    const char *caption; /* above the panel: "b   z = 12 mm"; NULL: none */
    int bar; /* bar drawn at this panel's right, or at that of the last panel with it; -1: none, its bar is in
                the column */
} xt_page_panel;

/* Where in the box the panels lie: a small drawing of the box at the top right, with the planes in it. */
typedef struct {
    double box[3];             /* mm */
    const double (*corner)[3]; /* of all planes, one after the other, mm from the box's first corner */
    const int *corners;        /* [planes] how many each has */
    int planes;
} xt_page_locator;

/* All pointers are borrowed until the page is freed. Texts are UTF-8; NULL leaves one out. */
typedef struct {
    const char *title;    /* "Irisin in the thigh" */
    const char *subtitle; /* "age 62.3 y · day 13 620" */
    const char *badge;    /* a warning beside the title that nobody overlooks: "not resolved" */
    const char *note;     /* up to three lines at the bottom, what a reader must know */
    const char *corner;   /* small, at the right of the scale bar: "voxel 0.5 mm" */
    const xt_page_panel *panel;
    int panels;  /* 1 to XT_PAGE_PANELS; all at one scale */
    int columns; /* of panels; 0: what makes them largest */
    const xt_page_bar *bar;
    int bars; /* those that no panel names stand in the column at the right, one below the other */
    const xt_page_key *key;
    int keys;                       /* of the legend, in the same column */
    const xt_page_locator *locator; /* NULL: none */
    bool scale_bar;                 /* panels are in mm */
    bool whole_pixels; /* panels begin and end between pixels: for pictures that come as pixels */
    bool dark;         /* light on a dark ground */
    int width, height; /* pixels; height 0: as the panels need it, between 0.45 and 1.6 of the width */
} xt_page_def;

/* One panel, 900 pixels wide, everything else empty. */
void xt_page_def_default(xt_page_def *def);

typedef struct xt_page_private xt_page_private;
typedef struct {
    int width, height;
    double unit;                   /* one pixel of a page 900 wide, or 620 high if that is less */
    xt_rect panel[XT_PAGE_PANELS]; /* where the caller paints */
    double per_mm;                 /* pixels per mm (or the panels' unit), the same both ways */
    double bar_mm, bar_x, bar_y;   /* scale bar: length, left end, top; bar_mm * per_mm pixels long */
    xt_palette palette;
    xt_page_private *own;
} xt_page;

/* Lay out and create *image, filled with the ground. The caller frees both, the image by xt_image_free.
 * font NULL: no text. XT_USAGE for a size out of 200..8192 by 150..8192. */
xt_status xt_page_create(xt_page **page, xt_image *image, const xt_page_def *def, xt_font *font,
                         xt_error *err);
/* The furniture, over what has been painted. */
void xt_page_draw(xt_image *image, const xt_page *page);
void xt_page_free(xt_page *page); /* NULL-safe */

/* A length in the unit that makes it a small number: "5 cm", "20 µm". Returns text. */
const char *xt_length_text(char *text, size_t size, double mm);

/* Three axes as arrows from (x, y), `size` pixels long where they lie in the picture: axis k points along
 * (direction[k][0] right, direction[k][1] up, direction[k][2] towards the viewer), a unit vector. For volume
 * pictures: the letters at the arrows' heads say where R, A and S are. */
void xt_page_triad(xt_image *image, const xt_page *page, double x, double y, double size,
                   const double direction[3][3], const char *const letter[3]);

#endif
