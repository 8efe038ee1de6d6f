/* Reading a collection of files in time (.pvd): ours and ParaView's. */
#ifndef MESH_PVD_READ_H
#define MESH_PVD_READ_H

#include "base/error.h"

typedef struct {
    double time; /* in whatever the writer counted: ours in days */
    char *path;  /* joined with the folder of the collection */
} xt_pvd_entry;

typedef struct {
    xt_pvd_entry *entry; /* earliest first; of two of the same time the later in the file */
    int count;
} xt_pvd_list;

/* Errors: XT_IO, also for a file that lies outside the collection's folder. Whether the files are there is
 * not looked at. Free with xt_pvd_list_free. */
xt_status xt_pvd_read(xt_pvd_list *list, const char *path, xt_error *err);
void xt_pvd_list_free(xt_pvd_list *list);

/* The entry nearest to `time`, -1 in an empty list. */
int xt_pvd_nearest(const xt_pvd_list *list, double time);

#endif
