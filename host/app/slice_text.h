/* What pictures of slices say besides their values: what the voxels cannot show, and whether there is
 * anything to tell apart. The frames of a run and slices of its volumes say it in the same words. */
#ifndef APP_SLICE_TEXT_H
#define APP_SLICE_TEXT_H

#include "base/text.h"

/* How far the gradients of a species reach. */
typedef struct {
    const char *name;         /* of the species */
    double shortest, longest; /* decay lengths, mm; INFINITY and 0 if it has none */
    const char *at, *until;   /* the tissues of them; "_" is shown as a space */
} xt_fading;

/* Does it fade within less than a voxel? Then values of shared voxels are means over both tissues. */
bool xt_fading_is_lost(const xt_fading *fading, double voxel);

/* Fields whose gradients the voxels cannot show (MODEL.md §8.3), precisely; badge: the same in two words.
 * fading: [count], of all the fields shown. voxel: the longest edge in the plane, mm. */
void xt_note_resolution(xt_text *note, xt_text *badge, const xt_fading *fading, int count, double voxel);
/* Layers that come and go between voxels. */
void xt_note_thin(xt_text *note, const char *const *name, int count);
/* Tissues that have no such quantity. */
void xt_note_hatched(xt_text *note, const char *name);

/* What a plane's values are like. */
typedef struct {
    bool known, positive; /* is any a number, and is any above 0? */
    double flat;          /* the one value that is everywhere; NAN: there are several, or none */
} xt_contrast;

xt_contrast xt_contrast_of(const float *value, size_t count);
/* Is there something that limits can be taken from? */
bool xt_contrast_counts(const xt_contrast *contrast, bool logarithmic);
/* Appends for the subtitle what a picture without contrast has to say. name "": the only quantity. */
void xt_contrast_text(char *text, size_t size, const xt_contrast *contrast, const char *name,
                      bool logarithmic, bool difference);

/* "a", "a and b", "a, b and c": adds word `index` of `count`. */
void xt_text_join(xt_text *out, int index, int count, const char *word);
/* The first letter large, if it is of ASCII. */
void xt_capitalise(char *text);
/* Hand over; *out NULL if it is empty. */
xt_status xt_text_hand_over(char **out, xt_text *text, xt_error *err);

#endif
