/* A thread that writes: pictures are encoded and files written while the device goes on stepping.
 *
 * Jobs run one after the other, in the order given. Once a job has failed no later one runs; its error is
 * returned by the next call, whichever that is, so that a full disk stops the run at its next output. */
#ifndef OBSERVE_WRITER_H
#define OBSERVE_WRITER_H

#include "base/error.h"

typedef struct xt_writer xt_writer;

typedef xt_status (*xt_job_run)(void *job, xt_error *err);
typedef void (*xt_job_free)(void *job);

/* depth: jobs that may wait (>= 1); it bounds the memory they hold. */
xt_status xt_writer_create(xt_writer **writer, int depth, xt_error *err);

/* Hand over a job. Waits while the queue is full. The job is always taken: `release` (may be NULL) is called
 * for it exactly once, after it ran or instead. Returns the error of an earlier job if there was one. */
xt_status xt_writer_add(xt_writer *writer, xt_job_run run, xt_job_free release, void *job, xt_error *err);

/* Wait until nothing is queued or running: what was handed over is on disk. */
xt_status xt_writer_drain(xt_writer *writer, xt_error *err);

/* Seconds that jobs have run so far. */
double xt_writer_busy(xt_writer *writer);

/* Drain, end the thread, free. NULL-safe. Must be called; returns the first error of all jobs. */
xt_status xt_writer_finish(xt_writer *writer, xt_error *err);

#endif
