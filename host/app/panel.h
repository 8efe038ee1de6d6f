/* A few lines, and a picture below them, that are drawn in place at the end of a terminal's text: for
 * xt_log_panel.
 *
 * Uses only what every terminal of the last decades knows (cursor up and down, erase, save and restore,
 * autowrap), and leaves it as it was after every drawing: nothing has to be put back at the end. */
#ifndef APP_PANEL_H
#define APP_PANEL_H

#include "app/inline_picture.h"
#include "base/log.h"

typedef struct xt_panel xt_panel;

xt_status xt_panel_create(xt_panel **panel, xt_inline_way way, xt_error *err);
void xt_panel_free(xt_panel *panel); /* NULL-safe. What it drew stays */

/* What to show from now on: lines ended by '\n' that fit the terminal, and a picture (may be NULL; bytes are
 * copied; the same `serial` as before: the same picture, which is not sent again). Drawn when the log next
 * draws. */
void xt_panel_set(xt_panel *panel, const xt_text *lines, const xt_inline_picture *picture, unsigned serial);

/* The terminal's size has changed: what was drawn is no longer where it was. The next drawing begins anew
 * below. */
void xt_panel_forget(xt_panel *panel);

/* The next drawing sends all of it again, the picture too. */
void xt_panel_refresh(xt_panel *panel);

/* The log's hooks; the context is the panel. */
void xt_panel_erase(FILE *out, void *panel);
void xt_panel_draw(FILE *out, void *panel);

/* Ends whatever sequence is under way and all modes that a drawing sets: for a signal handler that ends the
 * program in the middle of one. */
extern const char xt_panel_restore[];

#endif
