/// key_map.h: from a pair of 64-bit numbers to a 32-bit one. Serves file identities (device, inode) and pairs
/// of pictures. Open addressing; nothing is ever removed.
#ifndef SIAM_DATA_KEY_MAP_H
#define SIAM_DATA_KEY_MAP_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct siam_key_slot {
  uint64_t first, second;
  uint32_t value;
  bool used;
} siam_key_slot;

/// Zero value: an empty map. Release with siam_key_map_clear().
typedef struct siam_key_map {
  siam_key_slot *slots;
  size_t capacity, count; ///< `capacity` is a power of two, or 0.
} siam_key_map;

/// Finds the value of a key, or stores `value` for it when it is new. `*found` says which; `*stored` is the
/// value the key has afterwards. Either may be NULL.
siam_status siam_key_map_put(siam_key_map *map, uint64_t first, uint64_t second, uint32_t value,
                             uint32_t *stored, bool *found);

/// Whether the map has a key.
bool siam_key_map_has(const siam_key_map *map, uint64_t first, uint64_t second);

void siam_key_map_clear(siam_key_map *map);

#endif
