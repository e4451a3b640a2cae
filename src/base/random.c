#include "base/random.h"

#include <math.h>

siam_draw siam_random(uint64_t seed, siam_stream stream, uint32_t step, uint64_t index) {
  uint32_t c[4] = {(uint32_t)index, (uint32_t)(index >> 32), step, (uint32_t)stream};
  uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
  for (int round = 0; round < 10; round++) {
    uint64_t p0 = (uint64_t)0xD2511F53u * c[0], p1 = (uint64_t)0xCD9E8D57u * c[2];
    uint32_t n0 = (uint32_t)(p1 >> 32) ^ c[1] ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c[3] ^ k1;
    c[0] = n0;
    c[1] = (uint32_t)p1;
    c[2] = n2;
    c[3] = (uint32_t)p0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return (siam_draw){{c[0], c[1], c[2], c[3]}};
}

float siam_uniform(uint32_t word) {
  return (float)(word >> 8) * 0x1p-24f;
}

float siam_normal(uint32_t first, uint32_t second) {
  // 1 − u lies in (0, 1], where the logarithm is finite.
  float radius = sqrtf(-2.0f * logf(1.0f - siam_uniform(first)));
  return radius * cosf(6.28318530717958647692f * siam_uniform(second));
}

uint32_t siam_below(uint32_t word, uint32_t bound) {
  return (uint32_t)(((uint64_t)word * bound) >> 32);
}

void siam_shuffle_one(uint32_t *numbers, uint32_t count, uint64_t seed, siam_stream stream, uint32_t step,
                      uint32_t which) {
  for (uint32_t last = count; last > 1; last--) {
    uint64_t index = (uint64_t)which << 32 | last;
    uint32_t other = siam_below(siam_random(seed, stream, step, index).word[0], last);
    uint32_t kept = numbers[last - 1];
    numbers[last - 1] = numbers[other];
    numbers[other] = kept;
  }
}

void siam_shuffle(uint32_t *numbers, uint32_t count, uint64_t seed, siam_stream stream, uint32_t step) {
  siam_shuffle_one(numbers, count, seed, stream, step, 0);
}
