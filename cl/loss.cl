// How far the embeddings [rows, dimensions] of a batch lie apart.
#include "common.clh"

// One dimension a work-item: its variance over the rows.
__kernel GROUP void embedding_variances(VIEW(embeddings), VIEW_OUT(variances), const int rows,
                                        const int dimensions) {
  BIND(embeddings);
  BIND_OUT(variances);
  const int i = get_global_id(0);
  if (i >= dimensions) return;
  float mean = 0, square = 0;
  for (int row = 0; row < rows; row++) mean += embeddings[(ulong)row * dimensions + i];
  mean /= rows;
  for (int row = 0; row < rows; row++) {
    const float deviation = embeddings[(ulong)row * dimensions + i] - mean;
    square = fma(deviation, deviation, square);
  }
  variances[i] = square / rows;
}

__kernel GROUP void embedding_spread(VIEW(variances), VIEW_OUT(result), const int dimensions) {
  BIND(variances);
  BIND_OUT(result);
  if (get_global_id(0) != 0) return;
  float sum = 0;
  for (int i = 0; i < dimensions; i++) sum += variances[i];
  result[6] = sqrt(sum);
}
