#include "app/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

xt_status xt_folder_absolute(char **absolute, const char *path, xt_error *err) {
    char here[4096];
    *absolute = NULL;
    if (!path[0]) return xt_fail(err, XT_USAGE, "the name of the output folder is empty");
    if (!getcwd(here, sizeof here))
        return xt_fail(err, XT_IO, "the present folder has no name: %s", strerror(errno));
    return xt_path_join(absolute, here, path, err);
}

xt_status xt_folder_check(const char *path, const char *given, bool force, xt_error *err) {
    if (xt_path_exists(path)) {
        if (!xt_path_is_folder(path))
            return xt_fail(err, XT_IO, "'%s' is there already and is not a folder", given);
        if (!force)
            return xt_fail(err, XT_IO,
                           "'%s' is there already; --force replaces the run in it, another name keeps it",
                           given);
        if (access(path, W_OK | X_OK) != 0)
            return xt_fail(err, XT_IO, "'%s' cannot be written: %s", given, strerror(errno));
        return XT_OK;
    }
    /* the nearest folder that exists decides whether the rest can be made */
    char *parent = NULL;
    XT_TRY(xt_path_folder(&parent, path, err));
    while (!xt_path_exists(parent) && strcmp(parent, "/") != 0) {
        char *above = NULL;
        xt_status status = xt_path_folder(&above, parent, err);
        free(parent);
        if (status != XT_OK) return status;
        parent = above;
    }
    xt_status status = XT_OK;
    if (!xt_path_is_folder(parent))
        status = xt_fail(err, XT_IO, "'%s' cannot be made: '%s' is not a folder", given, parent);
    else if (access(parent, W_OK | X_OK) != 0)
        status = xt_fail(err, XT_IO, "'%s' cannot be made: '%s' cannot be written: %s", given, parent,
                         strerror(errno));
    free(parent);
    return status;
}

static bool ends_with(const char *name, const char *end) {
    const size_t a = strlen(name), b = strlen(end);
    return a >= b && strcmp(name + a - b, end) == 0;
}

static xt_status remove_matching(const char *dir, const char *sub, const char *const *endings,
                                 xt_error *err) {
    char *folder = NULL;
    XT_TRY(xt_path_join(&folder, dir, sub, err));
    DIR *list = opendir(folder);
    xt_status status = XT_OK;
    for (struct dirent *entry; list && status == XT_OK && (entry = readdir(list));) {
        bool ours = strstr(entry->d_name, ".tmp-") != NULL;
        for (int i = 0; endings[i]; i++) ours |= ends_with(entry->d_name, endings[i]);
        if (!ours) continue;
        char *path = NULL;
        status = xt_path_join(&path, folder, entry->d_name, err);
        if (status == XT_OK && unlink(path) != 0 && errno != EISDIR)
            status = xt_fail(err, XT_IO, "'%s' cannot be replaced: %s", path, strerror(errno));
        free(path);
    }
    if (list) closedir(list);
    free(folder);
    return status;
}

xt_status xt_folder_claim(const char *path, bool force, xt_error *err) {
    XT_TRY(xt_make_folders(path, err));
    if (!force) return XT_OK;
    XT_TRY(remove_matching(path, "frames", (const char *const[]){".png", ".kept", NULL}, err));
    XT_TRY(
        remove_matching(path, "render", (const char *const[]){".png", NULL}, err)); /* of volumes that go */
    XT_TRY(remove_matching(path, "films", (const char *const[]){".apng", ".mp4", ".webm", NULL}, err));
    XT_TRY(remove_matching(path, "volumes", (const char *const[]){".vti", ".nii", ".nii.gz", NULL}, err));
    XT_TRY(remove_matching(path, "checkpoint", (const char *const[]){"state-A", "state-B", NULL}, err));
    return remove_matching(
        path, "",
        (const char *const[]){"run.json", "series.csv", "volumes.pvd", "log.txt", "report.html", NULL}, err);
}

xt_status xt_folder_sweep(const char *path, xt_error *err) {
    const char *const only_unfinished[] = {NULL};
    XT_TRY(remove_matching(path, "frames", only_unfinished, err));
    XT_TRY(remove_matching(path, "films", only_unfinished, err));
    XT_TRY(remove_matching(path, "volumes", only_unfinished, err));
    return remove_matching(path, "", only_unfinished, err);
}
