/// picture_cache.h: decoded pictures of a data set in one file, so that the next run reads them instead of
/// decoding them again.
///
/// A picture is found again by its path, size and time of change, all exact, and the file as a whole by the
/// pictures' shape, the limits of decoding and the version of Siamese; everything else counts as not there.
/// Each picture carries a checksum that every reading verifies. A new file is written beside the old one and
/// replaces it when it is complete; what the old one has is copied, and what is no longer asked for is left
/// out. Pictures changed within the last seconds are not kept: they might change again without a new time.
#ifndef SIAM_DATA_PICTURE_CACHE_H
#define SIAM_DATA_PICTURE_CACHE_H

#include "data/dataset.h"
#include "data/resample.h"

typedef struct siam_picture_cache siam_picture_cache;

/// What the file says of a picture.
typedef enum siam_cached { SIAM_CACHED_NOT, SIAM_CACHED_BROKEN, SIAM_CACHED_WHOLE } siam_cached;

/// Opens the file at `path`, which need not exist. `dataset` and `path` must outlive the cache.
/// SIAM_ERROR_FILE: it is something else, or its place cannot be written.
siam_status siam_picture_cache_open(const char *path, const siam_dataset *dataset,
                                    const siam_picture_shape *shape, const siam_picture_options *limits,
                                    siam_picture_cache **cache);

/// The same for a file that is open for reading (-1: there is none); the cache takes over `descriptor`.
siam_status siam_picture_cache_use(const char *path, int descriptor, const siam_dataset *dataset,
                                   const siam_picture_shape *shape, const siam_picture_options *limits,
                                   siam_picture_cache **cache);

/// NULL is allowed. What was begun and not ended leaves the old file.
void siam_picture_cache_destroy(siam_picture_cache *cache);

/// Looks at picture `number` on the disk and for it in the cache; a whole one is copied to `bytes`, with its
/// facts (siam_picture_facts()). To be called once for each number, in any thread.
siam_cached siam_picture_cache_find(siam_picture_cache *cache, uint32_t number, uint8_t *bytes,
                                    unsigned *facts);

/// Begins a new file; every picture is then kept or reported broken, in any thread, and it ends.
siam_status siam_picture_cache_begin(siam_picture_cache *cache);
siam_status siam_picture_cache_keep(siam_picture_cache *cache, uint32_t number, const uint8_t *bytes,
                                    unsigned facts);
void siam_picture_cache_note_broken(siam_picture_cache *cache, uint32_t number);
siam_status siam_picture_cache_end(siam_picture_cache *cache);

/// Forgets the numbers that are `broken`; the others move up, as in siam_dataset_remove().
void siam_picture_cache_remove(siam_picture_cache *cache, const bool *broken);

/// Copies picture `number` to `bytes`; false where the file does not have it, or no longer whole.
bool siam_picture_cache_read(const siam_picture_cache *cache, uint32_t number, uint8_t *bytes);

#endif
