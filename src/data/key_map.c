#include "data/key_map.h"

#include "base/memory.h"

/// The finaliser of splitmix64 (Steele, Lea, Flood 2014) over both halves.
static size_t scatter(uint64_t first, uint64_t second) {
  uint64_t word = first * UINT64_C(0x9E3779B97F4A7C15) + second;
  word = (word ^ word >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
  word = (word ^ word >> 27) * UINT64_C(0x94D049BB133111EB);
  return (size_t)(word ^ word >> 31);
}

static siam_key_slot *find(siam_key_slot *slots, size_t capacity, uint64_t first, uint64_t second) {
  size_t at = scatter(first, second) & (capacity - 1);
  while (slots[at].used && (slots[at].first != first || slots[at].second != second))
    at = (at + 1) & (capacity - 1);
  return &slots[at];
}

/// Doubles the room when half of it is taken.
static siam_status make_room(siam_key_map *map) {
  if (2 * map->count < map->capacity) return SIAM_OK;
  size_t capacity = map->capacity > 0 ? 2 * map->capacity : 64;
  siam_key_slot *slots = siam_allocate(capacity, sizeof *slots);
  if (slots == NULL) return SIAM_ERROR_MEMORY;
  for (size_t i = 0; i < map->capacity; i++)
    if (map->slots[i].used) *find(slots, capacity, map->slots[i].first, map->slots[i].second) = map->slots[i];
  siam_free(map->slots);
  map->slots = slots;
  map->capacity = capacity;
  return SIAM_OK;
}

siam_status siam_key_map_put(siam_key_map *map, uint64_t first, uint64_t second, uint32_t value,
                             uint32_t *stored, bool *found) {
  SIAM_RETURN_IF_FAILED(make_room(map));
  siam_key_slot *slot = find(map->slots, map->capacity, first, second);
  if (found != NULL) *found = slot->used;
  if (!slot->used) {
    *slot = (siam_key_slot){first, second, value, true};
    map->count++;
  }
  if (stored != NULL) *stored = slot->value;
  return SIAM_OK;
}

bool siam_key_map_has(const siam_key_map *map, uint64_t first, uint64_t second) {
  return map->capacity > 0 && find(map->slots, map->capacity, first, second)->used;
}

void siam_key_map_clear(siam_key_map *map) {
  siam_free(map->slots);
  *map = (siam_key_map){0};
}
