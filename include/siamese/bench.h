/// Benchmark: how fast each part is on a device, and how close to what the device can do at all.
///
/// The device's ceilings are measured beside every figure, because the speed of shared machines, and of those
/// that get warm, moves from minute to minute: a row's share of a ceiling is taken from neighbours in time.
/// docs/benchmarks/README.md says how to read the rows.
#ifndef SIAMESE_BENCH_H
#define SIAMESE_BENCH_H

#include <siamese/decode.h>
#include <siamese/device.h>
#include <stdbool.h>

/// What can be measured: "gemm", "conv", …, and what it is; NULL past the last one. Static storage.
SIAM_API const char *siam_bench_get_name(size_t index);
SIAM_API const char *siam_bench_get_summary(size_t index);

/// Zero means the default.
typedef struct siam_bench_options {
  const char *const *what; ///< Names of siam_bench_get_name(), or "all" …
  size_t what_count;       ///< … so many of them; 0: all.
  const char *encoder;     ///< A built-in encoder, a description file, or "all" built-in ones; NULL: "conv4".
  int batch;               ///< Pairs of a training step, and half the pictures of everything else; 0: 64.
  uint32_t repeats;        ///< Rounds; 0: as many as the time allows, and at least 3.
  double minutes;          ///< Time after which no round begins, setting up included; 0: 1, or none where
                           ///< `repeats` limits.
  siam_decoders *decoders; ///< For "decode": measured beside decoding in this process; NULL: not.
  const char *compare_program; ///< siamese-compare, for "start"; NULL: its rows are skipped.
  const char *compare_device;  ///< The device that siamese-compare is given; NULL: none, it chooses.
  /// Called every now and then with the share that is done, 0 to 1, and the row at hand; false stops with
  /// SIAM_INTERRUPTED. May be NULL.
  bool (*progress)(void *context, double done, const char *row);
  void *context;
} siam_bench_options;

typedef enum siam_bench_status {
  SIAM_BENCH_MEASURED,
  SIAM_BENCH_SKIPPED, ///< Does not apply here; `reason` says why.
  SIAM_BENCH_FAILED   ///< Went wrong; `reason` is the error.
} siam_bench_status;

/// What keeps a row from being faster: of three times that it cannot be below, the longest. Its operations at
/// the FMA ceiling, its bytes at the speed of copying, and starting its kernels. Where none of them reaches a
/// fifth of the time that it takes, it is overhead too: waiting, and work of the host.
typedef enum siam_bench_limit {
  SIAM_BENCH_UNKNOWN, ///< Not measured, or no work of the device.
  SIAM_BENCH_ARITHMETIC,
  SIAM_BENCH_MEMORY,
  SIAM_BENCH_OVERHEAD
} siam_bench_limit;

/// "arithmetic", "memory", "overhead", or "" for unknown; static storage.
SIAM_API const char *siam_bench_limit_name(siam_bench_limit limit);

/// Several runs, timed together.
typedef struct siam_bench_sample {
  double seconds;     ///< Of one run.
  double cpu_seconds; ///< Of one run: processor time of all threads of this process and its children.
  double fma, copy;   ///< Ceilings measured just before and after it: FLOP/s, byte/s. 0 where not compared.
} siam_bench_sample;

/// Least, median and most over the samples.
typedef struct siam_bench_spread {
  double least, median, most;
} siam_bench_spread;

typedef struct siam_bench_row {
  char name[96]; ///< "conv/forward/128x14x14x64/3x3x64p1": unique, and the same on every device.
  siam_bench_status status;
  char reason[256];      ///< Empty where it was measured.
  char engine[64];       ///< What did the work, such as "tile" or "im2col, clblast"; may be empty.
  char unit[16];         ///< What `items` counts, such as "pairs"; may be empty.
  double flops;          ///< Of one run, two for each multiply-add of the direct algorithm; 0: not counted.
  double bytes;          ///< Of one run, that any algorithm must move; 0: not counted.
  double items;          ///< Of one run.
  double commands;       ///< Kernels and copies of one run.
  bool by_events;        ///< Timed by the device's clock; else by the host's.
  double arena_bytes;    ///< Device memory of everything between input and loss; 0: not counted.
  double separate_bytes; ///< What the same tensors would take side by side, layer by layer.
  double setup_seconds;  ///< Preparing and the first run: compiling, above all.
  uint64_t iterations;   ///< Runs of a sample.
  const siam_bench_sample *samples;
  size_t sample_count;
  siam_bench_spread seconds, cpu_seconds;
  double flops_rate, fma_share;  ///< Medians: FLOP/s, and as a share of the ceiling beside it (1: all of it).
  double bytes_rate, copy_share; ///< Medians: byte/s, and as a share of copying.
  siam_bench_limit limit;
} siam_bench_row;

/// What was measured on a device. Owns all it points to.
typedef struct siam_bench_report {
  siam_device_info device;
  siam_bench_spread fma, copy, launch; ///< FLOP/s; byte/s (read and written); seconds of an empty kernel.
  bool has_events;                     ///< The device's clock can be believed.
  uint32_t rounds;
  uint32_t retaken; ///< Samples thrown away because the ceilings before and after them differed.
  double seconds;   ///< Of everything.
  const siam_bench_row *rows;
  size_t row_count;
} siam_bench_report;

/// Measures. Rows that fail or do not apply say so in their status and stop nothing. SIAM_ERROR_ARGUMENT: an
/// unknown name, encoder or size. The caller frees the report with siam_bench_report_free().
SIAM_API siam_status siam_bench_run(siam_device *device, const siam_bench_options *options,
                                    siam_bench_report **report);
SIAM_API void siam_bench_report_free(siam_bench_report *report);

typedef enum siam_bench_verdict {
  SIAM_BENCH_SAME,   ///< No difference beyond the spread.
  SIAM_BENCH_FASTER, ///< Takes less time than before.
  SIAM_BENCH_SLOWER, ///< Takes more time than before.
  SIAM_BENCH_TOO_FEW ///< So few samples that no difference could be told from chance.
} siam_bench_verdict;

typedef struct siam_bench_difference {
  siam_bench_verdict verdict;
  double ratio;       ///< Median of `after` over median of `before`.
  double probability; ///< Of ranks at least so uneven where both are alike (Mann and Whitney 1947).
} siam_bench_difference;

/// Whether the times `after` differ from those `before`: by the ranks of all samples with an error
/// probability below `level`, and by more than `least` (0.05: 5 %) in the median. Both arrays need at least
/// one sample.
SIAM_API siam_status siam_bench_judge(const double *before, size_t before_count, const double *after,
                                      size_t after_count, double level, double least,
                                      siam_bench_difference *difference);

#endif
