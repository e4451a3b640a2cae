#include "pipeline/bench.h"

const siam_bench_type siam_bench_types[] = {
    {"gemm", "matrix products: squares, and those of the encoder's linear layers", siam_bench_plan_gemm},
    {"conv",
     "convolutions, all three passes, alone and in blocks with what runs with them: 3×3 from 64 to 64 "
     "channels, and those of the encoder",
     siam_bench_plan_conv},
    {"train", "a training step of the encoder: both pictures of each pair, all the way to new weights",
     siam_bench_plan_train},
    {"embed", "pictures to embeddings: many at a time, and one", siam_bench_plan_embed},
    {"compare", "two picture files to a verdict, in a running program", siam_bench_plan_compare},
    {"start", "whole processes from start to end: a program alone, and siamese-compare; choosing engines",
     siam_bench_plan_start},
    {"decode", "picture files to bytes of the encoder's size, on all processors", siam_bench_plan_decode},
    {0}};

/// The line of an index, or the last one, whose fields are NULL.
static const siam_bench_type *line(size_t index) {
  const siam_bench_type *type = siam_bench_types;
  while (index-- > 0 && type->name != NULL) type++;
  return type;
}

const char *siam_bench_get_name(size_t index) {
  return line(index)->name;
}
const char *siam_bench_get_summary(size_t index) {
  return line(index)->summary;
}
