#include "app/panel.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct xt_panel {
    pthread_mutex_t lock;
    xt_inline_way way;
    xt_text lines, bytes, sent; /* to show; to show; the buffer of a drawing */
    int line_count, rows;
    unsigned serial;
    struct { /* what stands on the screen, above the cursor */
        int lines, rows;
        unsigned serial;
        bool stale; /* to be drawn from its beginning whatever it is */
    } drawn;
};

/* The end of a string that was cut (Ctrl-C drops what is on its way to the terminal), synchronised output (a
 * terminal that knows it shows the whole at once), and no wrapping of lines that are too long. */
static const char begin[] = "\033\\\033[?2026h\033[?7l", end[] = "\033[?7h\033[?2026l";
const char xt_panel_restore[] = "\033\\\033[0m\033[?7h\033[?2026l\r\n";

xt_status xt_panel_create(xt_panel **out, xt_inline_way way, xt_error *err) {
    xt_panel *panel = calloc(1, sizeof *panel);
    *out = panel;
    if (!panel) return xt_no_memory(err, "the live status", sizeof *panel);
    pthread_mutex_init(&panel->lock, NULL);
    panel->way = way;
    return XT_OK;
}

void xt_panel_free(xt_panel *panel) {
    if (!panel) return;
    xt_text_free(&panel->lines);
    xt_text_free(&panel->bytes);
    xt_text_free(&panel->sent);
    pthread_mutex_destroy(&panel->lock);
    free(panel);
}

void xt_panel_set(xt_panel *panel, const xt_text *lines, const xt_inline_picture *picture, unsigned serial) {
    pthread_mutex_lock(&panel->lock);
    xt_text_clear(&panel->lines);
    xt_text_add(&panel->lines, xt_text_get(lines));
    panel->line_count = 0;
    for (const char *c = xt_text_get(&panel->lines); *c; c++) panel->line_count += *c == '\n';
    panel->rows = picture ? picture->rows : 0;
    if (!picture)
        xt_text_clear(&panel->bytes);
    else if (serial != panel->serial) {
        xt_text_clear(&panel->bytes);
        xt_text_add_bytes(&panel->bytes, xt_text_get(&picture->bytes), picture->bytes.size);
    }
    panel->serial = picture ? serial : 0;
    pthread_mutex_unlock(&panel->lock);
}

void xt_panel_forget(xt_panel *panel) {
    pthread_mutex_lock(&panel->lock);
    panel->drawn.lines = panel->drawn.rows = 0;
    pthread_mutex_unlock(&panel->lock);
}

void xt_panel_refresh(xt_panel *panel) {
    pthread_mutex_lock(&panel->lock);
    panel->drawn.stale = true;
    pthread_mutex_unlock(&panel->lock);
}

/* To the first line of what stands. */
static void add_up(xt_panel *panel) {
    const int height = panel->drawn.lines + panel->drawn.rows;
    if (height > 0) xt_text_printf(&panel->sent, "\r\033[%dA", height);
}

static void add_erase(xt_panel *panel) {
    if (panel->drawn.rows) xt_text_add(&panel->sent, xt_inline_erase(panel->way));
    add_up(panel);
    if (panel->drawn.lines + panel->drawn.rows > 0) xt_text_add(&panel->sent, "\033[J");
    panel->drawn.lines = panel->drawn.rows = 0;
}

/* In one write: stderr is not buffered. */
static void send(FILE *out, xt_panel *panel) {
    if (!panel->sent.failed && panel->sent.size) fwrite(panel->sent.data, 1, panel->sent.size, out);
    xt_text_clear(&panel->sent);
}

void xt_panel_erase(FILE *out, void *context) {
    xt_panel *panel = context;
    pthread_mutex_lock(&panel->lock);
    add_erase(panel);
    send(out, panel);
    pthread_mutex_unlock(&panel->lock);
}

static void add_lines(xt_panel *panel) {
    for (const char *c = xt_text_get(&panel->lines); *c;) {
        const size_t n = strcspn(c, "\n");
        xt_text_add_bytes(&panel->sent, c, n);
        xt_text_add(&panel->sent, "\033[K\r\n");
        c += n + (c[n] == '\n');
    }
}

/* Room first, by as many line feeds, so that nothing scrolls while the picture is drawn. */
static void add_picture(xt_panel *panel) {
    if (panel->way == XT_INLINE_BLOCKS) {
        xt_text_add_bytes(&panel->sent, xt_text_get(&panel->bytes), panel->bytes.size);
        return;
    }
    for (int i = 0; i < panel->rows; i++) xt_text_add(&panel->sent, "\n");
    xt_text_printf(&panel->sent, "\033[%dA\0337", panel->rows);
    xt_text_add_bytes(&panel->sent, xt_text_get(&panel->bytes), panel->bytes.size);
    xt_text_printf(&panel->sent, "\0338\033[%dB\r", panel->rows);
}

void xt_panel_draw(FILE *out, void *context) {
    xt_panel *panel = context;
    pthread_mutex_lock(&panel->lock);
    const bool stands = panel->line_count == panel->drawn.lines && panel->rows == panel->drawn.rows &&
                        panel->serial == panel->drawn.serial && !panel->drawn.stale;
    xt_text_add(&panel->sent, begin);
    if (stands)
        add_up(panel);
    else
        add_erase(panel);
    add_lines(panel);
    if (panel->rows > 0 && stands) xt_text_printf(&panel->sent, "\033[%dB", panel->rows);
    if (panel->rows > 0 && !stands) add_picture(panel);
    xt_text_add(&panel->sent, end);
    panel->drawn.lines = panel->line_count;
    panel->drawn.rows = panel->rows;
    panel->drawn.serial = panel->serial;
    panel->drawn.stale = false;
    if (panel->line_count + panel->rows == 0) xt_text_clear(&panel->sent);
    send(out, panel);
    pthread_mutex_unlock(&panel->lock);
}
