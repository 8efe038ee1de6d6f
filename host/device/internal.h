/* What the files of device/ share and nobody else sees. */
#ifndef DEVICE_INTERNAL_H
#define DEVICE_INTERNAL_H

#include "device/device.h"

enum {
    XT_PENDING_MAX = 512, /* commands whose time is not yet read; their events are held */
    XT_STAGES_MAX = 96,
    XT_LAUNCHED_MAX = 256,
    XT_FLUSH_EVERY = 64 /* launches between clFlush: some drivers hold commands back until then */
};

/* The part of wall time that builds and first launches are. */
#define XT_WALL_COMPILING "kernel compilation"

/* A command in the queue whose time is to be added to a stage: from the end of `before`, or from its own
 * start if `before` is NULL, to the end of `event`. */
typedef struct {
    cl_event before, event;
    int stage;
} xt_pending;

struct xt_device {
    xt_device_info info;
    cl_device_id id;
    cl_context context;
    cl_command_queue queue;

    size_t bytes_in_use, bytes_peak;

    xt_stopwatch *watch;                    /* NULL: nobody asks */
    cl_kernel launched[XT_LAUNCHED_MAX];    /* kernels that have run, and the group sizes they ran in: */
    size_t launched_local[XT_LAUNCHED_MAX]; /* many runtimes compile only then */
    int launched_count;

    xt_stage stages[XT_STAGES_MAX];
    int stage_count;
    xt_pending pending[XT_PENDING_MAX];
    int pending_count;
    int unflushed;
    int wall_stage;      /* without sane profiling: the stage now in the queue, -1 for an empty queue */
    double wall_started; /* monotonic seconds when that stage's first command was enqueued */

    cl_mem dot_result; /* one float; NULL until the first dot product */
    bool blas_used;
    size_t part_alignment; /* bytes; sub-buffers may begin at its multiples. Known once blas_used */

    xt_program *bandwidth_program; /* kernels/device.cl; NULL until something is measured */
    cl_kernel copy, triad, fill;
};

/* list.c: the cl id behind an entry of the list. */
xt_status xt_device_id_find(cl_device_id *id, const xt_device_info *info, xt_error *err);
/* PoCL's handler otherwise swallows the host's own integer division by zero. Before the first OpenCL call. */
void xt_device_environment(void);

/* cl_error.c: XT_DEVICE with what was being done and the name of the status. */
xt_status xt_cl_fail(xt_error *err, cl_int code, const char *format, ...) XT_PRINTF(3, 4);

/* stages.c */
double xt_device_now(void); /* monotonic seconds */
/* Call xt_stage_begin before enqueueing and xt_stage_end after it, with the event that
 * xt_stage_event gave as the place for it (NULL where profiling is not used). */
xt_status xt_stage_begin(int *stage, xt_device *device, const char *name, xt_error *err);
cl_event *xt_stage_event(xt_device *device, cl_event *event);
xt_status xt_stage_end(xt_device *device, int stage, cl_event before, cl_event event, double bytes,
                       xt_error *err);
void xt_stage_drop(xt_device *device); /* releases events, for closing */

/* cache.c: the folder is $XDG_CACHE_HOME/crosstalk or ~/.cache/crosstalk. Failures are silent: a cache is a
 * gift. */
typedef struct {
    unsigned long long hash; /* FNV-1a */
    unsigned crc;            /* crc32: a second, unrelated hash */
    unsigned long long length;
} xt_cache_key;
void xt_cache_key_begin(xt_cache_key *key);
void xt_cache_key_add(xt_cache_key *key,
                      const char *text); /* with its terminating NUL, so that parts stay apart */
void xt_cache_key_device(xt_cache_key *key, const xt_device_info *info);
/* *data is malloc'ed; false if there is none or it is damaged. `kind` is the file name's ending. */
bool xt_cache_load(unsigned char **data, size_t *size, const xt_cache_key *key, const char *kind);
void xt_cache_store(const xt_cache_key *key, const char *kind, const void *data, size_t size);
void xt_cache_remove(const xt_cache_key *key, const char *kind);

/* bandwidth.c: what an earlier run measured, 0 if none did. */
double xt_bandwidth_known(const xt_device_info *info);

#endif
