/* The data of a report, composed from the files of the runs. Its shape, as page.js reads it:
 *
 *   {"format": 1, "program", "live",
 *    "runs": [{"name", "record": run.json, "verdict": report/verdict.h, "series": report/curves.h or null,
 *              "films": [{"series", "count", "packed", "pictures": [{"file", "version" (live), "number",
 * "time", "width", "height", "blob", "text": {…}}]}], "movies": [{"file", "bytes", "blob"}], "space":
 * report/space.h, "missing": ["…"]}]}
 *
 * A picture's text holds the metadata of its file; what is missing is as in the film's first picture. A blob
 * is the id of the script element that holds the file's bytes, or null: it is only in the folder. */
#ifndef REPORT_DATA_H
#define REPORT_DATA_H

#include "report/report.h"

/* blobs: where the script elements go; NULL: live, files stay files. *title: of the scene, the caller frees
 * it. */
xt_status xt_report_compose(xt_text *json, xt_text *blobs, char **title, const xt_report_def *def,
                            xt_error *err);

#endif
