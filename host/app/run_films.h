/* The films that a scene asks for (`output.films`), made from the frames when the run is over. */
#ifndef APP_RUN_FILMS_H
#define APP_RUN_FILMS_H

#include <signal.h>

#include "app/outputs.h"

/* Entries and read-outs exist, and ffmpeg is there if a film needs it. Errors point into the scene. */
xt_status xt_run_films_check(const xt_scene *scene, const xt_model *model, xt_error *err);

/* Which entry of output.frames (or output.views) a film is of. */
int xt_run_film_entry(const xt_scene *scene, const xt_film_request *film);

/* DIR/films/NAME.apng and so on. All frames are on disk. A film that cannot be made is a warning: the
 * pictures are there, and `crosstalk film` makes it of them. XT_STOPPED once *stop is set; stop may be NULL.
 */
xt_status xt_run_films_make(xt_outputs *outputs, const volatile sig_atomic_t *stop, xt_error *err);

#endif
