#include "base/hash.h"

#include <string.h>

static const uint64_t PRIME_1 = 0x9E3779B185EBCA87u, PRIME_2 = 0xC2B2AE3D27D4EB4Fu,
                      PRIME_3 = 0x165667B19E3779F9u, PRIME_4 = 0x85EBCA77C2B2AE63u,
                      PRIME_5 = 0x27D4EB2F165667C5u;

static uint64_t rotate(uint64_t word, int bits) {
  return word << bits | word >> (64 - bits);
}

/// `count` bytes, the lowest first, whatever the machine's own order.
static uint64_t read_word(const uint8_t *bytes, int count) {
  uint64_t word = 0;
  for (int i = count - 1; i >= 0; i--) word = word << 8 | bytes[i];
  return word;
}

static uint64_t mix(uint64_t lane, uint64_t word) {
  return rotate(lane + word * PRIME_2, 31) * PRIME_1;
}

static void take_stripe(siam_hash *hash, const uint8_t *bytes) {
  for (int i = 0; i < 4; i++) hash->lane[i] = mix(hash->lane[i], read_word(bytes + 8 * i, 8));
}

void siam_hash_begin(siam_hash *hash, uint64_t seed) {
  *hash = (siam_hash){.lane = {seed + PRIME_1 + PRIME_2, seed + PRIME_2, seed, seed - PRIME_1}, .seed = seed};
}

void siam_hash_add(siam_hash *hash, const void *bytes, size_t count) {
  const uint8_t *next = bytes;
  size_t held = (size_t)(hash->length % sizeof hash->pending);
  hash->length += count;
  if (held > 0) {
    size_t room = sizeof hash->pending - held, taken = count < room ? count : room;
    memcpy(hash->pending + held, next, taken);
    next += taken;
    count -= taken;
    if (taken < room) return;
    take_stripe(hash, hash->pending);
  }
  for (; count >= sizeof hash->pending; count -= sizeof hash->pending, next += sizeof hash->pending)
    take_stripe(hash, next);
  if (count > 0) memcpy(hash->pending, next, count);
}

/// The four lanes as one word.
static uint64_t join_lanes(const uint64_t *lane) {
  uint64_t joined = rotate(lane[0], 1) + rotate(lane[1], 7) + rotate(lane[2], 12) + rotate(lane[3], 18);
  for (int i = 0; i < 4; i++) joined = (joined ^ mix(0, lane[i])) * PRIME_1 + PRIME_4;
  return joined;
}

uint64_t siam_hash_end(const siam_hash *hash) {
  uint64_t word = hash->length < sizeof hash->pending ? hash->seed + PRIME_5 : join_lanes(hash->lane);
  word += hash->length;
  const uint8_t *next = hash->pending;
  size_t left = (size_t)(hash->length % sizeof hash->pending);
  for (; left >= 8; left -= 8, next += 8)
    word = rotate(word ^ mix(0, read_word(next, 8)), 27) * PRIME_1 + PRIME_4;
  for (; left >= 4; left -= 4, next += 4)
    word = rotate(word ^ read_word(next, 4) * PRIME_1, 23) * PRIME_2 + PRIME_3;
  for (; left > 0; left--, next++) word = rotate(word ^ *next * PRIME_5, 11) * PRIME_1;
  word = (word ^ word >> 33) * PRIME_2;
  word = (word ^ word >> 29) * PRIME_3;
  return word ^ word >> 32;
}

uint64_t siam_hash_bytes(const void *bytes, size_t count) {
  siam_hash hash;
  siam_hash_begin(&hash, 0);
  siam_hash_add(&hash, bytes, count);
  return siam_hash_end(&hash);
}
