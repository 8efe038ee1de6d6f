#include "draw/font.h"

#include <ft2build.h>
#include FT_FREETYPE_H
#include FT_OUTLINE_H
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/file.h"
#include "base/text.h"

static const struct {
    const char *regular, *bold;
} places[] = {
    {"/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
     "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"},
    {"/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf",
     "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans-Bold.ttf"},
    {"/usr/share/fonts/dejavu/DejaVuSans.ttf", "/usr/share/fonts/dejavu/DejaVuSans-Bold.ttf"},
    {"/usr/share/fonts/TTF/DejaVuSans.ttf", "/usr/share/fonts/TTF/DejaVuSans-Bold.ttf"},
    {"/usr/local/share/fonts/DejaVuSans.ttf", "/usr/local/share/fonts/DejaVuSans-Bold.ttf"},
    {"/opt/homebrew/share/fonts/DejaVuSans.ttf", "/opt/homebrew/share/fonts/DejaVuSans-Bold.ttf"},
    {"/Library/Fonts/DejaVuSans.ttf", "/Library/Fonts/DejaVuSans-Bold.ttf"},
    {"/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf",
     "/usr/share/fonts/truetype/liberation/LiberationSans-Bold.ttf"},
    {"/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf",
     "/usr/share/fonts/truetype/noto/NotoSans-Bold.ttf"},
    {"/System/Library/Fonts/Supplemental/Arial Unicode.ttf", ""},
};

struct xt_font {
    FT_Library library;
    FT_Face face[2]; /* regular, bold; the bold one may be NULL */
};

/* "Name.ttf" -> "Name-Bold.ttf", "Name-Regular.ttf" -> "Name-Bold.ttf". */
static char *bold_beside(const char *regular) {
    const char *dot = strrchr(regular, '.');
    size_t stem = dot ? (size_t)(dot - regular) : strlen(regular);
    static const char suffix[] = "-Regular";
    if (stem > sizeof suffix && strncmp(regular + stem - (sizeof suffix - 1), suffix, sizeof suffix - 1) == 0)
        stem -= sizeof suffix - 1;
    xt_text text = {0};
    xt_text_add_bytes(&text, regular, stem);
    xt_text_printf(&text, "-Bold%s", dot ? dot : "");
    return xt_text_take(&text);
}

static xt_status open_faces(xt_font *font, const char *regular, const char *bold, xt_error *err) {
    if (FT_New_Face(font->library, regular, 0, &font->face[0]) != 0) {
        font->face[0] = NULL;
        return xt_fail(err, XT_IO, "%s: not a font that can be used", regular);
    }
    if (!bold || FT_New_Face(font->library, bold, 0, &font->face[1]) != 0) font->face[1] = NULL;
    return XT_OK;
}

static xt_status open_any(xt_font *font, xt_error *err) {
    const char *chosen = getenv("CROSSTALK_FONT");
    if (chosen && chosen[0]) {
        char *bold = bold_beside(chosen);
        xt_status status = open_faces(font, chosen, bold, err);
        free(bold);
        return status;
    }
    xt_text searched = {0};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        xt_error unused = {0};
        if (xt_path_exists(places[i].regular) &&
            open_faces(font, places[i].regular, places[i].bold, &unused) == XT_OK) {
            xt_text_free(&searched);
            return XT_OK;
        }
        xt_text_printf(&searched, "%s%s", i ? ", " : "", places[i].regular);
    }
    xt_fail(err, XT_IO, "no font found; name one in CROSSTALK_FONT (searched %s)", xt_text_get(&searched));
    xt_text_free(&searched);
    return err->status;
}

xt_status xt_font_open(xt_font **out, xt_error *err) {
    *out = NULL;
    xt_font *font = calloc(1, sizeof *font);
    if (!font) return xt_no_memory(err, "a font", sizeof *font);
    if (FT_Init_FreeType(&font->library) != 0) {
        free(font);
        return xt_fail(err, XT_INTERNAL, "FreeType does not start");
    }
    xt_status status = open_any(font, err);
    if (status == XT_OK)
        *out = font;
    else
        xt_font_close(font);
    return status;
}

void xt_font_close(xt_font *font) {
    if (!font) return;
    for (int k = 0; k < 2; k++)
        if (font->face[k]) FT_Done_Face(font->face[k]);
    FT_Done_FreeType(font->library);
    free(font);
}

static FT_Face face_for(xt_font *font, const xt_text_style *style) {
    FT_Face face = style->bold && font->face[1] ? font->face[1] : font->face[0];
    FT_Set_Char_Size(face, 0, (FT_F26Dot6)lround(style->size * 64), 72, 72);
    return face;
}

