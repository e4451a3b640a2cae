#include "device/arena.h"

#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>

// One cache line; vector loads of a tensor's start never cross two.
enum { ALIGNMENT = 16 };

static size_t aligned(size_t count) {
  return (count + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

unsigned siam_arena_add(siam_arena *arena, size_t count) {
  if (arena->failed || SIAM_GROW(arena->tensors, arena->count, arena->capacity) != SIAM_OK) {
    arena->failed = true;
    return 0;
  }
  arena->tensors[arena->count] = (siam_arena_tensor){.count = count};
  return (unsigned)arena->count++;
}

void siam_arena_keep(siam_arena *arena, unsigned number) {
  if (!arena->failed) arena->tensors[number].kept = true;
}

void siam_arena_use(siam_arena *arena, unsigned number, size_t time) {
  if (arena->failed) return;
  siam_arena_tensor *tensor = &arena->tensors[number];
  if (tensor->first_use == 0) tensor->first_use = time;
  tensor->last_use = time;
}

/// A tensor in an order of its own.
typedef struct arena_entry {
  siam_arena_tensor *tensor;
} arena_entry;

static int larger_first(const void *left, const void *right) {
  const siam_arena_tensor *a = ((const arena_entry *)left)->tensor, *b = ((const arena_entry *)right)->tensor;
  if (a->count != b->count) return a->count > b->count ? -1 : 1;
  return a < b ? -1 : a > b;
}

static int lower_first(const void *left, const void *right) {
  const siam_arena_tensor *a = ((const arena_entry *)left)->tensor, *b = ((const arena_entry *)right)->tensor;
  if (a->offset != b->offset) return a->offset < b->offset ? -1 : 1;
  return a < b ? -1 : a > b;
}

static bool alive_together(const siam_arena_tensor *a, const siam_arena_tensor *b) {
  return a->first_use <= b->last_use && b->first_use <= a->last_use;
}

/// The lowest gap that holds `tensor` among the `placed` ones, which are sorted by offset.
static size_t lowest_gap(const siam_arena_tensor *tensor, const arena_entry *placed, size_t count) {
  size_t offset = 0;
  for (size_t i = 0; i < count; i++) {
    const siam_arena_tensor *other = placed[i].tensor;
    if (!alive_together(tensor, other)) continue;
    if (offset + aligned(tensor->count) <= other->offset) break;
    size_t end = other->offset + aligned(other->count);
    if (end > offset) offset = end;
  }
  return offset;
}

siam_status siam_arena_lay_out(siam_arena *arena, size_t last_time, size_t *floats) {
  siam_status status = SIAM_OK;
  arena_entry *order = NULL, *placed = NULL;
  if (arena->failed) return siam_fail(SIAM_ERROR_MEMORY, "out of memory while planning the step");
  SIAM_TRY_ALLOCATE(order, arena->count);
  SIAM_TRY_ALLOCATE(placed, arena->count);
  for (size_t i = 0; i < arena->count; i++) {
    siam_arena_tensor *tensor = order[i].tensor = &arena->tensors[i];
    if (!tensor->kept) continue;
    tensor->first_use = 0;
    tensor->last_use = last_time;
  }
  qsort(order, arena->count, sizeof *order, larger_first);
  size_t placed_count = 0;
  arena->size = 0;
  for (size_t i = 0; i < arena->count; i++) {
    siam_arena_tensor *tensor = order[i].tensor;
    if (tensor->last_use == 0 && !tensor->kept) continue;
    tensor->offset = lowest_gap(tensor, placed, placed_count);
    placed[placed_count++].tensor = tensor;
    qsort(placed, placed_count, sizeof *placed, lower_first);
    size_t end = tensor->offset + aligned(tensor->count);
    if (end > arena->size) arena->size = end;
  }
  *floats = arena->size;
cleanup:
  siam_free(order);
  siam_free(placed);
  return status;
}

size_t siam_arena_offset(const siam_arena *arena, unsigned number) {
  return arena->tensors[number].offset;
}

void siam_arena_size(const siam_arena *arena, size_t *floats, size_t *separate) {
  *floats = arena->size;
  *separate = 0;
  for (size_t i = 0; i < arena->count; i++) *separate += aligned(arena->tensors[i].count);
}

void siam_arena_clear(siam_arena *arena) {
  siam_free(arena->tensors);
  *arena = (siam_arena){0};
}
