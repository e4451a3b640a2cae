// A table of rows [vocabulary, features], looked up by token numbers that arrive as floats [count].
//   TRANSPOSED  1 where the slot's parameter lies as [features, vocabulary]
// `across` work-items share a row: item i takes the columns i % across, i % across + across, … of token (forward)
// or row (backward) i / across.
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
__kernel GROUP void embedding_forward(const int count, const int vocabulary, const int features, const int across,
                                      VIEW(tokens), VIEW(weight), VIEW_OUT(y)) {
  BIND(tokens);
  BIND(weight);
  BIND_OUT(y);
  const int i = get_global_id(0) / across, part = get_global_id(0) % across;
  if (i >= count) return;
  const int row = row_of(tokens[i], vocabulary);
  for (int c = part; c < features; c += across)
    y[i * (long)features + c] = row < 0 ? NAN : weight[AT(row, c)];
}

// gradient[r][c] += Σ dy[i][c] over the tokens i that name row r, in their order: only this work-item writes
// there, so no atomics are needed and the sum is the same in every run.
__kernel GROUP void embedding_backward(const int count, const int vocabulary, const int features, const int across,
                                       VIEW(tokens), VIEW(dy), VIEW_OUT(gradient)) {
  BIND(tokens);
  BIND(dy);
  BIND_OUT(gradient);
  const int row = get_global_id(0) / across, part = get_global_id(0) % across;
  if (row >= vocabulary) return;
  for (int i = 0; i < count; i++) {
    if (row_of(tokens[i], vocabulary) != row) continue;
    for (int c = part; c < features; c += across) gradient[AT(row, c)] += dy[i * (long)features + c];
  }
}
