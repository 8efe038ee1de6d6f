#define _DEFAULT_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "report/server.h"

static char dir[64], token[64];
static xt_server *server;
static int port;
static const char *page_text = "<!doctype html><title>a run</title>";
static bool not_yet;

static xt_status compose(const char **bytes, size_t *size, xt_server_part part, void *context,
                         xt_error *err) {
    assert_ptr_equal(context, &not_yet);
    if (not_yet) return xt_fail(err, XT_IO, "run.json is not there yet");
    *bytes = part == XT_SERVER_PAGE    ? page_text
             : part == XT_SERVER_SPACE ? "{\"space\": {}}"
                                       : "{\"status\": \"running\"}";
    *size = strlen(*bytes);
    return XT_OK;
}

static void put(const char *name, const char *content) {
    xt_error err = {0};
    char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    assert_int_equal(xt_file_write(path, content, strlen(content), &err), XT_OK);
}

static int start(void **state) {
    (void)state;
    xt_error err = {0};
    signal(SIGPIPE, SIG_IGN);
    strcpy(dir, "/tmp/crosstalk-server-XXXXXX");
    if (!mkdtemp(dir)) return 1;
    char path[256];
    snprintf(path, sizeof path, "%s/frames", dir);
    mkdir(path, 0777);
    put("frames/tissue_z5_0000.png", "a picture");
    put("frames/secret.txt", "not for visitors");
    put("frames/.hidden.png", "not for visitors");
    put("run.json", "not for visitors");
    put("outside.png", "not for visitors");
    snprintf(path, sizeof path, "%s/frames/link.png", dir);
    if (symlink("../outside.png", path) != 0) return 1;
    snprintf(path, sizeof path, "%s/frames/folder.png", dir);
    mkdir(path, 0777);
    snprintf(path, sizeof path, "%s/frames/pipe.png", dir);
    if (mkfifo(path, 0777) != 0) return 1;
    snprintf(path, sizeof path, "%s/films", dir); /* a folder that is a link is not followed either */
    if (symlink("frames", path) != 0) return 1;
    const xt_server_def def = {.dir = dir, .compose = compose, .context = &not_yet};
    if (xt_server_open(&server, &def, &err) != XT_OK || xt_server_begin(server, &err) != XT_OK) return 1;
    port = xt_server_port(server);
    const char *address = xt_server_address(server);
    snprintf(token, sizeof token, "%.32s", address + strlen(address) - 33);
    return 0;
}

static int stop(void **state) {
    (void)state;
    char command[128];
    xt_server_close(server);
    snprintf(command, sizeof command, "rm -rf %s", dir);
    return system(command);
}

