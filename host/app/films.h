/* The pictures of slices that a scene asks for, one film each: what they show, where, and what is kept of
 * them. Private to films*.c and outputs.c. */
#ifndef APP_FILMS_H
#define APP_FILMS_H

#include "app/quantity.h"
#include "fields/gather.h"
#include "observe/cut.h"
#include "observe/montage.h"
#include "observe/slice.h"
#include "scene/frame_def.h"

/* A plane of the mesh, and how its cells come from the device. Films of one plane share it: the queue is in
 * order. */
typedef struct {
    xt_plane plane;
    xt_slice slice; /* across an axis */
    xt_cut cut;     /* oblique */
    size_t count;   /* cells */
    xt_gather *gather;
} xt_film_plane;

enum { XT_FILM_PLANES = XT_FRAME_AXES * XT_FRAME_PLACES };

typedef struct {
    int show, plane; /* of the film's lists */
    char caption[256];
    xt_frame_sketch *sketch; /* the writing thread's */
    float *reference;        /* [count] what differences are from; NULL: not yet. The writing thread's */
} xt_film_panel;

/* What tissue is where on an oblique plane, found again only when the materials have changed. The writing
 * thread's. */
typedef struct {
    xt_material *material; /* [count] */
    xt_material *sample;   /* [nx * ny] */
} xt_film_cut;

typedef struct {
    const xt_frame_request *request;
    int index; /* of the film */
    xt_quantity_shown shown[XT_FRAME_SHOWS];
    bool blended[XT_FRAME_SHOWS];         /* as in xt_frame_def */
    xt_film_plane *plane[XT_FILM_PLANES]; /* owned by the outputs */
    xt_film_cut cut[XT_FILM_PLANES];
    int planes;
    xt_film_panel panel[XT_FRAME_PANELS];
    int panels;
    double since;                  /* of a difference: h since the start; NAN: none */
    char name[128];                /* of its files, without number and ending */
    char bar[XT_FRAME_SHOWS][112]; /* of its colour bars */
    char title[192], place[160];   /* place: of the one plane, for the subtitle; "" where there are more */
    char *note, *badge;            /* NULL: none */
    char *request_text;            /* as JSON */
    xt_font *font;                 /* of the thread that draws it; NULL: no text */
    struct xt_film_keep *keep;     /* NULL: its limits are given, nothing has to be drawn again */
} xt_film;

/* One moment of a film, fetched: all that its picture is made of. */
typedef struct {
    int number; /* of the frame */
    double time_d;
    char subtitle[288];
    float *value[XT_FRAME_PANELS];         /* [count of the panel's plane], in the order of its cells */
    xt_material *material[XT_FILM_PLANES]; /* [count] */
    double low[XT_FRAME_SHOWS], high[XT_FRAME_SHOWS]; /* of the scales it was drawn on; set by xt_film_draw */
} xt_film_moment;

xt_status xt_film_moment_make(xt_film_moment *moment, const xt_film *film, xt_error *err);
void xt_film_moment_clear(xt_film_moment *moment);

struct xt_outputs;
/* films_planes.c: the planes that it asks for, among those of the run. */
xt_status xt_film_planes(xt_film *film, struct xt_outputs *outputs, xt_error *err);

/* films_text.c: names, titles, captions and notes, made once. */
xt_status xt_film_describe(xt_film *film, const struct xt_outputs *outputs, xt_error *err);

/* films_draw.c: the picture of a moment to its file; limits that are automatic widen to hold
 * it. */
xt_status xt_film_draw(xt_film *film, struct xt_outputs *outputs, xt_film_moment *moment, xt_error *err);

/* films_keep.c: moments of films whose limits are found on the way are kept in a file beside the frames, so
 * that those drawn on narrower scales can be drawn again at the end: a film has one scale. */
typedef struct xt_film_keep xt_film_keep;
/* frames: moments numbered from there on are forgotten (a resumed run writes them again). */
xt_status xt_film_keep_open(xt_film_keep **keep, const xt_film *film, const char *frames_dir, int frames,
                            xt_error *err);
xt_status xt_film_keep_add(xt_film_keep *keep, const xt_film *film, const xt_film_moment *moment,
                           xt_error *err);
/* Draw those moments again whose picture had a narrower scale. */
xt_status xt_film_keep_redraw(xt_film_keep *keep, xt_film *film, struct xt_outputs *outputs, xt_error *err);
void xt_film_keep_close(xt_film_keep *keep, bool remove); /* NULL-safe */

#endif
