#include "solve/stencil.h"

#include <stdlib.h>
#include <string.h>

#include "solve/rows.h"

enum { AXES = 3 };

/* What building needs besides the fields. */
typedef struct {
    const xt_fields *fields;
    const xt_coefficients *table;
    const uint32_t *word;
    size_t species, classes, tissues;
    float *membrane, *pairs;
    int32_t *uniform; /* [axis][classes][classes]: the row of a face that is the same in all lanes; 0: none */
    float *row;       /* [species][XT_BLOCK], the row being made */
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

static xt_status block_rows(xt_stencil_block *out, build *b, size_t block, xt_error *err) {
    const uint32_t *own = b->word + block * XT_BLOCK;
    const int32_t *neighbour = b->fields->mesh->block[block].neighbour;
    out->plain = is_plain(b, block);
    uint32_t behind[XT_BLOCK];
    behind[0] = b->word[(size_t)neighbour[XT_XM] * XT_BLOCK + XT_BLOCK - 1];
    memcpy(behind + 1, own, (XT_BLOCK - 1) * sizeof *own);
    const uint32_t *lower[AXES] = {behind, b->word + (size_t)neighbour[XT_YM] * XT_BLOCK,
                                   b->word + (size_t)neighbour[XT_ZM] * XT_BLOCK};
    int32_t *row[AXES] = {&out->x, &out->y, &out->z};
    /* Of a plain block with nothing below nobody reads the lower face: the row gives its own inside. */
    for (size_t axis = 0; axis < AXES; axis++)
        XT_TRY(face_row(row[axis], b, axis, out->plain ? own : lower[axis], own, err));
    return XT_OK;
}

static xt_status upload(cl_mem *buffer, const xt_fields *fields, size_t bytes, const void *from,
                        xt_error *err) {
    xt_buffer_free(fields->device, buffer);
    XT_TRY(xt_buffer_create(buffer, fields->device, bytes, "transmissibilities", err));
    return xt_buffer_write(fields->device, *buffer, 0, bytes, from, err);
}

xt_status xt_stencil_update(xt_stencil *stencil, const xt_fields *fields, xt_error *err) {
    if (stencil->known && stencil->geometry == fields->geometry) return XT_OK;
    const size_t blocks = fields->mesh->blocks, species = (size_t)fields->model->species_count;
    build b = {.fields = fields,
               .table = (const void *)fields->coefficient_host,
               .species = species,
               .classes = (size_t)fields->class_count,
               .tissues = (size_t)fields->model->tissue_count + 1};
    const size_t pairs = AXES * b.classes * b.classes, membranes = b.tissues * b.tissues * species;
    xt_status status = XT_OK;
    if (!stencil->table) stencil->table = malloc(blocks * sizeof *stencil->table);
    xt_stencil_block *table = stencil->table;
    if (!stencil->word) stencil->word = malloc(fields->cells * sizeof *stencil->word);
    b.membrane = malloc(membranes * sizeof *b.membrane);
    b.pairs = malloc(pairs * species * sizeof *b.pairs);
    b.uniform = calloc(pairs, sizeof *b.uniform);
    b.row = malloc(species * XT_BLOCK * sizeof *b.row);
    if (!table || !stencil->word || !b.membrane || !b.pairs || !b.uniform || !b.row) {
        status = xt_no_memory(err, "transmissibilities", fields->cells * sizeof *stencil->word);
        goto done;
    }
    b.word = stencil->word;
    XT_GO(xt_buffer_read(fields->device, fields->word, 0, fields->cells * sizeof *stencil->word,
                         stencil->word, err));
    XT_GO(
        xt_buffer_read(fields->device, fields->membrane, 0, membranes * sizeof *b.membrane, b.membrane, err));
    XT_GO(xt_rows_create(&b.rows, species * XT_BLOCK, err));
    fill_pairs(&b);
    table[0] = (xt_stencil_block){0};
    stencil->plain = 0;
    for (size_t k = 1; k < blocks; k++) {
        XT_GO(block_rows(&table[k], &b, k, err));
        stencil->plain += (size_t)table[k].plain;
    }
    XT_GO(upload(&stencil->block, fields, blocks * sizeof *table, table, err));
    XT_GO(upload(&stencil->face, fields, b.rows.count * species * XT_BLOCK * sizeof(float), b.rows.row, err));
    XT_GO(upload(&stencil->pairs, fields, pairs * species * sizeof(float), b.pairs, err));
    stencil->rows = b.rows.count;
    stencil->geometry = fields->geometry;
    stencil->known = true;
done:
    xt_rows_free(&b.rows);
    free(b.membrane);
    free(b.pairs);
    free(b.uniform);
    free(b.row);
    return status;
}

void xt_stencil_free(xt_stencil *stencil, xt_device *device) {
    xt_buffer_free(device, &stencil->block);
    xt_buffer_free(device, &stencil->face);
    xt_buffer_free(device, &stencil->pairs);
    free(stencil->word);
    free(stencil->table);
    *stencil = (xt_stencil){0};
}
