#include "mesh/vti.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "base/file.h"
#include "base/text.h"
#include "mesh/little.h"

static const struct {
    const char *name;
    int bytes;
} TYPE[] = {{"UInt8", 1}, {"UInt16", 2}, {"Int32", 4}, {"Float32", 4}};

const char *xt_xml_escape(char *buffer, size_t size, const char *text) {
    size_t used = 0;
    for (; *text; text++) {
        const char *entity = *text == '&'   ? "&amp;"
                             : *text == '<' ? "&lt;"
                             : *text == '>' ? "&gt;"
                             : *text == '"' ? "&quot;"
                                            : NULL;
        const size_t length = entity ? strlen(entity) : 1;
        if (used + length + 1 > size) break;
        memcpy(buffer + used, entity ? entity : text, length);
        used += length;
    }
    buffer[used] = 0;
    return buffer;
}

static size_t slice_values(const xt_vti *image, const xt_vti_array *array) {
    return (size_t)image->dims[0] * (size_t)image->dims[1] *
           (size_t)(array->components > 0 ? array->components : 1);
}

static size_t slice_bytes(const xt_vti *image, const xt_vti_array *array) {
    return slice_values(image, array) * (size_t)TYPE[array->type].bytes;
}

/* The text before the data. Offsets have a fixed width, so that they can be put in when they are known. */
static xt_status compose_head(xt_text *head, const xt_vti *image, size_t *offset_at, xt_error *err) {
    const int *n = image->dims;
    const double *h = image->spacing;
    double origin[3];
    for (int i = 0; i < 3; i++) {
        origin[i] = image->affine[i][3];
        for (int a = 0; a < 3; a++) origin[i] -= 0.5 * image->affine[i][a];
    }
    xt_text_printf(
        head,
        "<?xml version=\"1.0\"?>\n<VTKFile type=\"ImageData\" version=\"2.2\" byte_order=\"LittleEndian\" "
        "header_type=\"UInt64\"%s>\n",
        image->compress ? " compressor=\"vtkZLibDataCompressor\"" : "");
    xt_text_printf(head, "  <ImageData WholeExtent=\"0 %d 0 %d 0 %d\" Origin=\"%.9g %.9g %.9g\"", n[0], n[1],
                   n[2], origin[0], origin[1], origin[2]);
    xt_text_printf(head, " Spacing=\"%.9g %.9g %.9g\" Direction=\"", h[0], h[1], h[2]);
    for (int i = 0; i < 3; i++)
        for (int a = 0; a < 3; a++)
            xt_text_printf(head, "%s%.9g", i + a > 0 ? " " : "", image->affine[i][a] / h[a] + 0.0);
    xt_text_add(head, "\">\n");
    if (image->has_time)
        xt_text_printf(head,
                       "    <FieldData><DataArray type=\"Float64\" Name=\"TimeValue\" NumberOfTuples=\"1\" "
                       "format=\"ascii\">%.17g</DataArray></FieldData>\n",
                       image->time);
    xt_text_printf(head, "    <Piece Extent=\"0 %d 0 %d 0 %d\">\n      <CellData>\n", n[0], n[1], n[2]);
    for (int k = 0; k < image->array_count; k++) {
        const xt_vti_array *a = &image->array[k];
        char name[512];
        xt_text_printf(head,
                       "        <DataArray type=\"%s\" Name=\"%s\" NumberOfComponents=\"%d\" "
                       "format=\"appended\" offset=\"",
                       TYPE[a->type].name, xt_xml_escape(name, sizeof name, a->name),
                       a->components > 0 ? a->components : 1);
        offset_at[k] = head->size;
        xt_text_add(head, "00000000000000000000\"/>\n");
    }
    xt_text_add(head,
                "      </CellData>\n    </Piece>\n  </ImageData>\n  <AppendedData encoding=\"raw\">\n_");
    return xt_text_check(head, "a .vti file", err);
}

typedef struct {
    xt_file_writer file;
    uint64_t written; /* bytes of appended data */
    unsigned char *slice, *packed;
    size_t packed_size;
} sink;

static xt_status put(sink *s, const void *bytes, size_t size, xt_error *err) {
    s->written += size;
    return xt_file_writer_write(&s->file, bytes, size, err);
}

/* Slice z of an array in s->slice, little endian. */
static xt_status fetch(sink *s, const xt_vti *image, const xt_vti_array *array, int z, xt_error *err) {
    const size_t bytes = slice_bytes(image, array);
    if (array->values)
        memcpy(s->slice, (const unsigned char *)array->values + (size_t)z * bytes, bytes);
    else
        XT_TRY(array->slice(s->slice, z, array->context, err));
    xt_to_little(s->slice, slice_values(image, array), TYPE[array->type].bytes);
    return XT_OK;
}

static xt_status write_raw(sink *s, const xt_vti *image, const xt_vti_array *array, xt_error *err) {
    unsigned char header[8];
    xt_put_little(header, (uint64_t)slice_bytes(image, array) * (uint64_t)image->dims[2], 8);
    XT_TRY(put(s, header, 8, err));
    for (int z = 0; z < image->dims[2]; z++) {
        XT_TRY(fetch(s, image, array, z, err));
        XT_TRY(put(s, s->slice, slice_bytes(image, array), err));
    }
    return XT_OK;
}

