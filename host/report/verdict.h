/* What a run's record proves, in words: each proof against its bound, and one sentence over all. */
#ifndef REPORT_VERDICT_H
#define REPORT_VERDICT_H

#include "base/json.h"

/* Seconds since a run that is said to go on last wrote a file, and when that was; a run that is killed leaves
 * that word behind. silent_s < 0: it goes on for certain (a live view is the run's own). */
typedef struct {
    double silent_s;
    const char *when;
} xt_last_word;

/* The object "verdict": state ("holds", "broken", "stopped", "running", "failed"), headline, detail, and
 * checks [{name, value, bound, text, pass, about}]; pass null: reported, without a bound.
 * record: run.json's root. A number that is missing is a proof that is missing, not one that holds. */
void xt_verdict_write(xt_json *json, const xt_json_value *record, const xt_last_word *last);

#endif
