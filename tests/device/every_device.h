/* Run a check on every device of this machine that can run Crosstalk. At least one must be there. */
#ifndef TESTS_DEVICE_EVERY_DEVICE_H
#define TESTS_DEVICE_EVERY_DEVICE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "device/device.h"

/* The message is worth more than "1 != 0". */
#define OK(call)                                                                                             \
    do {                                                                                                     \
        if ((call) != XT_OK) fail_msg("%s: %s", #call, err.text);                                            \
    } while (0)

static inline void on_every_device(void (*check)(xt_device *device)) {
    xt_error err = {XT_OK, ""};
    xt_device_info *list;
    int count, ran = 0;
    OK(xt_device_list(&list, &count, &err));
    for (int i = 0; i < count; i++) {
        char spec[32];
        xt_device *device;
        xt_error why = {XT_OK, ""};
        if (xt_device_check(&list[i], &why) != XT_OK) {
            print_message("skipped: %s\n", why.text);
            continue;
        }
        snprintf(spec, sizeof spec, "%u:%u", list[i].platform_index, list[i].device_index);
        OK(xt_device_open(&device, spec, &err));
        assert_string_equal(xt_device_get_info(device)->name, list[i].name);
        check(device);
        xt_device_close(device);
        ran++;
    }
    free(list);
    assert_true(ran > 0);
}

/* A cache of our own, so that tests neither see nor leave anything in the user's. */
static inline void use_fresh_cache(char folder[64]) {
    strcpy(folder, "/tmp/crosstalk-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
    setenv("XDG_CACHE_HOME", folder, 1);
}

static inline void remove_folder(const char *folder) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    assert_int_equal(system(command), 0);
}

#endif
