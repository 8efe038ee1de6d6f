/* Kernel sources as embedded by tools/EmbedKernels.cmake. Terminated by a row with name 0. */
#ifndef DEVICE_KERNEL_SOURCES_H
#define DEVICE_KERNEL_SOURCES_H

#include <stddef.h>

typedef struct {
    const char *name; /* file name in kernels/ */
    const char *text; /* NUL-terminated */
    size_t size;
} xt_kernel_source;

extern const xt_kernel_source xt_kernel_sources[];

#endif
