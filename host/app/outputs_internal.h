/* What the observers of a run share. */
#ifndef APP_OUTPUTS_INTERNAL_H
#define APP_OUTPUTS_INTERNAL_H

#include <stdatomic.h>
#include "app/outputs.h"
#include "app/quantity.h"
#include "draw/font.h"
#include "observe/frame.h"
#include "observe/pvd.h"
#include "observe/series.h"
#include "observe/slice.h"
#include "observe/writer.h"

typedef struct {
    const xt_frame_request *request;
    xt_quantity_shown shown;
    xt_slice slice; /* of the first film of this plane; the others copy the struct and own nothing */
    xt_gather *gather;
    xt_frame_sketch *sketch; /* its own: films of a plane differ in where they lay it. The writing thread's */
    bool owner;
    char *note; /* NULL: none */
} xt_film;

struct xt_outputs {
    xt_outputs_def def;
    xt_outputs_state state;
    xt_film *film;
    int film_count;
    xt_quantity_shown *volume;
    int volume_count;
    atomic_bool volume_waiting; /* one is with the writing thread */
    const char **tissue_name;
    unsigned *tissue_colour;
    float *epsilon; /* [tissue_count + 1][species_count] */
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
xt_status xt_films_write(xt_outputs *outputs, xt_error *err);
void xt_films_free(xt_outputs *outputs);
/* volumes.c */
xt_status xt_volumes_create(xt_outputs *outputs, xt_error *err);
xt_status xt_volumes_write(xt_outputs *outputs, xt_error *err);

#endif
