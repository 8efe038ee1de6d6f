/* VTP (appended raw, little endian, 64-bit headers) and binary STL. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/file.h"
#include "base/text.h"
#include "mesh/little.h"
#include "mesh/surface.h"
#include "mesh/vti.h"

enum { CHUNK = 4096 };

typedef struct {
    xt_text head;
    uint64_t offset;
} layout;

static void announce(layout *l, const char *type, const char *name, int components, size_t values,
                     int bytes) {
    char escaped[512];
    xt_text_printf(&l->head,
                   "<DataArray type=\"%s\" Name=\"%s\" NumberOfComponents=\"%d\" format=\"appended\" "
                   "offset=\"%llu\"/>\n",
                   type, xt_xml_escape(escaped, sizeof escaped, name), components,
                   (unsigned long long)l->offset);
    l->offset += 8 + (uint64_t)values * (uint64_t)bytes;
}

static xt_status compose(layout *l, const xt_surface *s, const xt_surface_array *arrays, int count,
                         xt_error *err) {
    const size_t n = s->triangles;
    xt_text_printf(
        &l->head,
        "<?xml version=\"1.0\"?>\n<VTKFile type=\"PolyData\" version=\"1.0\" byte_order=\"LittleEndian\" "
        "header_type=\"UInt64\">\n<PolyData>\n<Piece NumberOfPoints=\"%zu\" NumberOfVerts=\"0\" "
        "NumberOfLines=\"0\" NumberOfStrips=\"0\" NumberOfPolys=\"%zu\">\n<Points>\n",
        s->vertices, n);
    announce(l, "Float32", "Points (mm)", 3, 3 * s->vertices, 4);
    xt_text_add(&l->head, "</Points>\n<Polys>\n");
    announce(l, "Int64", "connectivity", 1, 3 * n, 8);
    announce(l, "Int64", "offsets", 1, n, 8);
    xt_text_add(&l->head, "</Polys>\n<CellData>\n");
    announce(l, "UInt8", "tissue", 1, n, 1);
    announce(l, "UInt8", "other tissue", 1, n, 1);
    for (int k = 0; k < count; k++)
        if (!arrays[k].per_vertex) announce(l, "Float32", arrays[k].name, 1, n, 4);
    xt_text_add(&l->head, "</CellData>\n<PointData>\n");
    for (int k = 0; k < count; k++)
        if (arrays[k].per_vertex) announce(l, "Float32", arrays[k].name, 1, s->vertices, 4);
    xt_text_add(&l->head, "</PointData>\n</Piece>\n</PolyData>\n<AppendedData encoding=\"raw\">\n_");
    return xt_text_check(&l->head, "a .vtp file", err);
}

static xt_status put_size(xt_file_writer *file, size_t values, int bytes, xt_error *err) {
    unsigned char header[8];
    xt_put_little(header, (uint64_t)values * (uint64_t)bytes, 8);
    return xt_file_writer_write(file, header, 8, err);
}

static xt_status put_values(xt_file_writer *file, const void *data, size_t values, int bytes, xt_error *err) {
    unsigned char chunk[CHUNK];
    const size_t most = CHUNK / (size_t)bytes;
    XT_TRY(put_size(file, values, bytes, err));
    for (size_t done = 0; done < values;) {
        const size_t n = values - done < most ? values - done : most;
        memcpy(chunk, (const unsigned char *)data + done * (size_t)bytes, n * (size_t)bytes);
        xt_to_little(chunk, n, bytes);
        XT_TRY(xt_file_writer_write(file, chunk, n * (size_t)bytes, err));
        done += n;
    }
    return XT_OK;
}

/* Indices of the triangles' corners (index not NULL), or 3, 6, 9, ... */
static xt_status put_int64(xt_file_writer *file, const uint32_t *index, size_t values, xt_error *err) {
    unsigned char chunk[CHUNK];
    XT_TRY(put_size(file, values, 8, err));
    for (size_t done = 0; done < values;) {
        const size_t n = values - done < CHUNK / 8 ? values - done : CHUNK / 8;
        for (size_t i = 0; i < n; i++)
            xt_put_little(chunk + 8 * i, index ? index[done + i] : 3 * ((uint64_t)(done + i) + 1), 8);
        XT_TRY(xt_file_writer_write(file, chunk, 8 * n, err));
        done += n;
    }
    return XT_OK;
}

xt_status xt_surface_write_vtp(const char *path, const xt_surface *s, const xt_surface_array *arrays,
                               int count, xt_error *err) {
    xt_status status;
    layout l = {{0}, 0};
    xt_file_writer file = {0};
    XT_GO(compose(&l, s, arrays, count, err));
    XT_GO(xt_file_writer_open(&file, path, err));
    XT_GO(xt_file_writer_write(&file, l.head.data, l.head.size, err));
    XT_GO(put_values(&file, s->position, 3 * s->vertices, 4, err));
    XT_GO(put_int64(&file, s->corner, 3 * s->triangles, err));
    XT_GO(put_int64(&file, NULL, s->triangles, err));
    XT_GO(put_values(&file, s->tissue, s->triangles, 1, err));
    XT_GO(put_values(&file, s->other, s->triangles, 1, err));
    for (int vertex = 0; vertex < 2; vertex++)
        for (int k = 0; k < count; k++)
            if (arrays[k].per_vertex == (vertex == 1))
                XT_GO(put_values(&file, arrays[k].values, vertex ? s->vertices : s->triangles, 4, err));
    static const char tail[] = "\n</AppendedData>\n</VTKFile>\n";
    XT_GO(xt_file_writer_write(&file, tail, sizeof tail - 1, err));
    XT_GO(xt_file_writer_commit(&file, err));
done:
    xt_file_writer_abandon(&file);
    xt_text_free(&l.head);
    return status;
}

static void put_float(unsigned char *to, float value) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    xt_put_little(to, bits, 4);
}

xt_status xt_surface_write_stl(const char *path, const xt_surface *s, xt_error *err) {
    if (s->triangles > UINT32_MAX) return xt_fail(err, XT_USAGE, "%s: too many triangles for STL", path);
    xt_status status;
    xt_file_writer file = {0};
    unsigned char head[84] = "binary STL, mm, written by crosstalk";
    xt_put_little(head + 80, s->triangles, 4);
    XT_GO(xt_file_writer_open(&file, path, err));
    XT_GO(xt_file_writer_write(&file, head, sizeof head, err));
    for (size_t t = 0; t < s->triangles; t++) {
        unsigned char record[50] = {0};
        const float *p[3];
        double n[3], length = 0;
        for (size_t k = 0; k < 3; k++) {
            p[k] = s->position + 3 * (size_t)s->corner[3 * t + k];
            for (int a = 0; a < 3; a++) put_float(record + 12 + 12 * k + 4 * a, p[k][a]);
        }
        for (int a = 0; a < 3; a++) {
            const int u = (a + 1) % 3, w = (a + 2) % 3;
            n[a] = (double)(p[1][u] - p[0][u]) * (double)(p[2][w] - p[0][w]) -
                   (double)(p[1][w] - p[0][w]) * (double)(p[2][u] - p[0][u]);
            length += n[a] * n[a];
        }
        length = sqrt(length);
        for (int a = 0; a < 3; a++) put_float(record + 4 * a, (float)(length > 0 ? n[a] / length : 0));
        XT_GO(xt_file_writer_write(&file, record, sizeof record, err));
    }
    XT_GO(xt_file_writer_commit(&file, err));
done:
    xt_file_writer_abandon(&file);
    return status;
}
