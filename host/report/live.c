#include "report/live.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "report/report.h"
#include "report/server.h"

/* What a change of the run's files shows in. */
static const char *const watched[] = {"volumes.pvd", "run.json", "series.csv", "frames", "films", "render"};
enum { VOLUMES = 0, WATCHED = sizeof watched / sizeof *watched };

typedef struct {
    struct {
        dev_t device;
        ino_t file;
        off_t size;
        struct timespec changed;
    } at[WATCHED];
} stamp;

typedef struct {
    xt_text text;
    stamp of;
    double when, took_s; /* composed; 0: never */
} held;

struct xt_live {
    char *dir, *path[WATCHED];
    xt_server *server;
    held part[3];
    atomic_bool ended, told; /* the run; a visitor, of that */
    atomic_bool owed;        /* who was told will ask for the last volumes */
};

/* A page asks every two seconds. Whoever has not for much longer has left; the others have some time to hear
 * how it ended, and then to fetch the last pictures, and the last volumes, which take long to pack. */
static const double present_s = 5, hear_s = 4, fetch_s = 1, still_s = 0.4, ask_s = 5, pack_s = 30;

static void look(stamp *s, const xt_live *live) {
    memset(s, 0, sizeof *s); /* compared as bytes */
    for (int i = 0; i < WATCHED; i++) {
        struct stat info;
        if (stat(live->path[i], &info) != 0) continue;
        s->at[i].device = info.st_dev;
        s->at[i].file = info.st_ino;
        s->at[i].size = info.st_size;
        s->at[i].changed = info.st_mtim;
    }
}

/* However many ask, composing takes at most a twentieth of one core from the simulation, while there is one.
 */
static bool is_fresh(const held *h, const stamp *now, bool ended) {
    if (!(h->when > 0)) return false;
    return memcmp(&h->of, now, sizeof *now) == 0 || (!ended && xt_seconds() - h->when < 20 * h->took_s);
}

static xt_status compose(const char **bytes, size_t *size, xt_server_part part, void *context,
                         xt_error *err) {
    xt_live *live = context;
    held *h = &live->part[part];
    stamp now;
    look(&now, live);
    const bool ended = atomic_load(&live->ended);
    if (!is_fresh(h, &now, ended)) {
        const char *const dirs[] = {live->dir};
        const xt_report_def def = {.dirs = dirs, .count = 1, .live = true};
        const double began = xt_seconds();
        h->when = 0;
        xt_text_clear(&h->text);
        XT_TRY(part == XT_SERVER_PAGE    ? xt_report_page(&h->text, &def, err)
               : part == XT_SERVER_SPACE ? xt_report_space(&h->text, live->dir, err)
                                         : xt_report_data(&h->text, &def, err));
        XT_TRY(xt_text_check(&h->text, "the live view", err));
        h->of = now;
        h->when = xt_seconds();
        h->took_s = h->when - began;
    }
    *bytes = xt_text_get(&h->text);
    *size = h->text.size;
    if (ended && part == XT_SERVER_SPACE) atomic_store(&live->owed, false);
    if (ended && part != XT_SERVER_SPACE) {
        const held *space = &live->part[XT_SERVER_SPACE];
        if (memcmp(&space->of.at[VOLUMES], &h->of.at[VOLUMES], sizeof h->of.at[VOLUMES]) != 0)
            atomic_store(&live->owed, true);
        atomic_store(&live->told, true);
    }
    return XT_OK;
}

xt_status xt_live_open(xt_live **out, const char *dir, int port, xt_error *err) {
    *out = NULL;
    xt_live *live = calloc(1, sizeof *live);
    if (!live) return xt_no_memory(err, "the live view", sizeof *live);
    xt_status status = XT_OK;
    const xt_server_def def = {.dir = dir, .port = port, .compose = compose, .context = live};
    XT_GO(xt_path_join(&live->dir, "", dir, err));
    for (int i = 0; i < WATCHED; i++) XT_GO(xt_path_join(&live->path[i], dir, watched[i], err));
    XT_GO(xt_server_open(&live->server, &def, err));
    *out = live;
    return XT_OK;
done:
    xt_live_close(live);
    return status;
}

xt_status xt_live_begin(xt_live *live, xt_error *err) { return xt_server_begin(live->server, err); }

const char *xt_live_address(const xt_live *live) { return xt_server_address(live->server); }

void xt_live_settle(xt_live *live) {
    if (xt_server_idle_s(live->server) > present_s) return;
    const double ended = xt_seconds();
    atomic_store(&live->ended, true);
    while (!atomic_load(&live->told) && xt_seconds() - ended < hear_s) poll(NULL, 0, 20);
    const double told = xt_seconds();
    while (atomic_load(&live->owed) &&
           xt_seconds() - told < (xt_server_idle_s(live->server) > 0 ? ask_s : pack_s))
        poll(NULL, 0, 20);
    const double fetched = xt_seconds();
    while (xt_server_idle_s(live->server) < still_s && xt_seconds() - fetched < fetch_s) poll(NULL, 0, 20);
}

void xt_live_close(xt_live *live) {
    if (!live) return;
    xt_server_close(live->server);
    for (int i = 0; i < WATCHED; i++) free(live->path[i]);
    for (int i = 0; i < 3; i++) xt_text_free(&live->part[i].text);
    free(live->dir);
    free(live);
}
