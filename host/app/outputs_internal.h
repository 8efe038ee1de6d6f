/* What the observers of a run share. */
#ifndef APP_OUTPUTS_INTERNAL_H
#define APP_OUTPUTS_INTERNAL_H

#include <stdatomic.h>
#include "app/films.h"
#include "app/outputs.h"
#include "app/quantity.h"
#include "draw/font.h"
#include "observe/pvd.h"
#include "observe/series.h"
#include "observe/writer.h"
#include "scene/schema.h"

/* Times closer than this are one, h. */
#define XT_OUTPUTS_TICK (0.1 / 3600)

typedef struct xt_views xt_views;

struct xt_outputs {
    xt_outputs_def def;
    xt_outputs_state state;
    xt_film *film;
    int film_count;
    xt_film_plane **plane; /* [plane_count] that the films cut */
    int plane_count;
    xt_quantity_shown *volume;
    int volume_count;
    xt_views *views;            /* NULL: none */
    atomic_bool volume_waiting; /* one is with the writing thread */
    const char **tissue_name;
    unsigned *tissue_colour;
    unsigned long long present, thin; /* tissues of the mesh, and those hardly a voxel thick: a bit each */
    float *epsilon;                   /* [tissue_count + 1][species_count] */
    xt_font *font;
    xt_writer *writer;
    xt_series *series;
    xt_pvd *pvd;
    char *frames_dir, *volumes_dir;
};

/* outputs.c: hand a job to the writing thread; time spent waiting for room in its queue is on the watch. */
xt_status xt_outputs_hand_over(xt_outputs *outputs, xt_job_run run, xt_job_free release, void *job,
                               xt_error *err);
/* Wait for the writing thread, on the watch. */
xt_status xt_outputs_wait(xt_outputs *outputs, xt_error *err);
/* films.c */
xt_status xt_films_create(xt_outputs *outputs, xt_error *err);
/* wanted: which of them; NULL: all. */
xt_status xt_films_write(xt_outputs *outputs, const bool *wanted, xt_error *err);
double xt_films_reference(const xt_outputs *outputs); /* when the next difference has its reference, h */
xt_status xt_films_open(xt_outputs *outputs, xt_error *err); /* once frames_dir is there */
/* When all frames are written: those with a narrower scale than the last are drawn again. */
xt_status xt_films_finish(xt_outputs *outputs, xt_error *err);
xt_status xt_films_save(xt_outputs *outputs, xt_outputs_block sink, void *context, xt_error *err);
xt_status xt_films_load(xt_outputs *outputs, xt_outputs_block source, void *context, xt_error *err);
void xt_films_free(xt_outputs *outputs);
/* views.c */
xt_status xt_views_create(xt_outputs *outputs, xt_error *err);
xt_status xt_views_write(xt_outputs *outputs, const bool *wanted, xt_error *err);
const char *xt_views_name(const xt_outputs *outputs, int index); /* of its files, without number and ending */
void xt_views_free(xt_outputs *outputs);
/* volumes.c */
xt_status xt_volumes_create(xt_outputs *outputs, xt_error *err);
xt_status xt_volumes_write(xt_outputs *outputs, xt_error *err);

#endif
