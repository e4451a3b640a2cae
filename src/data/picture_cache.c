#include "data/picture_cache.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAGIC "SIAMPICS"
enum { FORMAT_VERSION = 1, RECENT_SECONDS = 2 };

/// What the file begins with. A record for each picture follows, then the pictures, in the order of the
/// records and at equal distances. Numbers lie as the machine has them: the file is for the machine it is on.
typedef struct header {
  char magic[8], program[16];
  uint32_t format, resampler;
  uint32_t height, width, channels, mode;
  uint64_t max_pixels, max_bytes;
  uint32_t max_dimension, unused;
  uint64_t count;
  uint64_t checksum; ///< Of this header, with 0 here, and all records.
} header;

/// A picture: what it is found by, and what is known of it. A state of 0 is a picture that is not kept.
typedef struct record {
  uint64_t path, size; ///< Hash of the path; bytes of the file.
  int64_t modified;    ///< Nanoseconds since 1970.
  uint64_t checksum;   ///< Of its bytes here.
  uint32_t facts, state;
} record;

/// A record of the file, to be found by its path.
typedef struct entry {
  uint64_t path;
  uint32_t place;
} entry;

struct siam_picture_cache {
  const char *path;
  const siam_dataset *dataset;
  size_t picture_bytes;
  header head; ///< What the file must begin with, apart from count and checksum.
  int descriptor;
  record *stored; ///< The file's records, …
  entry *entries; ///< … by their paths.
  uint32_t stored_count;
  record *records;  ///< Of the data set's pictures. State 0: not in the file.
  uint32_t *places; ///< Of each of them in the file.
  uint32_t count;
  int64_t newest; ///< Pictures changed after this are not kept.
  siam_file_writer *writer;
};

static uint64_t hash_index(const header *head, const record *records) {
  header clear = *head;
  siam_hash hash;
  clear.checksum = 0;
  siam_hash_begin(&hash, 0);
  siam_hash_add(&hash, &clear, sizeof clear);
  siam_hash_add(&hash, records, head->count * sizeof *records);
  return siam_hash_end(&hash);
}

static uint64_t picture_place(const siam_picture_cache *cache, uint64_t count, uint32_t place) {
  return sizeof(header) + count * sizeof(record) + (uint64_t)place * cache->picture_bytes;
}

/// Reads all of `count` bytes; false at the end of the file and on errors, which make a cache entry absent.
static bool read_at(int descriptor, void *bytes, size_t count, uint64_t offset) {
  uint8_t *next = bytes;
  while (count > 0) {
    const ssize_t got = pread(descriptor, next, count, (off_t)offset);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    next += got;
    offset += (uint64_t)got;
    count -= (size_t)got;
  }
  return true;
}

/// Whether the file was written for the same shape and limits by the same program, and is long enough.
static bool is_fitting(const siam_picture_cache *cache, const header *head) {
  header expected = cache->head;
  struct stat information;
  expected.count = head->count;
  expected.checksum = head->checksum;
  if (memcmp(&expected, head, sizeof expected) != 0 || head->count > UINT32_MAX) return false;
  if (fstat(cache->descriptor, &information) != 0 || information.st_size < 0) return false;
  return (uint64_t)information.st_size >= picture_place(cache, head->count, (uint32_t)head->count);
}

static int compare_entries(const void *first, const void *second) {
  const entry *a = first, *b = second;
  return (a->path > b->path) - (a->path < b->path);
}

/// Takes in the file's records; one that is damaged or of another kind has none.
static siam_status read_index(siam_picture_cache *cache) {
  siam_status status = SIAM_OK;
  header head;
  if (!read_at(cache->descriptor, &head, sizeof head, 0) || !is_fitting(cache, &head)) return SIAM_OK;
  SIAM_TRY_ALLOCATE(cache->stored, head.count);
  if (!read_at(cache->descriptor, cache->stored, head.count * sizeof(record), sizeof head)) goto cleanup;
  if (hash_index(&head, cache->stored) != head.checksum) goto cleanup;
  SIAM_TRY_ALLOCATE(cache->entries, head.count);
  cache->stored_count = (uint32_t)head.count;
  for (uint32_t i = 0; i < cache->stored_count; i++) cache->entries[i] = (entry){cache->stored[i].path, i};
  qsort(cache->entries, cache->stored_count, sizeof(entry), compare_entries);
cleanup:
  return status;
}

