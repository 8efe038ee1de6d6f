#include "solve/stencil.h"

#include <stdlib.h>
#include <string.h>

#include "solve/rows.h"

/* NONE: a face that is not in the palette. */
enum { AXES = 3, NONE = 254 };

/* What building needs besides the fields. */
typedef struct {
    const xt_fields *fields;
    const xt_coefficients *table;
    const uint32_t *word;
    size_t species, classes, tissues;
    float *membrane, *pairs;
    int32_t *uniform; /* [axis][classes][classes]: the row of a face that is the same in all lanes; 0: none */
    float *row;       /* [species][XT_BLOCK], the row being made */
    unsigned char *entry; /* [axis][classes][classes]: number in the palette + 1; 0: not looked for yet */
    float *palette;       /* [axis][species][XT_PALETTE] */
    int entries[AXES];
    unsigned char *id; /* [axis][cells]; NULL: nothing to pick */
    xt_rows rows;
} build;

/* As xt_transmissibility in kernels/transport.clh. */
static float transmissibility(const build *b, size_t axis, size_t lower, size_t upper, size_t s, float cut) {
    const unsigned char *tissue = b->fields->class_tissue_host;
    if (!lower || !upper) return 0;
    const float h = (float)b->fields->mesh->spacing[axis];
    const float ra = b->table[lower * b->species + s].resistance,
                rb = b->table[upper * b->species + s].resistance;
    const float m = b->membrane[(tissue[lower] * b->tissues + tissue[upper]) * b->species + s];
    return 1.0f / (h * (h * (cut * ra + (1.0f - cut) * rb) + m));
}

static size_t pair_of(const build *b, size_t axis, uint32_t lower, uint32_t upper) {
    return (axis * b->classes + (lower & 255u)) * b->classes + (upper & 255u);
}

static void fill_pairs(build *b) {
    for (size_t axis = 0; axis < AXES; axis++)
        for (uint32_t i = 0; i < b->classes; i++)
            for (uint32_t j = 0; j < b->classes; j++)
                for (size_t s = 0; s < b->species; s++)
                    b->pairs[pair_of(b, axis, i, j) * b->species + s] =
                        transmissibility(b, axis, i, j, s, 0.5f);
}

/* As xt_cut in kernels/grid.clh. */
static float cut_of(const build *b, uint32_t lower, uint32_t upper) {
    const unsigned char *tissue = b->fields->class_tissue_host;
    float cut = 0.5f;
    if (tissue[lower >> 8 & 255u] == tissue[upper & 255u]) cut -= (float)(lower >> 16) * (1.0f / 65535.0f);
    if (tissue[upper >> 8 & 255u] == tissue[lower & 255u]) cut += (float)(upper >> 16) * (1.0f / 65535.0f);
    return cut < 0.02f ? 0.02f : cut > 0.98f ? 0.98f : cut;
}

/* The row of faces between cells of words lower[0..15] and upper[0..15]. */
static xt_status face_row(int32_t *index, build *b, size_t axis, const uint32_t *lower, const uint32_t *upper,
                          xt_error *err) {
    bool uniform = (lower[0] | upper[0]) >> 16 == 0;
    for (int l = 1; l < XT_BLOCK && uniform; l++) uniform = lower[l] == lower[0] && upper[l] == upper[0];
    int32_t *known = &b->uniform[pair_of(b, axis, lower[0], upper[0])];
    if (uniform && *known) {
        *index = *known;
        return XT_OK;
    }
    for (int l = 0; l < XT_BLOCK; l++) {
        const float *pure = b->pairs + pair_of(b, axis, lower[l], upper[l]) * b->species;
        const bool cut = (lower[l] | upper[l]) >> 16 && (lower[l] & 255u) && (upper[l] & 255u);
        const float at = cut ? cut_of(b, lower[l], upper[l]) : 0.5f;
        for (size_t s = 0; s < b->species; s++)
            b->row[s * XT_BLOCK + (size_t)l] =
                cut ? transmissibility(b, axis, lower[l] & 255u, upper[l] & 255u, s, at) : pure[s];
    }
    XT_TRY(xt_rows_add(index, &b->rows, b->row, err));
    if (uniform) *known = *index;
    return XT_OK;
}

