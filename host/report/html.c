#include "report/html.h"

#include <stdint.h>
#include <string.h>

void xt_html_text(xt_text *html, const char *text) {
    size_t left = strlen(text);
    while (left > 0) {
        const size_t n = xt_utf8_character(text, left);
        const unsigned char c = (unsigned char)*text;
        if (n == 0 || (c < 32 && c != '\n' && c != '\t') || c == 127)
            xt_text_add(html, "\xEF\xBF\xBD");
        else if (strchr("<>&\"'", c))
            xt_text_printf(html, "&#%d;", c);
        else
            xt_text_add_bytes(html, text, n);
        text += n ? n : 1;
        left -= n ? n : 1;
    }
}

void xt_html_json(xt_text *html, const char *json) {
    while (*json) {
        const size_t plain = strcspn(json, "<>&");
        xt_text_add_bytes(html, json, plain);
        json += plain;
        if (*json) xt_text_printf(html, "\\u%04x", (unsigned)*json++);
    }
}

void xt_html_base64(xt_text *html, const void *bytes, size_t size) {
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *p = bytes;
    char line[4 * 256];
    size_t used = 0;
    for (size_t i = 0; i < size; i += 3) {
        const size_t n = size - i < 3 ? size - i : 3;
        const uint32_t group =
            (uint32_t)p[i] << 16 | (n > 1 ? (uint32_t)p[i + 1] << 8 : 0) | (n > 2 ? (uint32_t)p[i + 2] : 0);
        line[used++] = digit[group >> 18];
        line[used++] = digit[group >> 12 & 63];
        line[used++] = n > 1 ? digit[group >> 6 & 63] : '=';
        line[used++] = n > 2 ? digit[group & 63] : '=';
        if (used == sizeof line) {
            xt_text_add_bytes(html, line, used);
            used = 0;
        }
    }
    xt_text_add_bytes(html, line, used);
}

void xt_html_blob(xt_text *html, const char *id, const void *bytes, size_t size) {
    xt_text_printf(html, "<script type=\"application/octet-stream;base64\" id=\"%s\">", id);
    xt_html_base64(html, bytes, size);
    xt_text_add(html, "</script>\n");
}
