#include "app/slice_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void xt_capitalise(char *text) {
    text[0] = (char)(text[0] >= 'a' && text[0] <= 'z' ? text[0] - 32 : text[0]);
}

void xt_text_join(xt_text *out, int index, int count, const char *word) {
    if (index > 0) xt_text_add(out, index == count - 1 ? " and " : ", ");
    xt_text_add(out, word);
}

xt_status xt_text_hand_over(char **out, xt_text *text, xt_error *err) {
    *out = NULL;
    XT_TRY(xt_text_check(text, "a note", err));
    if (text->size == 0) return XT_OK;
    *out = xt_text_take(text);
    return *out ? XT_OK : xt_no_memory(err, "a note", 1);
}

static void add_name(xt_text *text, const char *name) {
    for (const char *c = name; *c; c++) xt_text_add_bytes(text, *c == '_' ? " " : c, 1);
}

/* ---- what the voxels cannot resolve ---- */

bool xt_fading_is_lost(const xt_fading *f, double voxel) { return f->shortest < voxel; }

static void add_reach(xt_text *note, const xt_fading *f) {
    const bool same = strcmp(f->at, f->until) == 0;
    xt_text_printf(note, "%.2g mm (", f->shortest);
    add_name(note, f->at);
    if (!same) {
        xt_text_printf(note, ") to %.2g mm (", f->longest);
        add_name(note, f->until);
    }
    xt_text_add(note, ")");
}

void xt_note_resolution(xt_text *note, xt_text *badge, const xt_fading *fading, int count, double voxel) {
    int lost = 0, wholly = 0, last = 0;
    for (int i = 0; i < count; i++) {
        if (!xt_fading_is_lost(&fading[i], voxel)) continue;
        wholly += fading[i].longest < voxel;
        lost++;
        last = i;
    }
    if (lost == 0) return;
    const bool all = wholly == lost;
    xt_text_add(badge, all && lost == count ? "not resolved" : "partly resolved");
    xt_text_printf(note, "%s: gradients", all ? "Not resolved" : "Partly resolved");
    if (lost == 1) {
        xt_text_printf(note, " of %s fade over ", fading[last].name);
        add_reach(note, &fading[last]);
    }
    for (int i = 0, n = 0; i < count && lost > 1; i++)
        if (xt_fading_is_lost(&fading[i], voxel))
            xt_text_printf(note, "%s of %s over %.2g–%.2g mm", n++ ? "," : " fade", fading[i].name,
                           fading[i].shortest, fading[i].longest);
    xt_text_printf(note, "; a voxel is %.3g mm.%s", voxel,
                   all ? " Levels are tissue means; exchange between tissues runs through the blood." : "");
}

void xt_note_thin(xt_text *note, const char *const *name, int count) {
    if (count == 0) return;
    xt_text names = {0};
    for (int i = 0; i < count; i++) xt_text_join(&names, i, count, name[i]);
    if (names.data) xt_capitalise(names.data);
    if (note->size) xt_text_add(note, " ");
    add_name(note, xt_text_get(&names));
    xt_text_printf(note, " %s thinner than two voxels here: drawn only where %s most of a voxel.",
                   count > 1 ? "are" : "is", count > 1 ? "they fill" : "it fills");
    xt_text_free(&names);
}

void xt_note_hatched(xt_text *note, const char *name) {
    xt_text_printf(note, "%sHatched: tissues that have no %s.", note->size ? " " : "", name);
}

/* ---- contrast ---- */

xt_contrast xt_contrast_of(const float *value, size_t count) {
    xt_contrast c = {.flat = NAN};
    bool several = false;
    float first = NAN;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(value[i])) continue;
        if (!c.known) first = value[i];
        c.known = true;
        c.positive |= value[i] > 0;
        several |= value[i] != first;
    }
    if (c.known && !several) c.flat = first;
    return c;
}

bool xt_contrast_counts(const xt_contrast *c, bool logarithmic) {
    return c->known && isnan(c->flat) && (c->positive || !logarithmic);
}

void xt_contrast_text(char *text, size_t size, const xt_contrast *c, const char *name, bool logarithmic,
                      bool difference) {
    const size_t used = strlen(text);
    const char *colon = name[0] ? ": " : "";
    if (!c->known)
        snprintf(text + used, size - used, " · %s%sno values here", name, colon);
    else if (logarithmic && !c->positive)
        snprintf(text + used, size - used, " · %s%sno values above 0", name, colon);
    else if (isfinite(c->flat) && difference && c->flat == 0)
        snprintf(text + used, size - used, " · %s%sno change", name, colon);
    else if (isfinite(c->flat))
        snprintf(text + used, size - used, " · %s%s%.4g everywhere", name, colon, c->flat);
}