/* A slice is a block of VTK's compressed layout: count, block size, size of a partial last block, packed
 * sizes, data. */
static xt_status write_packed(sink *s, const xt_vti *image, const xt_vti_array *array, xt_error *err) {
    const size_t bytes = slice_bytes(image, array), header_size = 8 * (3 + (size_t)image->dims[2]);
    unsigned char *header = calloc(1, header_size);
    if (!header) return xt_no_memory(err, "a .vti file", header_size);
    xt_status status = XT_OK;
    const off_t start = ftello(s->file.stream);
    xt_put_little(header, (uint64_t)image->dims[2], 8);
    xt_put_little(header + 8, bytes, 8);
    XT_GO(put(s, header, header_size, err));
    for (int z = 0; z < image->dims[2]; z++) {
        XT_GO(fetch(s, image, array, z, err));
        uLongf size = (uLongf)s->packed_size;
        if (compress2(s->packed, &size, s->slice, (uLong)bytes, 6) != Z_OK) {
            status = xt_fail(err, XT_INTERNAL, "zlib could not pack a slice");
            goto done;
        }
        xt_put_little(header + 8 * (3 + (size_t)z), size, 8);
        XT_GO(put(s, s->packed, size, err));
    }
    if (fseeko(s->file.stream, start, SEEK_SET) != 0 ||
        fwrite(header, 1, header_size, s->file.stream) != header_size ||
        fseeko(s->file.stream, 0, SEEK_END) != 0)
        status = xt_fail(err, XT_IO, "%s: cannot write: %s", s->file.path, strerror(errno));
done:
    free(header);
    return status;
}

static xt_status check(const xt_vti *image, xt_error *err) {
    for (int a = 0; a < 3; a++)
        if (image->dims[a] < 1 || !(image->spacing[a] > 0))
            return xt_fail(err, XT_INTERNAL, "an image of %d voxels of %g mm", image->dims[a],
                           image->spacing[a]);
    return XT_OK;
}

xt_status xt_vti_write(const char *path, const xt_vti *image, xt_error *err) {
    XT_TRY(check(image, err));
    xt_status status = XT_OK;
    sink s = {0};
    xt_text head = {0};
    size_t largest = 1;
    for (int k = 0; k < image->array_count; k++)
        if (slice_bytes(image, &image->array[k]) > largest) largest = slice_bytes(image, &image->array[k]);
    size_t *offset_at = calloc((size_t)image->array_count + 1, sizeof *offset_at);
    s.slice = malloc(largest);
    s.packed_size = image->compress ? compressBound((uLong)largest) : 1;
    s.packed = malloc(s.packed_size);
    if (!offset_at || !s.slice || !s.packed) {
        status = xt_no_memory(err, "a .vti file", largest);
        goto done;
    }
    XT_GO(compose_head(&head, image, offset_at, err));
    XT_GO(xt_file_writer_open(&s.file, path, err));
    XT_GO(xt_file_writer_write(&s.file, head.data, head.size, err));
    for (int k = 0; k < image->array_count; k++) {
        char digits[32];
        snprintf(digits, sizeof digits, "%020llu", (unsigned long long)s.written);
        memcpy(head.data + offset_at[k], digits, 20);
        XT_GO((image->compress ? write_packed : write_raw)(&s, image, &image->array[k], err));
    }
    static const char tail[] = "\n  </AppendedData>\n</VTKFile>\n";
    XT_GO(xt_file_writer_write(&s.file, tail, sizeof tail - 1, err));
    if (fseeko(s.file.stream, 0, SEEK_SET) != 0) {
        status = xt_fail(err, XT_IO, "%s: cannot write: %s", path, strerror(errno));
        goto done;
    }
    XT_GO(xt_file_writer_write(&s.file, head.data, head.size, err));
    XT_GO(xt_file_writer_commit(&s.file, err));
done:
    xt_file_writer_abandon(&s.file);
    xt_text_free(&head);
    free(offset_at);
    free(s.slice);
    free(s.packed);
    return status;
}

xt_status xt_pvd_write(const char *path, const char *const *file, const double *time, int count,
                       xt_error *err) {
    xt_text text = {0};
    xt_text_add(&text, "<?xml version=\"1.0\"?>\n<VTKFile type=\"Collection\" version=\"0.1\" "
                       "byte_order=\"LittleEndian\">\n  <Collection>\n");
    for (int i = 0; i < count; i++) {
        char name[4096];
        xt_text_printf(&text, "    <DataSet timestep=\"%.17g\" part=\"0\" file=\"%s\"/>\n", time[i],
                       xt_xml_escape(name, sizeof name, file[i]));
    }
    xt_text_add(&text, "  </Collection>\n</VTKFile>\n");
    xt_status status = xt_text_check(&text, "a .pvd file", err);
    if (status == XT_OK) status = xt_file_write(path, text.data, text.size, err);
    xt_text_free(&text);
    return status;
}