/* The character at *text, and step over it; bytes that are not UTF-8 count as U+FFFD one by one. */
static unsigned long next_character(const char **text) {
    const unsigned char *s = (const unsigned char *)*text;
    const size_t n = xt_utf8_character(*text, strlen(*text));
    *text += n ? n : 1;
    switch (n) {
    case 0:
        return 0xFFFD;
    case 1:
        return s[0];
    case 2:
        return (s[0] & 0x1FUL) << 6 | (s[1] & 0x3FUL);
    case 3:
        return (s[0] & 0x0FUL) << 12 | (s[1] & 0x3FUL) << 6 | (s[2] & 0x3FUL);
    default:
        return (s[0] & 0x07UL) << 18 | (s[1] & 0x3FUL) << 12 | (s[2] & 0x3FUL) << 6 | (s[3] & 0x3FUL);
    }
}

/* Glyph of the next character, and its kerning against the one before, pixels. */
static FT_UInt next_glyph(double *kern, FT_Face face, FT_UInt previous, const char **text) {
    const FT_UInt glyph = FT_Get_Char_Index(face, next_character(text));
    FT_Vector delta = {0, 0};
    if (previous && glyph) FT_Get_Kerning(face, previous, glyph, FT_KERNING_UNFITTED, &delta);
    *kern = (double)delta.x / 64;
    return glyph;
}

static double width_of(FT_Face face, const char *text) {
    double width = 0, kern;
    for (FT_UInt previous = 0; *text;) {
        previous = next_glyph(&kern, face, previous, &text);
        if (FT_Load_Glyph(face, previous, FT_LOAD_NO_HINTING | FT_LOAD_NO_BITMAP) != 0) continue;
        width += kern + (double)face->glyph->linearHoriAdvance / 65536;
    }
    return width;
}

double xt_font_width(xt_font *font, const char *text, const xt_text_style *style) {
    if (!font || !text) return 0;
    return width_of(face_for(font, style), text);
}

double xt_font_capital(xt_font *font, const xt_text_style *style) {
    if (!font) return 0;
    FT_Face face = face_for(font, style);
    if (FT_Load_Char(face, 'H', FT_LOAD_NO_HINTING | FT_LOAD_NO_BITMAP) != 0) return 0.7 * style->size;
    return (double)face->glyph->metrics.horiBearingY / 64;
}

static void draw_bitmap(xt_image *image, const FT_Bitmap *bitmap, int left, int top, xt_colour colour) {
    for (unsigned row = 0; row < bitmap->rows; row++)
        for (unsigned col = 0; col < bitmap->width; col++) {
            const unsigned char grey = bitmap->buffer[(long)row * bitmap->pitch + (long)col];
            xt_image_blend(image, left + (int)col, top + (int)row, colour, grey / 255.0);
        }
}

/* Render the loaded outline with its origin at x, y: placed to 1/64 pixel, so that letters keep their
 * distances.
 */
static void draw_glyph(xt_image *image, FT_GlyphSlot slot, double x, double y, bool upward,
                       xt_colour colour) {
    if (slot->format != FT_GLYPH_FORMAT_OUTLINE) return;
    const double fx = floor(x), fy = floor(y);
    if (upward) {
        const FT_Matrix quarter = {0, -0x10000, 0x10000, 0};
        FT_Outline_Transform(&slot->outline, &quarter);
    }
    FT_Outline_Translate(&slot->outline, lround((x - fx) * 64), lround((fy - y) * 64));
    if (FT_Render_Glyph(slot, FT_RENDER_MODE_NORMAL) != 0) return;
    draw_bitmap(image, &slot->bitmap, (int)fx + slot->bitmap_left, (int)fy - slot->bitmap_top, colour);
}

void xt_font_draw(xt_image *image, xt_font *font, double x, double y, const char *text,
                  const xt_text_style *style) {
    if (!font || !text) return;
    FT_Face face = face_for(font, style);
    double at = 0, kern;
    if (style->align != XT_LEFT) at = -width_of(face, text) * (style->align == XT_CENTRE ? 0.5 : 1);
    for (FT_UInt previous = 0; *text;) {
        previous = next_glyph(&kern, face, previous, &text);
        if (FT_Load_Glyph(face, previous, FT_LOAD_NO_HINTING | FT_LOAD_NO_BITMAP) != 0) continue;
        at += kern;
        const double advance = (double)face->glyph->linearHoriAdvance / 65536;
        draw_glyph(image, face->glyph, style->upward ? x : x + at, style->upward ? y - at : y, style->upward,
                   style->colour);
        at += advance;
    }
}

const char *xt_font_fit(xt_font *font, const char *text, const xt_text_style *style, double width,
                        char *buffer, unsigned long size) {
    snprintf(buffer, size, "%s", text);
    if (!font || (strlen(text) < size && xt_font_width(font, text, style) <= width)) return buffer;
    /* Take characters off the end until what is left and the ellipsis fit. */
    static const char ellipsis[] = "\xE2\x80\xA6";
    size_t end = strlen(buffer);
    if (end + sizeof ellipsis > size) end = size > sizeof ellipsis ? size - sizeof ellipsis : 0;
    while (end > 0) {
        do end--;
        while (end > 0 && ((unsigned char)text[end] & 0xC0) == 0x80);
        while (end > 0 && text[end - 1] == ' ') end--;
        memcpy(buffer + end, ellipsis, sizeof ellipsis);
        if (xt_font_width(font, buffer, style) <= width) break;
    }
    return buffer;
}
