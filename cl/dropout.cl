// Reads from [count], writes to = from / (1 − rate) where the element's draw is at least rate, else 0. Four
// elements share one Philox call: element i takes word i % 4 of index (pass, i / 4).
// clock: words step, seed low, seed high (siam_clock_word).
#include "common.clh"
#include "random.clh"
#define STREAM_DROPOUT 5

__kernel GROUP void dropout(VIEW(from), VIEW_OUT(to), __global const uint *clock, const int pass,
                            const int count, const float rate) {
  BIND(from);
  BIND_OUT(to);
  const uint quads = (count + 3) / 4, items = get_global_size(0), run = (quads + items - 1) / items;
  const uint first = min((uint)get_global_id(0) * run, quads), last = min(first + run, quads);
  const float scale = 1 / (1 - rate);
  for (uint quad = first; quad < last; quad++) {
    const uint4 draw = philox((uint2)(clock[1], clock[2]), (uint4)(quad, (uint)pass, clock[0], STREAM_DROPOUT));
    const uint words[4] = {draw.x, draw.y, draw.z, draw.w};
    for (uint k = 0; k < 4 && quad * 4 + k < (uint)count; k++) {
      const uint i = quad * 4 + k;
      // A product, so that a NaN that is dropped still shows.
      to[i] = from[i] * (uniform_of(words[k]) < rate ? 0 : scale);
    }
  }
}