static void set_header(siam_picture_cache *cache, const siam_picture_shape *shape,
                       const siam_picture_options *limits) {
  cache->head = (header){.format = FORMAT_VERSION,
                         .resampler = shape->resampler > 0 ? shape->resampler : SIAM_RESAMPLER_VERSION,
                         .height = shape->height,
                         .width = shape->width,
                         .channels = shape->channels,
                         .mode = (uint32_t)shape->mode,
                         .max_pixels = limits->max_pixels,
                         .max_bytes = limits->max_bytes,
                         .max_dimension = limits->max_dimension};
  memcpy(cache->head.magic, MAGIC, sizeof cache->head.magic);
  strncpy(cache->head.program, SIAMESE_VERSION, sizeof cache->head.program - 1);
}

siam_status siam_picture_cache_open(const char *path, const siam_dataset *dataset,
                                    const siam_picture_shape *shape, const siam_picture_options *limits,
                                    siam_picture_cache **cache) {
  SIAM_RETURN_IF_FAILED(siam_file_check_kind(path, 0, MAGIC, "cache of pictures"));
  SIAM_RETURN_IF_FAILED(siam_file_check_place(path));
  const int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  return siam_picture_cache_use(path, descriptor, dataset, shape, limits, cache);
}

siam_status siam_picture_cache_use(const char *path, int descriptor, const siam_dataset *dataset,
                                   const siam_picture_shape *shape, const siam_picture_options *limits,
                                   siam_picture_cache **cache) {
  siam_status status = SIAM_OK;
  siam_picture_cache *made = siam_allocate(1, sizeof *made);
  if (made == NULL) {
    if (descriptor >= 0) close(descriptor);
    return SIAM_ERROR_MEMORY;
  }
  made->path = path;
  made->descriptor = descriptor;
  made->dataset = dataset;
  made->picture_bytes = siam_picture_shape_bytes(shape);
  made->count = siam_dataset_count_images(dataset);
  made->newest = ((int64_t)time(NULL) - RECENT_SECONDS) * 1000000000;
  set_header(made, shape, limits);
  SIAM_TRY_ALLOCATE(made->records, made->count);
  SIAM_TRY_ALLOCATE(made->places, made->count);
  if (made->descriptor >= 0) SIAM_TRY(read_index(made));
  *cache = made;
  made = NULL;
cleanup:
  siam_picture_cache_destroy(made);
  return status;
}

void siam_picture_cache_destroy(siam_picture_cache *cache) {
  if (cache == NULL) return;
  if (cache->descriptor >= 0) close(cache->descriptor);
  siam_file_abandon(cache->writer);
  siam_free(cache->stored);
  siam_free(cache->entries);
  siam_free(cache->records);
  siam_free(cache->places);
  siam_free(cache);
}

/// What picture `number` is found by, as it lies on the disk now.
static bool examine(const siam_picture_cache *cache, uint32_t number, record *found) {
  const char *path = siam_dataset_get_image_path(cache->dataset, number);
  struct stat information;
  if (stat(path, &information) != 0) return false;
  *found =
      (record){.path = siam_hash_bytes(path, strlen(path)),
               .size = (uint64_t)information.st_size,
               .modified = (int64_t)information.st_mtim.tv_sec * 1000000000 + information.st_mtim.tv_nsec};
  return true;
}

/// The file's record for a picture, or NULL. Most often it stands where it stood in the last run.
static const record *find_stored(const siam_picture_cache *cache, uint32_t number, const record *wanted) {
  const record *stored = NULL;
  if (number < cache->stored_count && cache->stored[number].path == wanted->path)
    stored = &cache->stored[number];
  if (stored == NULL && cache->stored_count > 0) {
    const entry key = {.path = wanted->path};
    const entry *at = bsearch(&key, cache->entries, cache->stored_count, sizeof(entry), compare_entries);
    if (at != NULL) stored = &cache->stored[at->place];
  }
  if (stored == NULL || stored->size != wanted->size || stored->modified != wanted->modified) return NULL;
  return stored;
}

