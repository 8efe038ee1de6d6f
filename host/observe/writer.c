#include "observe/writer.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"

typedef struct {
    xt_job_run run;
    xt_job_free release;
    void *job;
} entry;

struct xt_writer {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* a job came or went, or the end */
    entry *queue;           /* a ring */
    int depth, first, count;
    bool busy, closing;
    double seconds;   /* that jobs ran */
    xt_error failure; /* the first one */
};

static void drop(const entry *e) {
    if (e->release) e->release(e->job);
}

/* What steps goes first: pictures fill the gaps it leaves on processors that both share. Only Linux knows the
 * priority of a thread; elsewhere it would be that of the whole program. */
static void give_way(void) {
#ifdef __linux__
    setpriority(PRIO_PROCESS, 0, 10);
#endif
}

static void *work(void *argument) {
    xt_writer *w = argument;
    give_way();
    pthread_mutex_lock(&w->lock);
    for (;;) {
        while (w->count == 0 && !w->closing) pthread_cond_wait(&w->changed, &w->lock);
        if (w->count == 0) break;
        const entry next = w->queue[w->first];
        w->first = (w->first + 1) % w->depth;
        w->count--;
        w->busy = true;
        const bool skip = w->failure.status != XT_OK;
        pthread_cond_broadcast(&w->changed);
        pthread_mutex_unlock(&w->lock);

        xt_error err = {0};
        const double began = xt_seconds();
        xt_status status = skip ? XT_OK : next.run(next.job, &err);
        drop(&next);
        const double took = xt_seconds() - began;
        if (status != XT_OK && err.status == XT_OK) xt_fail(&err, status, "writing output failed");

        pthread_mutex_lock(&w->lock);
        if (status != XT_OK && w->failure.status == XT_OK) w->failure = err;
        w->busy = false;
        w->seconds += took;
        pthread_cond_broadcast(&w->changed);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

xt_status xt_writer_create(xt_writer **out, int depth, xt_error *err) {
    *out = NULL;
    if (depth < 1) return xt_fail(err, XT_INTERNAL, "a writer for %d jobs", depth);
    xt_writer *w = calloc(1, sizeof *w);
    entry *queue = calloc((size_t)depth, sizeof *queue);
    if (!w || !queue) {
        free(w);
        free(queue);
        return xt_no_memory(err, "the writer", (size_t)depth * sizeof *queue);
    }
    w->queue = queue;
    w->depth = depth;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->changed, NULL);
    /* Signals belong to the thread that steps. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int failed = pthread_create(&w->thread, NULL, work, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed) {
        pthread_cond_destroy(&w->changed);
        pthread_mutex_destroy(&w->lock);
        free(queue);
        free(w);
        return xt_fail(err, XT_INTERNAL, "cannot start the writer's thread: %s", strerror(failed));
    }
    *out = w;
    return XT_OK;
}

static xt_status report(xt_writer *w, xt_error *err) {
    if (w->failure.status == XT_OK) return XT_OK;
    return xt_fail(err, w->failure.status, "%s", w->failure.text);
}

xt_status xt_writer_add(xt_writer *w, xt_job_run run, xt_job_free release, void *job, xt_error *err) {
    const entry e = {run, release, job};
    pthread_mutex_lock(&w->lock);
    while (w->count == w->depth && w->failure.status == XT_OK) pthread_cond_wait(&w->changed, &w->lock);
    const xt_status status = report(w, err);
    if (status == XT_OK) {
        w->queue[(w->first + w->count) % w->depth] = e;
        w->count++;
        pthread_cond_broadcast(&w->changed);
    }
    pthread_mutex_unlock(&w->lock);
    if (status != XT_OK) drop(&e);
    return status;
}

xt_status xt_writer_drain(xt_writer *w, xt_error *err) {
    pthread_mutex_lock(&w->lock);
    while (w->count > 0 || w->busy) pthread_cond_wait(&w->changed, &w->lock);
    const xt_status status = report(w, err);
    pthread_mutex_unlock(&w->lock);
    return status;
}

double xt_writer_busy(xt_writer *w) {
    pthread_mutex_lock(&w->lock);
    const double seconds = w->seconds;
    pthread_mutex_unlock(&w->lock);
    return seconds;
}

xt_status xt_writer_finish(xt_writer *w, xt_error *err) {
    if (!w) return XT_OK;
    pthread_mutex_lock(&w->lock);
    w->closing = true;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    const xt_status status = report(w, err);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    free(w->queue);
    free(w);
    return status;
}
