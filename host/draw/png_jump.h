/* libpng reports by a callback that must not return: back to where the work began, with what it said. Private
 * to png.c and png_read.c, whose jobs begin with an xt_png_jump and are libpng's error pointer. */
#ifndef DRAW_PNG_JUMP_H
#define DRAW_PNG_JUMP_H

#include <png.h>
#include <setjmp.h>
#include <stdio.h>

typedef struct {
    jmp_buf back;
    char message[160];
} xt_png_jump;

static inline void xt_png_on_error(png_structp png, png_const_charp message) {
    xt_png_jump *jump = png_get_error_ptr(png);
    snprintf(jump->message, sizeof jump->message, "%s", message);
    longjmp(jump->back, 1);
}

static inline void xt_png_on_warning(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}

#endif
