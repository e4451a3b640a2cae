/// The user's cache folder: results that took long to make, each found again by all it depends on.
///
/// The folder is $SIAMESE_CACHE_DIR, else $XDG_CACHE_HOME/siamese, else ~/.cache/siamese; without any of
/// them, or with SIAMESE_CACHE_DIR=off, there is no cache. Since what comes from it may be run, it must be
/// the user's own, closed to writing by others, and no link. Loading reads from the very folder that was
/// checked; storing names it by its path once more, which only somebody who may change the folders above can
/// lead elsewhere. An entry holds its whole key and a checksum over
/// everything; one that is damaged, cut or of another kind counts as absent.
#ifndef SIAM_BASE_CACHE_H
#define SIAM_BASE_CACHE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Looks up the entry of `kind` (a word for its file name, such as "program") whose key is exactly the text
/// `key`. `*bytes` is a new block of `*count` bytes (free with siam_free()), or NULL where there is no such
/// entry, or one above `limit` bytes. An error means that the folder must not be used.
siam_status siam_cache_load(const char *kind, const char *key, size_t limit, uint8_t **bytes, size_t *count);

/// Whether the bytes of an entry's file are whole and for `key`; writes how much content they end with.
bool siam_cache_is_sound(const uint8_t *file, size_t size, const char *key, size_t *content_length);

/// Stores an entry in place of an older one, and removes those unused for longest once all take more than
/// 256 MiB. Not being able to write is an error, for the caller to pass over.
siam_status siam_cache_store(const char *kind, const char *key, const void *bytes, size_t count);

#endif
