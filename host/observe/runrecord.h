/* DIR/run.json. */
#ifndef OBSERVE_RUNRECORD_H
#define OBSERVE_RUNRECORD_H

#include "base/error.h"
#include "base/text.h"

/* Write a record composed with base/json.h, atomically, after reading it back with the strict reader: a
 * record that is not JSON is XT_INTERNAL and leaves the old file alone. Errors: XT_IO. */
xt_status xt_run_record_write(const char *path, const xt_text *json, xt_error *err);

#endif