/* Is the block of one pure class, as its neighbours are where there are any? */
static bool is_plain(const build *b, size_t block) {
    const uint32_t *own = b->word + block * XT_BLOCK;
    const int32_t *neighbour = b->fields->mesh->block[block].neighbour;
    if (own[0] >> 16 || !(own[0] & 255u)) return false;
    for (int l = 1; l < XT_BLOCK; l++)
        if (own[l] != own[0]) return false;
    if (neighbour[XT_XM] && b->word[(size_t)neighbour[XT_XM] * XT_BLOCK + XT_BLOCK - 1] != own[0])
        return false;
    if (neighbour[XT_XP] && b->word[(size_t)neighbour[XT_XP] * XT_BLOCK] != own[0]) return false;
    for (int face = XT_YM; face <= XT_ZP; face++)
        if (neighbour[face] &&
            memcmp(b->word + (size_t)neighbour[face] * XT_BLOCK, own, XT_BLOCK * sizeof *own) != 0)
            return false;
    return true;
}

/* The words below a block's cells across an axis. */
static void lower_words(uint32_t lower[XT_BLOCK], const build *b, size_t block, size_t axis) {
    const uint32_t *own = b->word + block * XT_BLOCK;
    const int32_t *neighbour = b->fields->mesh->block[block].neighbour;
    const uint32_t *other = b->word + (size_t)neighbour[2 * axis] * XT_BLOCK;
    if (axis > 0) {
        memcpy(lower, other, XT_BLOCK * sizeof *lower);
        return;
    }
    lower[0] = other[XT_BLOCK - 1];
    memcpy(lower + 1, own, (XT_BLOCK - 1) * sizeof *own);
}

const char *xt_stencil_options(const xt_fields *fields) {
    const double *h = fields->mesh->spacing;
    return (float)h[0] == (float)h[1] && (float)h[0] == (float)h[2] ? "-DXT_CUBES " : "";
}

/* The number of a pure pair's entry in the palette; pairs of the same transmissibilities share it. */
static unsigned char entry_of(build *b, size_t axis, uint32_t lower, uint32_t upper) {
    if (*xt_stencil_options(b->fields)) axis = 0; /* XT_CUBES: one palette for all */
    unsigned char *known = &b->entry[pair_of(b, axis, lower, upper)];
    if (*known) return (unsigned char)(*known - 1);
    const float *t = b->pairs + pair_of(b, axis, lower, upper) * b->species;
    float *palette = b->palette + axis * b->species * XT_PALETTE;
    int n = 0;
    for (; n < b->entries[axis]; n++) {
        bool same = true;
        for (size_t s = 0; s < b->species && same; s++) same = palette[s * XT_PALETTE + (size_t)n] == t[s];
        if (same) break;
    }
    if (n == XT_PALETTE) n = NONE;
    for (size_t s = 0; s < b->species && n != NONE; s++) palette[s * XT_PALETTE + (size_t)n] = t[s];
    if (n == b->entries[axis]) b->entries[axis]++;
    *known = (unsigned char)(n + 1);
    return (unsigned char)n;
}

/* Numbers of all faces. */
static void number_faces(build *b) {
    const size_t cells = b->fields->cells;
    for (size_t axis = 0; axis < AXES; axis++) b->entries[axis] = 1; /* entry 0 is zero */
    for (size_t block = 1; block < b->fields->mesh->blocks; block++)
        for (size_t axis = 0; axis < AXES; axis++) {
            const uint32_t *own = b->word + block * XT_BLOCK;
            unsigned char *id = b->id + axis * cells + block * XT_BLOCK;
            uint32_t lower[XT_BLOCK];
            lower_words(lower, b, block, axis);
            for (int l = 0; l < XT_BLOCK; l++) {
                const bool none = !(lower[l] & 255u) || !(own[l] & 255u);
                if (none)
                    id[l] = 0;
                else
                    id[l] = (lower[l] | own[l]) >> 16 ? NONE : entry_of(b, axis, lower[l], own[l]);
            }
        }
}

