/* The writing thread: jobs in order, each released once, errors out at the next call. */
#include "observe/testing.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>
#include "observe/writer.h"

typedef struct {
    int number, wait_ms;
    xt_status outcome;
} job;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int ran[1000], run_count, released, peak_waiting, handed;
static bool main_ran_it;
static pthread_t main_thread;

static void reset(void) { run_count = released = peak_waiting = handed = 0; }

static xt_status run(void *item, xt_error *err) {
    job *j = item;
    if (j->wait_ms) nanosleep(&(struct timespec){0, j->wait_ms * 1000000L}, NULL);
    pthread_mutex_lock(&lock);
    if (pthread_equal(pthread_self(), main_thread)) main_ran_it = true;
    ran[run_count++] = j->number;
    pthread_mutex_unlock(&lock);
    return j->outcome == XT_OK ? XT_OK : xt_fail(err, j->outcome, "job %d failed", j->number);
}

static void release(void *item) {
    pthread_mutex_lock(&lock);
    released++;
    pthread_mutex_unlock(&lock);
    free(item);
}

static job *make(int number, int wait_ms, xt_status outcome) {
    job *j = malloc(sizeof *j);
    *j = (job){number, wait_ms, outcome};
    return j;
}

static void jobs_run_in_order_elsewhere(void **state) {
    (void)state;
    xt_error err = {0};
    xt_writer *w;
    reset();
    main_thread = pthread_self();
    must(xt_writer_create(&w, 3, &err), &err);
    for (int i = 0; i < 200; i++) must(xt_writer_add(w, run, release, make(i, 0, XT_OK), &err), &err);
    must(xt_writer_drain(w, &err), &err);
    assert_int_equal(run_count, 200);
    assert_int_equal(released, 200);
    for (int i = 0; i < 200; i++) assert_int_equal(ran[i], i);
    assert_false(main_ran_it);
    must(xt_writer_add(w, run, release, make(200, 20, XT_OK), &err), &err);
    must(xt_writer_finish(w, &err), &err); /* waits for it */
    assert_int_equal(run_count, 201);
    assert_int_equal(released, 201);
    must(xt_writer_finish(NULL, &err), &err);
}

static void the_queue_is_bounded(void **state) {
    (void)state;
    xt_error err = {0};
    xt_writer *w;
    reset();
    must(xt_writer_create(&w, 2, &err), &err);
    for (int i = 0; i < 12; i++) {
        must(xt_writer_add(w, run, release, make(i, 3, XT_OK), &err), &err);
        pthread_mutex_lock(&lock);
        const int alive = i + 1 - released;
        if (alive > peak_waiting) peak_waiting = alive;
        pthread_mutex_unlock(&lock);
    }
    must(xt_writer_finish(w, &err), &err);
    assert_true(peak_waiting >= 2 && peak_waiting <= 4); /* two wait, one runs, one is just being released */
}

static void the_first_error_stops_and_surfaces(void **state) {
    (void)state;
    xt_error err = {0};
    xt_writer *w;
    reset();
    must(xt_writer_create(&w, 8, &err), &err);
    must(xt_writer_add(w, run, release, make(0, 0, XT_OK), &err), &err);
    must(xt_writer_add(w, run, release, make(1, 20, XT_IO), &err), &err);
    must(xt_writer_add(w, run, release, make(2, 0, XT_NUMERIC), &err), &err);
    assert_int_equal(xt_writer_drain(w, &err), XT_IO);
    assert_string_equal(err.text, "job 1 failed");
    assert_int_equal(run_count, 2);
    assert_int_equal(released, 3);
    err = (xt_error){0};
    assert_int_equal(xt_writer_add(w, run, release, make(3, 0, XT_OK), &err), XT_IO);
    assert_int_equal(released, 4); /* taken all the same */
    assert_int_equal(run_count, 2);
    err = (xt_error){0};
    assert_int_equal(xt_writer_finish(w, &err), XT_IO);
    assert_string_equal(err.text, "job 1 failed");
}

static void an_error_frees_a_caller_who_waits(void **state) {
    (void)state;
    xt_error err = {0};
    xt_writer *w;
    reset();
    must(xt_writer_create(&w, 1, &err), &err);
    xt_status status = XT_OK;
    int added = 0;
    for (; added < 10 && status == XT_OK; added++)
        status = xt_writer_add(w, run, release, make(added, 10, XT_IO), &err);
    assert_int_equal(status, XT_IO);
    err = (xt_error){0};
    assert_int_equal(xt_writer_finish(w, &err), XT_IO);
    assert_int_equal(run_count, 1);
    assert_int_equal(released, added);
}

static volatile sig_atomic_t handled_by_main;
static void on_signal(int number) {
    (void)number;
    handled_by_main = pthread_equal(pthread_self(), main_thread) ? 1 : -1;
}

static void signals_reach_the_main_thread(void **state) {
    (void)state;
    xt_error err = {0};
    xt_writer *w;
    main_thread = pthread_self();
    signal(SIGINT, on_signal);
    must(xt_writer_create(&w, 1, &err), &err);
    sigset_t set, before;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, &before); /* only the writer could take it now */
    kill(getpid(), SIGINT);
    nanosleep(&(struct timespec){0, 20000000L}, NULL);
    assert_int_equal(handled_by_main, 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    assert_int_equal(handled_by_main, 1);
    must(xt_writer_finish(w, &err), &err);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_run_in_order_elsewhere),
        cmocka_unit_test(the_queue_is_bounded),
        cmocka_unit_test(the_first_error_stops_and_surfaces),
        cmocka_unit_test(an_error_frees_a_caller_who_waits),
        cmocka_unit_test(signals_reach_the_main_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
