/// A 64-bit checksum of bytes: XXH64 (Collet, "xxHash fast digest algorithm", version 0.1.1). It finds damage
/// and tells contents apart; it is no protection against someone who wants two contents to agree.
#ifndef SIAM_BASE_HASH_H
#define SIAM_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/// A hash under way. Start it with siam_hash_begin().
typedef struct siam_hash {
  uint64_t lane[4];
  uint64_t seed, length; ///< `length`: bytes taken so far.
  uint8_t pending[32];   ///< The last length % 32 of them.
} siam_hash;

void siam_hash_begin(siam_hash *hash, uint64_t seed);

/// Takes more bytes; how they are cut into calls does not matter.
void siam_hash_add(siam_hash *hash, const void *bytes, size_t count);

/// The hash of all bytes so far; more may follow.
uint64_t siam_hash_end(const siam_hash *hash);

/// The three steps above with seed 0 for bytes that lie together.
uint64_t siam_hash_bytes(const void *bytes, size_t count);

#endif
