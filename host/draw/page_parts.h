/* What the files of a page share. Private to page*.c. */
#ifndef DRAW_PAGE_PARTS_H
#define DRAW_PAGE_PARTS_H

#include "draw/page.h"

enum { XT_NOTE_LINES = 3, XT_NAME_SIZE = 96 };

/* A bar and where it stands. */
typedef struct {
    xt_tick tick[XT_MAX_TICKS];
    int ticks;
    char label[256];
    double width; /* with marks and label, without the gap before it */
    xt_rect at;   /* the coloured part */
    bool beside;  /* a panel, not in the column */
} xt_placed_bar;

struct xt_page_private {
    xt_page_def def;
    xt_font *font;
    double margin;
    xt_text_style title, subtitle, body, small;
    double area_x, area_y, area_w, area_h; /* what panels and column share, without margins */
    double letters, caption;               /* room at each side of a panel, and above it */
    double column;                         /* width of the column with its gap; 0: none */
    double key_x, key_y, key_step;
    char note[XT_NOTE_LINES][512];
    int notes;
    xt_placed_bar *bar; /* [def.bars] */
};

/* The locator, its right edge at `right`, between top and bottom. Returns the width it takes. In
 * page_locator.c. */
double xt_page_locate(xt_image *image, const xt_page *page, double right, double top, double bottom);

/* "periosteum_outer" -> "periosteum outer"; returns buffer. */
const char *xt_shown_name(const char *name, char *buffer, size_t size);

#endif
