#include "report/route.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
    const char *folder, *ending, *type;
} files[] = {{"frames", ".png", "image/png"}, {"render", ".png", "image/png"},
             {"films", ".png", "image/png"},  {"films", ".apng", "image/apng"},
             {"films", ".mp4", "video/mp4"},  {"films", ".webm", "video/webm"}};

enum { LONGEST_NAME = 160 };

static bool token_is_ours(const char *url, const char *token) {
    unsigned different = 0;
    const size_t size = strlen(url);
    for (size_t i = 0; i < XT_TOKEN_SIZE; i++) {
        const unsigned char c = i + 1 < size ? (unsigned char)url[i + 1] : 0;
        different |= c ^ (unsigned char)token[i];
    }
    return different == 0;
}

/* As the run names its files: a letter or digit, then letters, digits, '_', '-' and single dots. */
static bool name_is_plain(const char *name) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    if (!name[0] || !strchr(letters, name[0]) || strlen(name) > LONGEST_NAME || strstr(name, ".."))
        return false;
    for (const char *c = name; *c; c++)
        if (!strchr(letters, *c) && !strchr("_-.", *c)) return false;
    return true;
}

static bool ends_with(const char *name, const char *ending) {
    const size_t a = strlen(name), b = strlen(ending);
    return a > b && strcmp(name + a - b, ending) == 0;
}

xt_route xt_route_find(const char *url, const char token[XT_TOKEN_SIZE + 1]) {
    const xt_route none = {.kind = XT_ROUTE_NONE};
    if (!token_is_ours(url, token) || url[0] != '/' || url[XT_TOKEN_SIZE + 1] != '/') return none;
    const char *rest = url + XT_TOKEN_SIZE + 2;
    if (!*rest) return (xt_route){.kind = XT_ROUTE_PAGE, .type = "text/html; charset=utf-8"};
    if (strcmp(rest, "data.json") == 0) return (xt_route){.kind = XT_ROUTE_DATA, .type = "application/json"};
    if (strcmp(rest, "space.json") == 0)
        return (xt_route){.kind = XT_ROUTE_SPACE, .type = "application/json"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        const size_t n = strlen(files[i].folder);
        if (strncmp(rest, files[i].folder, n) != 0 || rest[n] != '/') continue;
        const char *name = rest + n + 1;
        if (name_is_plain(name) && ends_with(name, files[i].ending))
            return (xt_route){XT_ROUTE_FILE, files[i].folder, name, files[i].type};
    }
    return none;
}

int xt_route_open(unsigned long long *size, const char *dir, const xt_route *route) {
    const int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    int run = open(dir, O_RDONLY | O_CLOEXEC | O_DIRECTORY), folder = -1, file = -1;
    struct stat info;
    if (run >= 0) folder = openat(run, route->folder, flags | O_DIRECTORY);
    if (folder >= 0) file = openat(folder, route->name, flags);
    if (run >= 0) close(run);
    if (folder >= 0) close(folder);
    if (file < 0) return -1;
    if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(file);
        return -1;
    }
    *size = (unsigned long long)info.st_size;
    return file;
}

/* Decimal digits, at least one, no overflow. */
static bool digits(unsigned long long *number, const char **at) {
    const char *c = *at;
    *number = 0;
    for (; *c >= '0' && *c <= '9'; c++) {
        if (*number > (~0ull - 9) / 10) return false;
        *number = *number * 10 + (unsigned)(*c - '0');
    }
    const bool any = c > *at;
    *at = c;
    return any;
}

xt_range_kind xt_range_find(unsigned long long *first, unsigned long long *count, const char *header,
                            unsigned long long size) {
    unsigned long long a, b = ~0ull;
    *first = 0;
    *count = size;
    if (!header || strncmp(header, "bytes=", 6) != 0) return XT_RANGE_WHOLE;
    const char *at = header + 6;
    if (*at == '-') { /* the last so many */
        at++;
        if (!digits(&a, &at) || *at) return XT_RANGE_WHOLE;
        if (a == 0 || size == 0) return XT_RANGE_OUTSIDE;
        *count = a < size ? a : size;
        *first = size - *count;
        return XT_RANGE_PART;
    }
    if (!digits(&a, &at) || *at++ != '-') return XT_RANGE_WHOLE;
    if (*at && (!digits(&b, &at) || *at || b < a)) return XT_RANGE_WHOLE;
    if (a >= size) return XT_RANGE_OUTSIDE;
    *first = a;
    *count = (b < size ? b + 1 : size) - a;
    return XT_RANGE_PART;
}

xt_status xt_token_make(char token[XT_TOKEN_SIZE + 1], xt_error *err) {
    unsigned char random[XT_TOKEN_SIZE / 2];
    ssize_t got;
    do got = getrandom(random, sizeof random, 0);
    while (got < 0 && errno == EINTR);
    if (got != (ssize_t)sizeof random)
        return xt_fail(err, XT_INTERNAL, "no random numbers for the address of the live view: %s",
                       strerror(errno));
    for (size_t i = 0; i < sizeof random; i++) snprintf(token + 2 * i, 3, "%02x", random[i]);
    return XT_OK;
}

bool xt_host_is_ours(const char *host, int port) {
    char ours[64];
    if (!host) return false;
    snprintf(ours, sizeof ours, "127.0.0.1:%d", port);
    if (strcmp(host, ours) == 0) return true;
    snprintf(ours, sizeof ours, "localhost:%d", port);
    return strcasecmp(host, ours) == 0;
}

bool xt_origin_is_ours(const char *origin, int port) {
    static const char scheme[] = "http://";
    if (!origin) return true;
    return strncmp(origin, scheme, sizeof scheme - 1) == 0 &&
           xt_host_is_ours(origin + sizeof scheme - 1, port);
}
