// A table of rows [vocabulary, features], looked up by token numbers that arrive as floats [count].
//   TRANSPOSED  1 where the slot's parameter lies as [features, vocabulary]
// `across` work-items share a row: item i takes the columns i % across, i % across + across, … of token i /
// across (forward) or of the row that this one is the first token of (backward).
#include "common.clh"
#ifndef TRANSPOSED
#define TRANSPOSED 0
#endif
#define AT(row, column) (TRANSPOSED ? (column) * (long)vocabulary + (row) : (row) * (long)features + (column))

// The row that a token names; −1 for what names none: negative numbers, too large ones, fractions, NaN.
int row_of(const float token, const int vocabulary) {
  return token >= 0 && token < vocabulary && token == floor(token) ? (int)token : -1;
}

// y[i][c] = weight[token i][c], or NaN for a token that names no row
__kernel GROUP void embedding_forward(const int count, const int vocabulary, const int features,
                                      const int across, VIEW(tokens), VIEW(weight), VIEW_OUT(y)) {
  BIND(tokens);
  BIND(weight);
  BIND_OUT(y);
  const int i = get_global_id(0) / across, part = get_global_id(0) % across;
  if (i >= count) return;
  const int row = row_of(tokens[i], vocabulary);
  for (int c = part; c < features; c += across)
    y[i * (long)features + c] = row < 0 ? NAN : weight[AT(row, c)];
}

// The tokens in the order of their rows, and in each row of their places, are a sorted list of keys:
// row · 2^32 + place. A merge sort makes it. First every key finds its rank in its run of `run`; then runs
// that stand side by side are merged, where every key finds its rank in both.
#define KEYS(name) __global const long *restrict name##_buffer, const ulong name##_first
#define KEYS_OUT(name) __global long *restrict name##_buffer, const ulong name##_first
#define BIND_KEYS(name) __global const long *name = name##_buffer + name##_first / 2
#define BIND_KEYS_OUT(name) __global long *name = name##_buffer + name##_first / 2

long key_of(__global const float *tokens, const int place, const int vocabulary) {
  return row_of(tokens[place], vocabulary) * (1L << 32) + place;
}
int row_of_key(const long key) {
  return (int)(key >> 32);
}

__kernel GROUP void embedding_sort_runs(const int count, const int vocabulary, const int run, VIEW(tokens),
                                        KEYS_OUT(keys)) {
  BIND(tokens);
  BIND_KEYS_OUT(keys);
  const int i = get_global_id(0), start = i / run * run, end = min(start + run, count);
  if (i >= count) return;
  const long key = key_of(tokens, i, vocabulary);
  int rank = 0;
  for (int j = start; j < end; j++) rank += key_of(tokens, j, vocabulary) < key;
  keys[start + rank] = key;
}

__kernel GROUP void embedding_merge_runs(const int count, const int run, KEYS(from), KEYS_OUT(to)) {
  BIND_KEYS(from);
  BIND_KEYS_OUT(to);
  const int p = get_global_id(0);
  if (p >= count) return;
  const int start = p / run * run, other = min(p / run % 2 == 0 ? start + run : start - run, count);
  const long key = from[p];
  int low = other, high = min(other + run, count);
  while (low < high) {
    const int middle = low + (high - low) / 2;
    if (from[middle] < key)
      low = middle + 1;
    else
      high = middle;
  }
  to[min(start, other) + (p - start) + (low - other)] = key;
}

// gradient[r][c] += Σ dy[i][c] over the tokens i that name row r, in their order: the first of them adds them
// all, and nobody else writes there, so no atomics are needed and the sum is the same in every run.
__kernel GROUP void embedding_backward(const int count, const int vocabulary, const int features,
                                       const int across, KEYS(keys), VIEW(dy), VIEW_OUT(gradient)) {
  BIND_KEYS(keys);
  BIND(dy);
  BIND_OUT(gradient);
  const int first = get_global_id(0) / across, part = get_global_id(0) % across;
  if (first >= count) return;
  const int row = row_of_key(keys[first]);
  if (row < 0 || (first > 0 && row_of_key(keys[first - 1]) == row)) return;
  for (int p = first; p < count && row_of_key(keys[p]) == row; p++) {
    const long i = (uint)keys[p];
    for (int c = part; c < features; c += across) gradient[AT(row, c)] += dy[i * features + c];
  }
}
