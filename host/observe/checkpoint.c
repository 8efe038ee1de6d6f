/* Two generations in a folder: which is newest, and falling back to the older. */
#include "observe/checkpoint.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/file.h"
#include "observe/checkpoint_format.h"

bool xt_ck_peek(xt_ck_head *head, const char *path) {
    unsigned char bytes[XT_CK_HEADER];
    const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return false;
    const bool whole = pread(fd, bytes, sizeof bytes, 0) == (ssize_t)sizeof bytes;
    close(fd);
    xt_error unused = {0};
    return whole && xt_ck_read_head(head, bytes, path, &unused) == XT_OK;
}

static xt_status both_paths(char *path[2], const char *dir, xt_error *err) {
    path[0] = path[1] = NULL;
    xt_status status = xt_path_join(&path[0], dir, xt_ck_slot[0], err);
    if (status == XT_OK) status = xt_path_join(&path[1], dir, xt_ck_slot[1], err);
    if (status == XT_OK) return XT_OK;
    free(path[0]);
    return status;
}

bool xt_checkpoint_exists(const char *dir) {
    char *path[2];
    xt_error unused = {0};
    if (both_paths(path, dir, &unused) != XT_OK) return false;
    const bool any = xt_path_exists(path[0]) || xt_path_exists(path[1]);
    free(path[0]);
    free(path[1]);
    return any;
}

/* Try one; *next says whether the other may be tried after a failure, which is then noted in `warning`. */
static xt_status attempt(xt_checkpoint **out, bool *next, const char *path, const char *application,
                         xt_text *warning, xt_error *err) {
    xt_error local = {0};
    const xt_status status = xt_checkpoint_open(out, path, application, &local);
    *next = status == XT_IO;
    if (status == XT_OK) return XT_OK;
    if (*next && warning) xt_text_printf(warning, "%s%s", warning->size ? "; " : "", local.text);
    return xt_fail(err, status, "%s", local.text);
}

xt_status xt_checkpoint_open_newest(xt_checkpoint **out, const char *dir, const char *application,
                                    xt_text *warning, xt_error *err) {
    *out = NULL;
    char *path[2];
    XT_TRY(both_paths(path, dir, err));
    xt_status status;
    uint64_t serial[2] = {0, 0};
    bool there[2], next = true;
    for (int k = 0; k < 2; k++) {
        xt_ck_head head;
        there[k] = xt_path_exists(path[k]);
        /* One whose header cannot be read is tried first, to learn whether it is damaged or foreign: a
         * foreign one must not be passed over. */
        if (there[k]) serial[k] = xt_ck_peek(&head, path[k]) ? head.serial : UINT64_MAX;
    }
    const int newest = there[1] && (!there[0] || serial[1] > serial[0]);
    if (!there[0] && !there[1]) {
        status = xt_fail(err, XT_IO, "%s: there is no checkpoint", dir);
        goto done;
    }
    xt_error first = {0};
    status = attempt(out, &next, path[newest], application, warning, &first);
    if (status != XT_OK && next && there[!newest]) {
        xt_error second = {0};
        status = attempt(out, &next, path[!newest], application, warning, &second);
        if (status == XT_OK && warning)
            xt_text_printf(warning, "; going on from the other one, %s", path[!newest]);
        if (status != XT_OK) xt_fail(err, status, "%s; %s", first.text, second.text);
    } else if (status != XT_OK)
        xt_fail(err, status, "%s", first.text);
done:
    free(path[0]);
    free(path[1]);
    return status;
}
