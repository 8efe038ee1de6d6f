/* What an address below the token means: a fixed table, nothing is looked up in the file system by a name
 * that is not of the kind the run itself gives to its files. */
#ifndef REPORT_ROUTE_H
#define REPORT_ROUTE_H

#include <stdbool.h>
#include "base/error.h"

enum { XT_TOKEN_SIZE = 32 }; /* hexadecimal digits: 128 bits */

typedef enum { XT_ROUTE_NONE, XT_ROUTE_PAGE, XT_ROUTE_DATA, XT_ROUTE_SPACE, XT_ROUTE_FILE } xt_route_kind;

typedef struct {
    xt_route_kind kind;
    const char *folder; /* of a file: one of the table's */
    const char *name;   /* of a file: inside the url */
    const char *type;   /* media type */
} xt_route;

/* `url`: the path as it came, nothing decoded. Takes the same time for every wrong token. */
xt_route xt_route_find(const char *url, const char token[XT_TOKEN_SIZE + 1]);

/* Open a file of a route below `dir`: a regular file, no link on the way. -1 if there is none. *size in
 * bytes. */
int xt_route_open(unsigned long long *size, const char *dir, const xt_route *route);

/* What a header `Range` asks of a file of `size` bytes; films are played and wound by it. WHOLE: everything,
 * also where the header is missing, of another unit, of several ranges or not well-formed (RFC 9110, 14.2).
 */
typedef enum { XT_RANGE_WHOLE, XT_RANGE_PART, XT_RANGE_OUTSIDE } xt_range_kind;
xt_range_kind xt_range_find(unsigned long long *first, unsigned long long *count, const char *header,
                            unsigned long long size);

/* From the system's random source. XT_INTERNAL if it has none. */
xt_status xt_token_make(char token[XT_TOKEN_SIZE + 1], xt_error *err);

/* Whether the header `Host` names us: "127.0.0.1" or "localhost" with our port. NULL does not. */
bool xt_host_is_ours(const char *host, int port);
/* Whether a header `Origin` is our page's. NULL (not sent) is. */
bool xt_origin_is_ours(const char *origin, int port);

#endif