static int dial(void) {
    const struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct timeval patience = {.tv_sec = 20};
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(fd, (const struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

/* Everything until the server hangs up. */
static const char *hear(int fd) {
    static char heard[1 << 16];
    size_t used = 0;
    for (;;) {
        const ssize_t n = recv(fd, heard + used, sizeof heard - 1 - used, 0);
        if (n <= 0) break;
        used += (size_t)n;
    }
    heard[used] = '\0';
    close(fd);
    return heard;
}

static const char *say(const char *bytes, size_t size) {
    const int fd = dial();
    for (size_t sent = 0; sent < size;) {
        const ssize_t n = send(fd, bytes + sent, size - sent, MSG_NOSIGNAL);
        if (n <= 0) break; /* the server has heard enough */
        sent += (size_t)n;
    }
    return hear(fd);
}

static const char *ask(const char *method, const char *path, const char *more) {
    xt_text text = {0};
    xt_text_printf(&text, "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%s\r\n", method, path, port, more);
    const char *heard = say(text.data, text.size);
    xt_text_free(&text);
    return heard;
}

static int status_of(const char *heard) {
    int status = 0;
    return sscanf(heard, "HTTP/1.%*d %d", &status) == 1 ? status : 0;
}

static const char *ours(const char *rest) {
    static char path[64][512];
    static int turn;
    turn = (turn + 1) % 64;
    snprintf(path[turn], sizeof path[turn], "/%s/%s", token, rest);
    return path[turn];
}

static const char *body_of(const char *heard) {
    const char *end = strstr(heard, "\r\n\r\n");
    return end ? end + 4 : "";
}

static void the_page_its_data_and_its_pictures(void **state) {
    (void)state;
    const char *heard = ask("GET", ours(""), "");
    assert_int_equal(status_of(heard), 200);
    assert_string_equal(body_of(heard), page_text);
    assert_non_null(strstr(heard, "Content-Type: text/html; charset=utf-8\r\n"));
    assert_non_null(strstr(heard, "Cache-Control: no-store\r\n"));
    assert_non_null(strstr(heard, "X-Content-Type-Options: nosniff\r\n"));
    assert_non_null(strstr(heard, "Referrer-Policy: no-referrer\r\n"));
    assert_non_null(strstr(heard, "Cross-Origin-Resource-Policy: same-origin\r\n"));
    assert_non_null(strstr(heard, "Content-Security-Policy: default-src 'none';"));
    assert_non_null(strstr(heard, "Connection: close\r\n"));
    assert_null(strstr(heard, "Access-Control"));
    heard = ask("GET", ours("data.json?t=5"), "");
    assert_int_equal(status_of(heard), 200);
    assert_string_equal(body_of(heard), "{\"status\": \"running\"}");
    heard = ask("GET", ours("space.json"), "");
    assert_int_equal(status_of(heard), 200);
    assert_string_equal(body_of(heard), "{\"space\": {}}");
    heard = ask("GET", ours("frames/tissue_z5_0000.png"), "");
    assert_int_equal(status_of(heard), 200);
    assert_non_null(strstr(heard, "Content-Type: image/png\r\n"));
    assert_string_equal(body_of(heard), "a picture");
    heard = ask("HEAD", ours("frames/tissue_z5_0000.png"), "");
    assert_int_equal(status_of(heard), 200);
    assert_non_null(strstr(heard, "Content-Length: 9\r\n"));
    assert_string_equal(body_of(heard), "");
}

static void parts_of_a_file(void **state) {
    (void)state;
    static const struct {
        const char *range, *body, *header;
        int status;
    } cases[] = {{"bytes=2-4", "pic", "Content-Range: bytes 2-4/9\r\n", 206},
                 {"bytes=2-", "picture", "Content-Range: bytes 2-8/9\r\n", 206},
                 {"bytes=-4", "ture", "Content-Range: bytes 5-8/9\r\n", 206},
                 {"bytes=-99", "a picture", "Content-Range: bytes 0-8/9\r\n", 206},
                 {"bytes=0-99999999999999999999", "a picture", "Accept-Ranges: bytes\r\n", 200},
                 {"bytes=0-18446744073709551600", "a picture", "Content-Range: bytes 0-8/9\r\n", 206},
                 {"bytes=9-", "Beyond the end of the file.\n", "", 416},
                 {"bytes=-0", "Beyond the end of the file.\n", "", 416},
                 {"bytes=4-2", "a picture", "", 200},
                 {"bytes=", "a picture", "", 200},
                 {"bytes=-", "a picture", "", 200},
                 {"bytes=0-1,3-4", "a picture", "", 200},
                 {"bytes= 1-2", "a picture", "", 200},
                 {"lines=1-2", "a picture", "", 200}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char header[128];
        snprintf(header, sizeof header, "Range: %s\r\n", cases[i].range);
        const char *heard = ask("GET", ours("frames/tissue_z5_0000.png"), header);
        if (status_of(heard) != cases[i].status || strcmp(body_of(heard), cases[i].body) != 0 ||
            !strstr(heard, cases[i].header))
            fail_msg("%s: %s", cases[i].range, heard);
    }
}

static void what_cannot_be_composed_yet_says_why_and_is_asked_for_again(void **state) {
    (void)state;
    not_yet = true;
    const char *heard = ask("GET", ours(""), "");
    not_yet = false;
    assert_int_equal(status_of(heard), 503);
    assert_string_equal(body_of(heard), "run.json is not there yet");
    assert_non_null(strstr(heard, "Refresh: 2\r\n"));
}

static void nothing_else_is_there(void **state) {
    (void)state;
    char wrong[256], near_miss[64];
    strcpy(near_miss, token);
    near_miss[31] = near_miss[31] == '0' ? '1' : '0';
    const char *const paths[] = {"/",
                                 "/favicon.ico",
                                 "/data.json",
                                 "/space.json",
                                 "//data.json",
                                 "/00000000000000000000000000000000/",
                                 ours("run.json"),
                                 ours("log.txt"),
                                 ours("frames"),
                                 ours("frames/"),
                                 ours("/"),
                                 ours("frames/secret.txt"),
                                 ours("frames/.hidden.png"),
                                 ours("frames/none.png"),
                                 ours("frames/link.png"),
                                 ours("frames/folder.png"),
                                 ours("frames/pipe.png"),
                                 ours("films/tissue_z5_0000.png"),
                                 ours("frames/../outside.png"),
                                 ours("frames/..%2foutside.png"),
                                 ours("frames/%2e%2e/outside.png"),
                                 ours("frames/tissue_z5_0000%2epng"),
                                 ours("frames/tissue_z5_0000.png%00"),
                                 ours("frames/tissue_z5_0000.png%00.png"),
                                 ours("frames//tissue_z5_0000.png"),
                                 ours("frames/./tissue_z5_0000.png"),
                                 ours("frames\\tissue_z5_0000.png"),
                                 ours("frames/tissue_z5_0000.PNG"),
                                 ours("data.json/"),
                                 ours("%64ata.json"),
                                 ours("data.json%00"),
                                 ours("data.json;x"),
                                 ours("../../etc/passwd"),
                                 ours("/etc/passwd")};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        const char *heard = ask("GET", paths[i], "");
        if (status_of(heard) != 404) fail_msg("%s: %.60s", paths[i], heard);
        assert_string_equal(body_of(heard), "Not found.\n");
        assert_null(strstr(heard, token));
    }
    const char *const tokens[] = {near_miss, "", "x", "%00", "..", token + 1};
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
        snprintf(wrong, sizeof wrong, "/%s/data.json", tokens[i]);
        assert_int_equal(status_of(ask("GET", wrong, "")), 404);
    }
    snprintf(wrong, sizeof wrong, "/%s", token);
    assert_int_equal(status_of(ask("GET", wrong, "")), 404);
    snprintf(wrong, sizeof wrong, "/%sdata.json", token);
    assert_int_equal(status_of(ask("GET", wrong, "")), 404);
    snprintf(wrong, sizeof wrong, "http://127.0.0.1:%d/%s/data.json", port, token);
    assert_int_equal(status_of(ask("GET", wrong, "")), 404);
}

static void nothing_but_reading(void **state) {
    (void)state;
    const char *const methods[] = {"POST",  "PUT",     "DELETE", "TRACE", "OPTIONS",
                                   "PATCH", "CONNECT", "get",    "BREW"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        const char *heard = ask(methods[i], ours("data.json"), "Content-Length: 0\r\n");
        if (status_of(heard) != 405) fail_msg("%s: %.60s", methods[i], heard);
        assert_non_null(strstr(heard, "Allow: GET, HEAD\r\n"));
    }
    /* a body that never comes does not hold the answer back */
    assert_int_equal(status_of(ask("POST", ours("data.json"), "Content-Length: 1000000\r\n")), 405);
    assert_int_equal(status_of(ask("PUT", ours("x"), "Transfer-Encoding: chunked\r\n")), 405);
}

static void only_for_its_own_name_and_origin(void **state) {
    (void)state;
    const char *const hosts[] = {"Host: evil.example:%d\r\n",
                                 "Host: 127.0.0.1\r\n",
                                 "Host: 127.0.0.1:1\r\n",
                                 "Host: 127.0.0.1.evil.example:%d\r\n",
                                 "Host: 127.1:%d\r\n",
                                 "Host: [::1]:%d\r\n",
                                 "Host: \r\n",
                                 "Host: 127.0.0.1:%d\r\nHost: evil.example\r\n",
                                 "Host: user@127.0.0.1:%d\r\n"};
    char request[1024], header[256];
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(header, sizeof header, hosts[i], port);
#pragma GCC diagnostic pop
        snprintf(request, sizeof request, "GET %s HTTP/1.1\r\n%s\r\n", ours("data.json"), header);
        const int status = status_of(say(request, strlen(request)));
        if (status != 403 && status != 400) fail_msg("%s: %d", header, status);
    }
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nhost: LOCALHOST:%d\r\n\r\n", ours("data.json"),
             port);
    assert_int_equal(status_of(say(request, strlen(request))), 200);
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\n\r\n", ours("data.json"));
    assert_int_equal(status_of(say(request, strlen(request))), 400);
    snprintf(request, sizeof request, "GET %s HTTP/1.0\r\n\r\n", ours("data.json"));
    assert_int_equal(status_of(say(request, strlen(request))), 403);
    const char *const foreign[] = {"Origin: http://evil.example\r\n",
                                   "Origin: null\r\n",
                                   "Origin: \r\n",
                                   "Origin: http://127.0.0.1\r\n",
                                   "Origin: file://\r\n",
                                   "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n",
                                   "Sec-Fetch-Site: same-site\r\n"};
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        const int status = status_of(ask("GET", ours("data.json"), foreign[i]));
        if (status != 403) fail_msg("%s: %d", foreign[i], status);
    }
    snprintf(header, sizeof header, "Origin: http://127.0.0.1:%d\r\nSec-Fetch-Site: same-origin\r\n", port);
    assert_int_equal(status_of(ask("GET", ours("data.json"), header)), 200);
    assert_int_equal(
        status_of(ask("GET", ours(""), "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n")), 200);
}

