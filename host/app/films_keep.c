/* Moments on disk: a header and the arrays of each, of the same size throughout a film. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/outputs_internal.h"
#include "base/file.h"

typedef struct {
    int number;
    double time_d;
    double low[XT_FRAME_SHOWS], high[XT_FRAME_SHOWS]; /* of the scales that it has been drawn on */
    char subtitle[288];
} header;

struct xt_film_keep {
    FILE *file;
    char *path;
    size_t record; /* bytes of one moment */
    long count;
    bool full;
};

/* Beyond this a film is left as it was drawn: a disk is not filled for the sake of colours. */
static const double most_bytes = 4e9;

static size_t record_bytes(const xt_film *film) {
    size_t bytes = sizeof(header);
    for (int i = 0; i < film->planes; i++) bytes += film->plane[i]->count * sizeof(xt_material);
    for (int i = 0; i < film->panels; i++) bytes += film->plane[film->panel[i].plane]->count * sizeof(float);
    return bytes;
}

static xt_status failed(const xt_film_keep *keep, const char *what, xt_error *err) {
    return xt_fail(err, XT_IO, "%s: cannot be %s: %s", keep->path, what, strerror(errno));
}

static xt_status seek(xt_film_keep *keep, long index, size_t within, xt_error *err) {
    const off_t at = (off_t)index * (off_t)keep->record + (off_t)within;
    return fseeko(keep->file, at, SEEK_SET) == 0 ? XT_OK : failed(keep, "read", err);
}

/* Moments that a resumed run will not write again. */
static xt_status count_moments(xt_film_keep *keep, int frames, xt_error *err) {
    if (fseeko(keep->file, 0, SEEK_END) != 0) return failed(keep, "read", err);
    const long whole = (long)(ftello(keep->file) / (off_t)keep->record);
    for (keep->count = 0; keep->count < whole; keep->count++) {
        header h;
        XT_TRY(seek(keep, keep->count, 0, err));
        if (fread(&h, sizeof h, 1, keep->file) != 1) return failed(keep, "read", err);
        if (h.number >= frames) break;
    }
    if (ftruncate(fileno(keep->file), (off_t)keep->count * (off_t)keep->record) != 0)
        return failed(keep, "shortened", err);
    return XT_OK;
}

xt_status xt_film_keep_open(xt_film_keep **out, const xt_film *film, const char *frames_dir, int frames,
                            xt_error *err) {
    *out = NULL;
    xt_film_keep *keep = calloc(1, sizeof *keep);
    if (!keep) return xt_no_memory(err, "a film", sizeof *keep);
    char name[40];
    snprintf(name, sizeof name, ".film-%02d.kept", film->index);
    xt_status status = XT_OK;
    keep->record = record_bytes(film);
    XT_GO(xt_path_join(&keep->path, frames_dir, name, err));
    keep->file = frames > 0 ? fopen(keep->path, "r+b") : NULL;
    if (!keep->file) keep->file = fopen(keep->path, "w+b");
    if (!keep->file) {
        status = failed(keep, "written", err);
        goto done;
    }
    XT_GO(count_moments(keep, frames, err));
    *out = keep;
    return XT_OK;
done:
    xt_film_keep_close(keep, false);
    return status;
}

static bool put(FILE *file, const void *data, size_t bytes) {
    return bytes == 0 || fwrite(data, bytes, 1, file) == 1;
}
static bool get(FILE *file, void *data, size_t bytes) {
    return bytes == 0 || fread(data, bytes, 1, file) == 1;
}

xt_status xt_film_keep_add(xt_film_keep *keep, const xt_film *film, const xt_film_moment *m, xt_error *err) {
    if (keep->full || (double)(keep->count + 1) * (double)keep->record > most_bytes) {
        keep->full = true;
        return XT_OK;
    }
    header h;
    memset(&h, 0, sizeof h);
    h.number = m->number;
    h.time_d = m->time_d;
    memcpy(h.low, m->low, sizeof h.low);
    memcpy(h.high, m->high, sizeof h.high);
    memcpy(h.subtitle, m->subtitle, sizeof h.subtitle);
    XT_TRY(seek(keep, keep->count, 0, err));
    bool good = put(keep->file, &h, sizeof h);
    for (int i = 0; i < film->planes && good; i++)
        good = put(keep->file, m->material[i], film->plane[i]->count * sizeof(xt_material));
    for (int i = 0; i < film->panels && good; i++)
        good = put(keep->file, m->value[i], film->plane[film->panel[i].plane]->count * sizeof(float));
    if (!good || fflush(keep->file) != 0) return failed(keep, "written", err);
    keep->count++;
    return XT_OK;
}

static bool narrower(const header *h, const xt_film *film, const xt_outputs *o) {
    for (int k = 0; k < film->request->shows; k++) {
        const int limit = film->index * XT_FRAME_SHOWS + k;
        if (film->shown[k].kind == XT_SHOW_TISSUE || isnan(o->state.low[limit])) continue;
        if (h->low[k] != o->state.low[limit] || h->high[k] != o->state.high[limit]) return true;
    }
    return false;
}

static xt_status redraw_one(xt_film_keep *keep, const header *h, xt_film *film, xt_outputs *o,
                            xt_film_moment *m, xt_error *err) {
    bool good = true;
    for (int i = 0; i < film->planes && good; i++)
        good = get(keep->file, m->material[i], film->plane[i]->count * sizeof(xt_material));
    for (int i = 0; i < film->panels && good; i++)
        good = get(keep->file, m->value[i], film->plane[film->panel[i].plane]->count * sizeof(float));
    if (!good) return failed(keep, "read", err);
    m->number = h->number;
    m->time_d = h->time_d;
    memcpy(m->subtitle, h->subtitle, sizeof m->subtitle);
    m->subtitle[sizeof m->subtitle - 1] = '\0';
    return xt_film_draw(film, o, m, err);
}

xt_status xt_film_keep_redraw(xt_film_keep *keep, xt_film *film, xt_outputs *o, xt_error *err) {
    xt_film_moment moment;
    XT_TRY(xt_film_moment_make(&moment, film, err));
    xt_status status = XT_OK;
    for (long i = 0; i < keep->count && !keep->full; i++) {
        header h;
        XT_GO(seek(keep, i, 0, err));
        if (!get(keep->file, &h, sizeof h)) {
            status = failed(keep, "read", err);
            goto done;
        }
        if (narrower(&h, film, o)) XT_GO(redraw_one(keep, &h, film, o, &moment, err));
    }
done:
    xt_film_moment_clear(&moment);
    return status;
}

void xt_film_keep_close(xt_film_keep *keep, bool gone) {
    if (!keep) return;
    if (keep->file) fclose(keep->file);
    if (gone && keep->path) unlink(keep->path);
    free(keep->path);
    free(keep);
}
