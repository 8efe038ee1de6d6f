/* Checkpoints: named blocks of numbers in one file, two generations in a folder (state-A and state-B).
 *
 * File, every number little-endian:
 *   header   magic[8] version:u32 header_size:u32 serial:u64 application[64] meta_size:u64 crc:u32
 *   meta     JSON text, crc:u32
 *   block    name[32] width:u32 index:u32 size:u64 crc:u32, then size bytes, crc:u32     (any number)
 *   end      a block named "" of size 0 with the number of blocks as index; the file ends there
 * Each CRC-32 is of what precedes it back to the last one, so every byte of the file is covered. A reader
 * believes no size that the file is too short for.
 *
 * A checkpoint is written aside and renamed over the older generation: the newest good one is never touched.
 * Which is newer says the serial number. */
#ifndef OBSERVE_CHECKPOINT_H
#define OBSERVE_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/text.h"

enum { XT_CHECKPOINT_VERSION = 1, XT_CHECKPOINT_NAME = 32, XT_CHECKPOINT_APPLICATION = 64 };

/* ---- writing ---- */

typedef struct xt_checkpoint_writer xt_checkpoint_writer;

/* Start the next generation in folder `dir` (made if it is not there; files that dead runs left aside are
 * removed). application: up to 63 bytes that identify what this is a checkpoint of, e.g. a hash of scene and
 * model; meta: JSON text, may be "". Errors: XT_IO. */
xt_status xt_checkpoint_begin(xt_checkpoint_writer **writer, const char *dir, const char *application,
                              const char *meta, xt_error *err);

/* A whole block: `count` numbers of `width` bytes (1, 2, 4, 8). Names: 1 to 31 bytes, each once. */
xt_status xt_checkpoint_block(xt_checkpoint_writer *writer, const char *name, int width, const void *data,
                              size_t count, xt_error *err);

/* The same in pieces: open, add until all `count` numbers are there (XT_INTERNAL if not), close. */
xt_status xt_checkpoint_block_open(xt_checkpoint_writer *writer, const char *name, int width, uint64_t count,
                                   xt_error *err);
xt_status xt_checkpoint_block_add(xt_checkpoint_writer *writer, const void *data, size_t count,
                                  xt_error *err);
xt_status xt_checkpoint_block_close(xt_checkpoint_writer *writer, xt_error *err);

/* Complete, fsync, rename. The writer is freed, whatever happens. */
xt_status xt_checkpoint_commit(xt_checkpoint_writer *writer, xt_error *err);
/* Leave no trace. NULL-safe. After any failed call above. */
void xt_checkpoint_abandon(xt_checkpoint_writer *writer);

/* ---- reading ---- */

typedef struct xt_checkpoint xt_checkpoint;

/* Open the newest good generation in `dir`: every checksum is verified before it counts as good. A damaged
 * one is passed over, and `warning` (may be NULL) says so. Errors: XT_IO if there is none or none is good;
 * XT_USAGE if the newest was written by another version of the format or, where `application` is not NULL,
 * belongs to something else: older ones are not tried then. */
xt_status xt_checkpoint_open_newest(xt_checkpoint **checkpoint, const char *dir, const char *application,
                                    xt_text *warning, xt_error *err);
xt_status xt_checkpoint_open(xt_checkpoint **checkpoint, const char *path, const char *application,
                             xt_error *err);
void xt_checkpoint_close(xt_checkpoint *checkpoint); /* NULL-safe */

/* Whether there is anything to resume from in `dir` (not verified). */
bool xt_checkpoint_exists(const char *dir);

const char *xt_checkpoint_path(const xt_checkpoint *checkpoint);
const char *xt_checkpoint_meta(const xt_checkpoint *checkpoint);
const char *xt_checkpoint_application(const xt_checkpoint *checkpoint);
uint64_t xt_checkpoint_serial(const xt_checkpoint *checkpoint);

/* Numbers in block `name` and their width, or false if there is no such block. Either out may be NULL. */
bool xt_checkpoint_find(const xt_checkpoint *checkpoint, const char *name, uint64_t *count, int *width);

/* Read a block of exactly `count` numbers of `width` bytes. XT_IO if it is missing or has another size. */
xt_status xt_checkpoint_read(xt_checkpoint *checkpoint, const char *name, int width, void *data, size_t count,
                             xt_error *err);
/* Part of it: `count` numbers from number `first`. */
xt_status xt_checkpoint_read_part(xt_checkpoint *checkpoint, const char *name, int width, uint64_t first,
                                  void *data, size_t count, xt_error *err);

#endif
