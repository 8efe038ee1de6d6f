/* The parts of `crosstalk render`: options (render_options.c), views (render_views.c), slices
 * (render_slices.c, render_planes.c). */
#ifndef APP_RENDER_H
#define APP_RENDER_H

#include "app/app.h"
#include "app/found.h"
#include "app/pictures.h"

/* A plane across an axis, or across a direction through the middle. */
typedef struct {
    int axis; /* 0..2; -1: across `normal` */
    bool given, fraction;
    double at; /* mm from the box's first corner, or a fraction; not given: the middle. Across `normal`: mm
                  along it from the middle */
    double normal[3];
} xt_render_plane;

/* What the command line says, as text. */
typedef struct {
    const char *out, *device, *size, *azimuth, *elevation, *roll, *zoom, *angle, *strength, *map, *low, *high,
        *title, *fps;
    xt_texts show, time, surface, cut, slice;
    int orbit, look, depth;
    bool perspective, log, dark, light, draft, force, quiet, help;
    int threads;
} xt_render_options;

/* The request: the scene's look or the defaults, with what the options change. first: the field to show if
 * nobody says, NULL: none. Free with xt_view_request_clear, after failure too. */
xt_status xt_render_request(xt_view_request *request, const xt_render_options *options, const xt_found *found,
                            const char *first, xt_error *err);
/* "z", "z=0.5", "x=12mm"; `oblique` ones too: "1,0,2", "1,0,2=-5mm". `what`: for messages. */
xt_status xt_render_plane_parse(xt_render_plane *plane, const char *text, bool oblique, const char *what,
                                xt_error *err);
/* A number of an option, between low and high. */
xt_status xt_render_number(double *value, const char *option, const char *text, double low, double high,
                           xt_error *err);

typedef struct {
    xt_app *app;
    const xt_found *found;
    const xt_render_options *options;
    const xt_view_request *request;
    const int *moment; /* [moments] */
    int moments;
    const char *out;     /* folder or file */
    const char *command; /* how to make the pictures again */
    double fps, seconds; /* of a film; seconds: that a moment stays, 0: 1/fps */
    xt_font *font;       /* NULL: no text */
} xt_render_job;

/* A stop by a signal is XT_STOPPED; what is complete stays. */
xt_status xt_render_views(const xt_render_job *job, xt_error *err);
xt_status xt_render_slices(const xt_render_job *job, xt_error *err);
xt_status xt_render_stopped(const xt_render_job *job, int done, int all, xt_error *err);

#endif
