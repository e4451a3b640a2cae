/// Counter-based random numbers: Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as
/// 1, 2, 3"). A draw depends on (seed, stream, step, index) alone, so a resumed run continues bit for bit
/// and the host and every device draw the same numbers. cl/random.clh is the same function.
#ifndef SIAM_BASE_RANDOM_H
#define SIAM_BASE_RANDOM_H

#include <stdint.h>

/// What a draw is for; one number space for each, so that no two uses share draws.
typedef enum siam_stream {
  SIAM_STREAM_INITIALISE = 1,
  SIAM_STREAM_SAMPLE,
  SIAM_STREAM_SPLIT,
  SIAM_STREAM_AUGMENT,
  SIAM_STREAM_DROPOUT,
  SIAM_STREAM_EVALUATE,
  SIAM_STREAM_BOOTSTRAP,
  SIAM_STREAM_ONE_SHOT,
  SIAM_STREAM_TURN,   ///< Quarter turns of classes.
  SIAM_STREAM_MINE,   ///< Negatives that a loss draws.
  SIAM_STREAM_COMPOSE ///< Classes put together of two.
} siam_stream;

typedef struct siam_draw {
  uint32_t word[4];
} siam_draw;

/// Four independent 32-bit words. Key: seed. Counter: (index low, index high, step, stream).
siam_draw siam_random(uint64_t seed, siam_stream stream, uint32_t step, uint64_t index);

/// Maps a word to [0, 1) with 24 bits, exactly as the kernels do.
float siam_uniform(uint32_t word);

/// Maps two words to a standard normal deviate (Box and Muller 1958).
float siam_normal(uint32_t first, uint32_t second);

/// Maps a word to 0 … bound−1 by multiplication (Lemire 2019); the bias is below bound / 2^32.
uint32_t siam_below(uint32_t word, uint32_t bound);

/// Shuffles `count` numbers in place (Fisher and Yates); the same (seed, stream, step) gives the same order.
void siam_shuffle(uint32_t *numbers, uint32_t count, uint64_t seed, siam_stream stream, uint32_t step);

/// The same for one of many things that are shuffled in one step: `which` tells their draws apart.
void siam_shuffle_one(uint32_t *numbers, uint32_t count, uint64_t seed, siam_stream stream, uint32_t step,
                      uint32_t which);

#endif
