/// Lays out tensors whose times of life are known in one block, so that those never alive together share
/// memory. Pure arithmetic: sizes and times in, offsets out.
#ifndef SIAM_DEVICE_ARENA_H
#define SIAM_DEVICE_ARENA_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct siam_arena_tensor {
  size_t count, offset;       ///< Floats.
  size_t first_use, last_use; ///< Numbers of commands, from 1; 0: never used.
  bool kept;                  ///< Alive from the first command to the last.
} siam_arena_tensor;

/// Zero value: an empty arena.
typedef struct siam_arena {
  siam_arena_tensor *tensors;
  size_t count, capacity, size;
  bool failed; ///< Host memory ran out while adding; siam_arena_lay_out() reports it.
} siam_arena;

/// Adds a tensor of `count` floats; returns its number.
unsigned siam_arena_add(siam_arena *arena, size_t count);
void siam_arena_keep(siam_arena *arena, unsigned number);

/// Command `time` (from 1, never decreasing) reads or writes the tensor.
void siam_arena_use(siam_arena *arena, unsigned number, size_t time);

/// Places every tensor, the largest first, at the lowest offset free during its life (the "greedy by size"
/// order of Pisarchyk and Lee 2020, "Efficient memory management for deep neural net inference").
/// `last_time`: number of the last command. Writes the floats needed.
siam_status siam_arena_lay_out(siam_arena *arena, size_t last_time, size_t *floats);

size_t siam_arena_offset(const siam_arena *arena, unsigned number);

/// Floats of the layout, and of all tensors side by side.
void siam_arena_size(const siam_arena *arena, size_t *floats, size_t *separate);
void siam_arena_clear(siam_arena *arena);

#endif