static void oversized_requests_are_refused(void **state) {
    (void)state;
    xt_text text = {0};
    xt_text_printf(&text, "GET /%s/", token);
    for (int i = 0; i < 1 << 20; i++) xt_text_add(&text, "a");
    xt_text_printf(&text, " HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n", port);
    int status = status_of(say(text.data, text.size)); /* 0: hung up while we were still talking */
    assert_true(status == 414 || status == 431 || status == 400 || status == 0);
    xt_text_clear(&text);
    xt_text_printf(&text, "GET /%s/ HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nX: ", token, port);
    for (int i = 0; i < 1 << 20; i++) xt_text_add(&text, "a");
    xt_text_add(&text, "\r\n\r\n");
    status = status_of(say(text.data, text.size));
    assert_true(status == 431 || status == 413 || status == 400 || status == 0);
    xt_text_clear(&text);
    xt_text_printf(&text, "GET /%s/ HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n", token, port);
    for (int i = 0; i < 100000; i++) xt_text_printf(&text, "X%d: a\r\n", i);
    xt_text_add(&text, "\r\n");
    status = status_of(say(text.data, text.size));
    assert_true(status == 431 || status == 413 || status == 400 || status == 0);
    xt_text_free(&text);
    assert_int_equal(status_of(ask("GET", ours(""), "")), 200);
}