/* Are all faces of a block in the palette? */
static bool is_picked(const build *b, size_t block) {
    if (!b->id) return false;
    const int32_t *neighbour = b->fields->mesh->block[block].neighbour;
    if (b->id[(size_t)neighbour[XT_XP] * XT_BLOCK] == NONE) return false;
    for (size_t axis = 0; axis < AXES; axis++) {
        const unsigned char *id = b->id + axis * b->fields->cells;
        const unsigned char *own = id + block * XT_BLOCK,
                            *upper = axis ? id + (size_t)neighbour[2 * axis + 1] * XT_BLOCK : own;
        for (int l = 0; l < XT_BLOCK; l++)
            if (own[l] == NONE || upper[l] == NONE) return false;
    }
    return true;
}

/* The rows that somebody reads: a block's own, and those that are the upper ones of a neighbour. */
static xt_status block_rows(xt_stencil_block *table, build *b, size_t block, xt_error *err) {
    const uint32_t *own = b->word + block * XT_BLOCK;
    xt_stencil_block *out = &table[block];
    int32_t *row[AXES] = {&out->x, &out->y, &out->z};
    for (size_t axis = 0; axis < AXES; axis++) {
        const size_t below = (size_t)b->fields->mesh->block[block].neighbour[2 * axis];
        uint32_t lower[XT_BLOCK];
        *row[axis] = 0;
        /* A plain block below may read rows, too: where its terms are not uniform (step.cl). */
        if (out->kind == XT_KIND_PICK && (!below || table[below].kind == XT_KIND_PICK)) continue;
        lower_words(lower, b, block, axis);
        /* Of a plain block with nothing below nobody reads the lower face: the row gives its own inside. */
        XT_TRY(face_row(row[axis], b, axis, out->kind == XT_KIND_PLAIN ? own : lower, own, err));
    }
    return XT_OK;
}

/* Kinds first: what rows are needed depends on the neighbours' too. */
static xt_status fill_table(xt_stencil *stencil, build *b, xt_pick pick, xt_error *err) {
    xt_stencil_block *table = stencil->table;
    const size_t blocks = b->fields->mesh->blocks;
    table[0] = (xt_stencil_block){.kind = XT_KIND_PLAIN};
    stencil->plain = stencil->picked = 0;
    if (b->id) number_faces(b);
    for (size_t k = 1; k < blocks; k++) {
        const bool plain = is_plain(b, k), picked = (!plain || pick == XT_PICK_ALL) && is_picked(b, k);
        table[k].kind = picked ? XT_KIND_PICK : plain ? XT_KIND_PLAIN : XT_KIND_ROWS;
        stencil->plain += plain;
        stencil->picked += picked;
    }
    for (size_t k = 1; k < blocks; k++) XT_TRY(block_rows(table, b, k, err));
    return XT_OK;
}

static xt_status upload(cl_mem *buffer, const xt_fields *fields, size_t bytes, const void *from,
                        xt_error *err) {
    xt_buffer_free(fields->device, buffer);
    XT_TRY(xt_buffer_create(buffer, fields->device, bytes, "transmissibilities", err));
    return xt_buffer_write(fields->device, *buffer, 0, bytes, from, err);
}

xt_status xt_stencil_read(xt_stencil *stencil, const xt_fields *fields, xt_error *err) {
    const size_t bytes = fields->cells * sizeof *stencil->word;
    if (!stencil->word) stencil->word = malloc(bytes);
    if (!stencil->word) return xt_no_memory(err, "material words", bytes);
    return xt_buffer_read(fields->device, fields->word, 0, bytes, stencil->word, err);
}

