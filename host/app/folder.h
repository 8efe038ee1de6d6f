/* The folder of a run. */
#ifndef APP_FOLDER_H
#define APP_FOLDER_H

#include <stdbool.h>
#include "base/error.h"

/* *absolute is malloc'ed. The folder need not exist. */
xt_status xt_folder_absolute(char **absolute, const char *path, xt_error *err);
/* May a run write here? XT_IO if something is there and not `force`, or if it could not be made. Touches
 * nothing. `given`: as the user wrote it. */
xt_status xt_folder_check(const char *path, const char *given, bool force, xt_error *err);
/* Make it, and with `force` remove what an earlier run left there (its own files only). */
xt_status xt_folder_claim(const char *path, bool force, xt_error *err);
/* Remove the unfinished files that a killed run left under temporary names. */
xt_status xt_folder_sweep(const char *path, xt_error *err);

#endif
