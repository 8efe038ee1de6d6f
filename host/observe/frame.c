/* A frame is a montage of one slice. */
#include "observe/frame.h"

#include <math.h>
#include <stdio.h>
#include "observe/montage.h"

void xt_frame_def_default(xt_frame_def *def) {
    *def = (xt_frame_def){.kind = XT_FRAME_FIELD,
                          .spacing = {1, 1},
                          .low = NAN,
                          .high = NAN,
                          .map = XT_MAP_GLOW,
                          .width = 900,
                          .time = NAN};
}

static xt_montage_def alone(const xt_frame_def *def) {
    return (xt_montage_def){.title = def->title,
                            .subtitle = def->subtitle,
                            .badge = def->badge,
                            .note = def->note,
                            .panel = def,
                            .panels = 1,
                            .dark = def->dark,
                            .width = def->width,
                            .height = def->height,
                            .depth = def->depth};
}

xt_status xt_frame_draw(xt_image *image, xt_frame_layout *layout, const xt_frame_def *def, xt_font *font,
                        xt_error *err) {
    const xt_montage_def one = alone(def);
    return xt_montage_draw(image, layout, &one, font, err);
}

xt_status xt_frame_write(const char *path, const xt_frame_def *def, xt_font *font, xt_error *err) {
    char time[40];
    snprintf(time, sizeof time, "%.9g d", def->time);
    const xt_png_text text[] = {
        {"Title", def->title},
        {"Description", def->subtitle},
        {"Scene", def->scene},
        {"Time", isfinite(def->time) ? time : NULL},
        {"Field", def->kind == XT_FRAME_LABEL ? "tissue" : def->label},
        {"Units", def->kind == XT_FRAME_LABEL ? NULL
                  : def->unit                 ? def->unit
                                              : "1"},
        {"Comment", def->note},
        {"Software", def->software},
    };
    xt_montage_def one = alone(def);
    one.text = text;
    one.texts = (int)(sizeof text / sizeof *text);
    return xt_montage_write(path, &one, font, err);
}
