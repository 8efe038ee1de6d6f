/* Keys of a film. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "scene/schema.h"

#define OF(member) offsetof(xt_film_request, member)

const xt_row xt_film_rows[] = {
    {.key = "of",
     .kind = XT_ROW_WORD,
     .flags = XT_ROW_REQUIRED,
     .at = OF(of),
     .size = 64,
     .about = "what an entry of frames (or views) shows"},
    {.key = "kind",
     .kind = XT_ROW_EITHER,
     .unit = "frame|view",
     .fallback = "frame",
     .at = OF(view),
     .about = "whether the entry is one of frames or of views"},
    {.key = "which",
     .kind = XT_ROW_INTEGER,
     .fallback = "1",
     .low = "1",
     .high = "64",
     .at = OF(which),
     .about = "the first, second, ... of entries that show the same"},
    {.key = "every",
     .kind = XT_ROW_QUANTITY,
     .unit = "y",
     .fallback = "none",
     .low = "0 h",
     .zero = "none",
     .at = OF(every),
     .about = "a picture for the film this often, beside those that output.every asks for"},
    {.key = "formats",
     .kind = XT_ROW_NAMES,
     .fallback = "(apng)",
     .at = OF(format),
     .aux = OF(formats),
     .about = "apng: animated PNG, exact; mp4, webm: with ffmpeg"},
    {.key = "rate",
     .kind = XT_ROW_REAL,
     .flags = XT_ROW_ABOVE,
     .unit = "1",
     .fallback = "8",
     .low = "0",
     .high = "120",
     .at = OF(rate),
     .about = "pictures a second"},
    {.key = "hold_first",
     .kind = XT_ROW_SECONDS,
     .unit = "s",
     .fallback = "1 s",
     .low = "0 s",
     .high = "600 s",
     .at = OF(hold_first),
     .about = "how much longer the first picture stays"},
    {.key = "hold_last",
     .kind = XT_ROW_SECONDS,
     .unit = "s",
     .fallback = "2 s",
     .low = "0 s",
     .high = "600 s",
     .at = OF(hold_last),
     .about = "how much longer the last picture stays"},
    {.key = "curve",
     .kind = XT_ROW_NAMES,
     .fallback = "(none)",
     .at = OF(curve),
     .aux = OF(curves),
     .about = "read-outs to run along below the pictures, at most 4"},
    {.key = "width",
     .kind = XT_ROW_INTEGER,
     .fallback = "0",
     .low = "0",
     .high = "8192",
     .at = OF(width),
     .about = "of the film, pixels; 0, or more than the pictures have: as they are"},
    {.key = NULL}};

void xt_film_request_clear(xt_film_request *film) {
    free(film->format);
    free(film->curve);
}

xt_status xt_film_check(const xt_film_request *film, const xt_node *node, xt_error *err) {
    static const char *const known[] = {"apng", "mp4", "webm"};
    if (film->curves > XT_FILM_LINES)
        return xt_node_fail(xt_node_get(node, "curve"), err, "expected at most %d curves, found %d",
                            XT_FILM_LINES, film->curves);
    for (int i = 0; i < film->formats; i++) {
        const xt_node *list = xt_node_get(node, "formats"),
                      *place = list && list->kind == XT_LIST ? xt_node_at(list, i) : list;
        int k = 0;
        while (k < XT_FILM_FORMATS && strcmp(known[k], film->format[i]) != 0) k++;
        if (k == XT_FILM_FORMATS)
            return xt_node_fail(place, err, "expected apng, mp4 or webm, found '%s'", film->format[i]);
        for (int j = 0; j < i; j++)
            if (strcmp(film->format[i], film->format[j]) == 0)
                return xt_node_fail(place, err, "'%s' is there already", film->format[i]);
    }
    return XT_OK;
}