/* Requests with bytes changed, cut and repeated: whatever the answer, the next honest visitor gets his. */
static void noise_does_no_harm(void **state) {
    (void)state;
    uint64_t random = 42;
    char request[700];
    for (int round = 0; round < 400; round++) {
        int size =
            snprintf(request, sizeof request,
                     "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nRange: bytes=0-3\r\nAccept: */*\r\n\r\n",
                     ours(round % 2 ? "frames/tissue_z5_0000.png" : "data.json"), port);
        const int changes = 1 + round % 8;
        for (int i = 0; i < changes && size > 1; i++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            const int at = (int)((random >> 33) % (unsigned)size);
            const int how = (int)(random >> 20 & 7);
            if (how < 5)
                request[at] = (char)(random >> 12);
            else if (how == 5)
                request[at] = '\0';
            else if (how == 6)
                memmove(request + at, request + at + 1, (size_t)(--size - at));
            else
                size = at > 0 ? at : 1;
        }
        const int fd = dial();
        send(fd, request, (size_t)size, MSG_NOSIGNAL);
        shutdown(fd, SHUT_WR); /* no more to come: half a request is answered or dropped at once */
        const char *heard = hear(fd);
        assert_null(strstr(heard, "not for visitors"));
        const int status = status_of(heard);
        assert_true(status < 500 || status == 501 || status == 505); /* no HTTP of ours */
    }
    assert_int_equal(status_of(ask("GET", ours(""), "")), 200);
}

