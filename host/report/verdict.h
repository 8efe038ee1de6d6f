/* What a run's record proves, in words: each proof against its bound, and one sentence over all. */
#ifndef REPORT_VERDICT_H
#define REPORT_VERDICT_H

#include "base/json.h"

/* The object "verdict": state ("holds", "broken", "stopped", "running", "failed"), headline, detail, and
 * checks [{name, value, bound, text, pass, about}]; pass null: reported, without a bound.
 * record: run.json's root. A number that is missing is a proof that is missing, not one that holds. */
void xt_verdict_write(xt_json *json, const xt_json_value *record);

#endif