static xt_status allocate(build *b, xt_stencil *stencil, bool pick, xt_error *err) {
    const size_t pairs = AXES * b->classes * b->classes, cells = b->fields->cells;
    if (!stencil->table) stencil->table = malloc(b->fields->mesh->blocks * sizeof *stencil->table);
    b->membrane = malloc(b->tissues * b->tissues * b->species * sizeof *b->membrane);
    b->pairs = malloc(pairs * b->species * sizeof *b->pairs);
    b->uniform = calloc(pairs, sizeof *b->uniform);
    b->row = malloc(b->species * XT_BLOCK * sizeof *b->row);
    b->entry = calloc(pairs, 1);
    b->palette = calloc(AXES * b->species * XT_PALETTE, sizeof *b->palette);
    if (pick) b->id = calloc(AXES * cells, 1);
    if (!stencil->table || !b->membrane || !b->pairs || !b->uniform || !b->row || !b->entry || !b->palette ||
        (pick && !b->id))
        return xt_no_memory(err, "transmissibilities", AXES * cells);
    return xt_rows_create(&b->rows, b->species * XT_BLOCK, err);
}

static void free_build(build *b) {
    xt_rows_free(&b->rows);
    free(b->membrane);
    free(b->pairs);
    free(b->uniform);
    free(b->row);
    free(b->entry);
    free(b->palette);
    free(b->id);
}

xt_status xt_stencil_update(xt_stencil *stencil, const xt_fields *fields, xt_pick pick, xt_error *err) {
    if (stencil->known && stencil->geometry == fields->geometry && stencil->pick == pick) return XT_OK;
    const size_t blocks = fields->mesh->blocks, species = (size_t)fields->model->species_count;
    build b = {.fields = fields,
               .table = (const void *)fields->coefficient_host,
               .species = species,
               .classes = (size_t)fields->class_count,
               .tissues = (size_t)fields->model->tissue_count + 1};
    xt_status status = XT_OK;
    XT_GO(allocate(&b, stencil, pick != XT_PICK_NONE, err));
    XT_GO(xt_stencil_read(stencil, fields, err));
    XT_GO(xt_buffer_read(fields->device, fields->membrane, 0,
                         b.tissues * b.tissues * species * sizeof *b.membrane, b.membrane, err));
    b.word = stencil->word;
    fill_pairs(&b);
    XT_GO(fill_table(stencil, &b, pick, err));
    const float none = 0;
    const size_t row = species * sizeof(float);
    XT_GO(upload(&stencil->block, fields, blocks * sizeof *stencil->table, stencil->table, err));
    XT_GO(upload(&stencil->face, fields, b.rows.count * XT_BLOCK * row, b.rows.row, err));
    XT_GO(upload(&stencil->id, fields, b.id ? AXES * fields->cells : sizeof none,
                 b.id ? (const void *)b.id : &none, err));
    XT_GO(upload(&stencil->palette, fields, AXES * XT_PALETTE * row, b.palette, err));
    XT_GO(upload(&stencil->pairs, fields, AXES * b.classes * b.classes * row, b.pairs, err));
    stencil->rows = b.rows.count;
    stencil->geometry = fields->geometry;
    stencil->pick = pick;
    stencil->known = true;
done:
    free_build(&b);
    return status;
}

void xt_stencil_trim(xt_stencil *stencil) {
    free(stencil->word);
    free(stencil->table);
    stencil->word = NULL;
    stencil->table = NULL;
}

void xt_stencil_free(xt_stencil *stencil, xt_device *device) {
    cl_mem *buffers[] = {&stencil->block, &stencil->face, &stencil->id, &stencil->palette, &stencil->pairs};
    for (size_t k = 0; k < sizeof buffers / sizeof *buffers; k++) xt_buffer_free(device, buffers[k]);
    xt_stencil_trim(stencil);
    *stencil = (xt_stencil){0};
}