/* Half-closed, reset, silent and dripping connections, more than there are places: a good visitor is still
 * served. */
static void the_slow_and_the_many_do_not_keep_others_out(void **state) {
    (void)state;
    enum { MANY = 150 };
    int fd[MANY];
    for (int i = 0; i < MANY; i++) {
        fd[i] = dial();
        if (i % 3 == 1) send(fd[i], "GET /", 5, MSG_NOSIGNAL);
        if (i % 6 == 2) shutdown(fd[i], SHUT_WR);
    }
    const int good = dial();
    char request[256];
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n", ours("data.json"),
             port);
    assert_int_equal(send(good, request, strlen(request), MSG_NOSIGNAL), (ssize_t)strlen(request));
    assert_int_equal(status_of(hear(good)), 200);
    for (int i = 0; i < MANY; i++) {
        const struct linger reset = {.l_onoff = 1, .l_linger = 0};
        setsockopt(fd[i], SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        close(fd[i]);
    }
    assert_int_equal(status_of(ask("GET", ours(""), "")), 200);
}

static void only_the_loopback_answers(void **state) {
    (void)state;
    struct ifaddrs *list = NULL;
    assert_int_equal(getifaddrs(&list), 0);
    for (const struct ifaddrs *i = list; i; i = i->ifa_next) {
        if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET) continue;
        struct sockaddr_in at = *(const struct sockaddr_in *)(const void *)i->ifa_addr;
        if (at.sin_addr.s_addr == htonl(INADDR_LOOPBACK)) continue;
        at.sin_port = htons((uint16_t)port);
        const int fd = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_not_equal(connect(fd, (const struct sockaddr *)&at, sizeof at), 0);
        assert_int_equal(errno, ECONNREFUSED);
        close(fd);
    }
    freeifaddrs(list);
    assert_int_equal(strncmp(xt_server_address(server), "http://127.0.0.1:", 17), 0);
}

static void a_port_in_use_is_said(void **state) {
    (void)state;
    xt_error err = {0};
    xt_server *other = NULL;
    const xt_server_def def = {.dir = dir, .port = port, .compose = compose};
    assert_int_equal(xt_server_open(&other, &def, &err), XT_IO);
    assert_null(other);
    assert_non_null(strstr(err.text, "in use"));
    xt_server_close(NULL);
}

/* Visitors who come before the run has begun are answered when it has; tokens differ. */
static void early_visitors_wait(void **state) {
    (void)state;
    xt_error err = {0};
    xt_server *early = NULL;
    const xt_server_def def = {.dir = dir, .compose = compose, .context = &not_yet};
    const int port_before = port;
    assert_int_equal(xt_server_open(&early, &def, &err), XT_OK);
    const char *address = xt_server_address(early);
    assert_null(strstr(address, token));
    port = xt_server_port(early);
    const int fd = dial();
    char request[256];
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: localhost:%d\r\n\r\n",
             strchr(address + 8, '/'), port);
    assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), (ssize_t)strlen(request));
    assert_int_equal(xt_server_begin(early, &err), XT_OK);
    assert_int_equal(status_of(hear(fd)), 200);
    const int idle = dial();
    xt_server_close(early); /* does not wait for who stays */
    assert_string_equal(hear(idle), "");
    port = port_before;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_its_data_and_its_pictures),
        cmocka_unit_test(parts_of_a_file),
        cmocka_unit_test(what_cannot_be_composed_yet_says_why_and_is_asked_for_again),
        cmocka_unit_test(nothing_else_is_there),
        cmocka_unit_test(nothing_but_reading),
        cmocka_unit_test(only_for_its_own_name_and_origin),
        cmocka_unit_test(oversized_requests_are_refused),
        cmocka_unit_test(noise_does_no_harm),
        cmocka_unit_test(the_slow_and_the_many_do_not_keep_others_out),
        cmocka_unit_test(only_the_loopback_answers),
        cmocka_unit_test(a_port_in_use_is_said),
        cmocka_unit_test(early_visitors_wait)};
    return cmocka_run_group_tests(tests, start, stop);
}