siam_cached siam_picture_cache_find(siam_picture_cache *cache, uint32_t number, uint8_t *bytes,
                                    unsigned *facts) {
  record *own = &cache->records[number];
  if (!examine(cache, number, own)) return SIAM_CACHED_NOT;
  const record *stored = find_stored(cache, number, own);
  if (stored == NULL) return SIAM_CACHED_NOT;
  if (stored->state == SIAM_CACHED_BROKEN) return SIAM_CACHED_BROKEN;
  if (stored->state != SIAM_CACHED_WHOLE) return SIAM_CACHED_NOT;
  *own = *stored;
  cache->places[number] = (uint32_t)(stored - cache->stored);
  *facts = stored->facts;
  if (siam_picture_cache_read(cache, number, bytes)) return SIAM_CACHED_WHOLE;
  own->state = SIAM_CACHED_NOT;
  return SIAM_CACHED_NOT;
}

bool siam_picture_cache_read(const siam_picture_cache *cache, uint32_t number, uint8_t *bytes) {
  const record *own = &cache->records[number];
  const uint64_t offset = picture_place(cache, cache->stored_count, cache->places[number]);
  return own->state == SIAM_CACHED_WHOLE && read_at(cache->descriptor, bytes, cache->picture_bytes, offset) &&
         siam_hash_bytes(bytes, cache->picture_bytes) == own->checksum;
}

siam_status siam_picture_cache_begin(siam_picture_cache *cache) {
  SIAM_RETURN_IF_FAILED(siam_file_check_room(cache->path, picture_place(cache, cache->count, cache->count)));
  return siam_file_begin(cache->path, &cache->writer);
}

siam_status siam_picture_cache_keep(siam_picture_cache *cache, uint32_t number, const uint8_t *bytes,
                                    unsigned facts) {
  record *own = &cache->records[number];
  if (own->modified > cache->newest) return SIAM_OK;
  own->checksum = siam_hash_bytes(bytes, cache->picture_bytes);
  own->facts = facts;
  own->state = SIAM_CACHED_WHOLE;
  return siam_file_write_at(cache->writer, picture_place(cache, cache->count, number), bytes,
                            cache->picture_bytes);
}

void siam_picture_cache_note_broken(siam_picture_cache *cache, uint32_t number) {
  record *own = &cache->records[number];
  if (own->modified <= cache->newest) own->state = SIAM_CACHED_BROKEN;
}

/// From now on the new file is the one that is read.
static siam_status turn_to_new(siam_picture_cache *cache) {
  siam_free(cache->stored);
  siam_free(cache->entries);
  cache->stored = NULL;
  cache->entries = NULL;
  cache->stored_count = cache->count;
  for (uint32_t i = 0; i < cache->count; i++) cache->places[i] = i;
  if (cache->descriptor >= 0) close(cache->descriptor);
  cache->descriptor = open(cache->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (cache->descriptor >= 0) return SIAM_OK;
  return siam_fail(SIAM_ERROR_FILE, "%s: cannot open: %s; leave it alone while training", cache->path,
                   strerror(errno));
}

siam_status siam_picture_cache_end(siam_picture_cache *cache) {
  header head = cache->head;
  head.count = cache->count;
  head.checksum = hash_index(&head, cache->records);
  // The last picture may be one that is not kept, and the file must be as long as its header says.
  SIAM_RETURN_IF_FAILED(
      siam_file_set_length(cache->writer, picture_place(cache, cache->count, cache->count)));
  SIAM_RETURN_IF_FAILED(siam_file_write_at(cache->writer, 0, &head, sizeof head));
  SIAM_RETURN_IF_FAILED(
      siam_file_write_at(cache->writer, sizeof head, cache->records, cache->count * sizeof(record)));
  siam_file_writer *writer = cache->writer;
  cache->writer = NULL;
  SIAM_RETURN_IF_FAILED(siam_file_commit(writer));
  return turn_to_new(cache);
}

void siam_picture_cache_remove(siam_picture_cache *cache, const bool *broken) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < cache->count; i++) {
    if (broken[i]) continue;
    cache->records[kept] = cache->records[i];
    cache->places[kept++] = cache->places[i];
  }
  cache->count = kept;
}
