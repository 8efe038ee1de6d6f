/* A view of a volume, from what was asked to the finished page; whoever holds the volume: a running
 * simulation (views.c) or the files of one (render.c). */
#ifndef APP_VIEW_H
#define APP_VIEW_H

#include "draw/page.h"
#include "render/render.h"
#include "scene/view_def.h"

/* Where a tissue is. */
typedef struct {
    double voxels, core;    /* how many, and how many of them lie among their own on all six sides */
    double low[3], high[3]; /* the box around them, mm from the volume's first corner */
} xt_view_tissue;

enum { XT_VIEW_HULL = 128 };

/* What there is to see. Names and colours are borrowed. */
typedef struct {
    int dims[3];
    double spacing[3];   /* mm */
    double affine[3][4]; /* voxel index -> world mm, RAS */
    int tissue_count;
    const char *const *tissue_name; /* [tissue_count], number t at [t - 1] */
    const unsigned *tissue_colour;  /* [tissue_count], 0xRRGGBB */
    xt_view_tissue tissue[256];     /* [0]: all that is not outside */
    bool filled;                    /* there is no outside */
    double hull[XT_VIEW_HULL][3];   /* the tissue's outermost points in as many directions, mm */
} xt_view_subject;

/* Fill in ->tissue, ->filled and ->hull from dense labels. */
void xt_view_survey(xt_view_subject *subject, const uint8_t *tissue);

/* A field as it is named on pictures. */
typedef struct {
    char name[80], label[160], brief[96], unit[16];
    double fades[2];      /* mm within which gradients fade, shortest and longest; 0: not known */
    char fades_in[2][64]; /* the tissues of them; "": not known */
    bool fraction;        /* limits default to 0 and 1 */
    int index;            /* the finder's own */
} xt_view_field;

/* XT_USAGE, with the nearest name, if there is no such field. */
typedef xt_status (*xt_view_finder)(xt_view_field *field, const char *name, void *context, xt_error *err);

/* What was asked, resolved. */
typedef struct {
    const xt_view_request *request;
    const xt_view_subject *subject;
    xt_view_field field[XT_RENDER_FIELDS];
    int fields, glows;                 /* the first `glows` fields glow, the others only colour surfaces */
    xt_scale scale[XT_RENDER_FIELDS];  /* limits NAN until they are known */
    double strength[XT_RENDER_FIELDS]; /* strongest extinction per mm */
    int surfaces;
    char surface_name[XT_RENDER_SURFACES][96];
    uint8_t surface_of_tissue[256];
    xt_look look;
    bool turning;      /* pictures from all around belong together: one distance for all */
    int width, height; /* of the picture inside the page; 0: not laid out yet */
} xt_view;

/* The request and the subject must outlive the view. XT_USAGE for unknown tissues and fields, too many of
 * them, and planes outside the box. */
xt_status xt_view_resolve(xt_view *view, const xt_view_request *request, const xt_view_subject *subject,
                          xt_view_finder find, void *context, xt_error *err);

/* Widen the limits of field `slot` that were not asked for by `count` of its values. *known: how many of them
 * are numbers. */
xt_status xt_view_limits(xt_view *view, int slot, const float *value, size_t count, size_t *known,
                         xt_error *err);
/* Once limits are known: makes of every scale one that can be drawn. */
void xt_view_ready(xt_view *view);

/* Where a field's values lie on its scale at one moment. */
typedef struct {
    bool below, within, above;
} xt_view_reach;

/* Add `count` values of field `slot`. */
void xt_view_reach_of(xt_view_reach *reach, const xt_view *view, int slot, const float *value, size_t count);

/* What stands on one picture; each text may be NULL. */
typedef struct {
    const char *subtitle, *note, *scene;
    const char *scene_file, *command, *request; /* to make the picture again */
    double time_d;                              /* NAN: none */
    xt_view_reach reach[XT_RENDER_FIELDS];      /* beyond the limits: the bar gets a tip there */
} xt_view_words;

/* view->width and ->height. Fonts belong to one thread at a time. */
xt_status xt_view_lay_out(xt_view *view, const xt_view_words *words, xt_font *font, xt_error *err);
/* turn: degrees added to the azimuth. */
xt_status xt_view_camera(xt_camera *camera, const xt_view *view, double turn, xt_error *err);
/* Render into *inner, which is created; the caller frees it. facts may be NULL. */
xt_status xt_view_render(xt_image *inner, xt_render_facts *facts, const xt_view *view,
                         const xt_camera *camera, xt_volume *volume, xt_error *err);
/* The page around it; *image is created. */
xt_status xt_view_page(xt_image *image, const xt_view *view, const xt_image *inner, const xt_camera *camera,
                       const xt_view_words *words, xt_font *font, xt_error *err);

/* What stands in the file beside the picture. Texts of the words are borrowed. */
enum { XT_VIEW_TEXTS = 12 };
typedef struct {
    char value[XT_VIEW_TEXTS][512];
    xt_png_text text[XT_VIEW_TEXTS];
    int count;
} xt_view_record;
void xt_view_describe(xt_view_record *record, const xt_view *view, const xt_camera *camera,
                      const xt_view_words *words);

/* "age 62.3 y · year 37". hours: since the start; begin: of the acute phase, h, 0 if all of it is one,
 * INFINITY if there is none; age NAN: not known. */
void xt_view_moment(char *text, size_t size, double hours, double age_y, double begin);

#endif
