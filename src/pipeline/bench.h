/// bench.h: the benchmark in its parts. A *row* is one thing that is timed; what can be asked for by name
/// ("gemm", "train", …) is a line of a table that plans its rows. Rows are planned first, then prepared, then
/// run in rounds: each round runs every row once, in an order of its own, beside the ceilings.
#ifndef SIAM_PIPELINE_BENCH_H
#define SIAM_PIPELINE_BENCH_H

#include "base/text.h"
#include "device/tape.h"
#include "device/timer.h"
#include "model/model.h"

#include <siamese/bench.h>

typedef struct siam_bench siam_bench;
typedef struct siam_bench_case siam_bench_case;

/// How a row is timed and run.
typedef struct siam_bench_kind {
  bool device_clock; ///< By the device's clock where it can be believed: run() only enqueues.
  bool compared;     ///< With the ceilings: it is work of the device.
  /// Makes ready what run() needs and fills in the row's numbers.
  siam_status (*prepare)(siam_bench *bench, siam_bench_case *row);
  /// Runs `count` times. By the host's clock: returns when all is done.
  siam_status (*run)(siam_bench_case *row, uint64_t count);
  /// Frees `state`, prepared or not. NULL: siam_free().
  void (*release)(void *state);
} siam_bench_kind;

/// A row that is measured.
struct siam_bench_case {
  siam_bench_row row; ///< Its samples are in `samples`.
  const siam_bench_kind *kind;
  void *state;        ///< The kind's own.
  unsigned runs_each; ///< Things done by one run(): figures are of one thing. 0: 1.
  uint64_t count;     ///< Of run() for a sample.
  siam_bench_sample *samples;
  size_t sample_count, sample_capacity;
};

/// An encoder whose shapes are measured.
typedef struct siam_bench_encoder {
  const char *name;      ///< As given.
  char label[32];        ///< In the names of rows: the name, or a description file's.
  siam_network *network; ///< Never placed; for its shapes.
  siam_model *model;     ///< From siam_bench_model(); NULL before.
} siam_bench_encoder;

/// Buffers that rows share, since one runs at a time. The first two hold numbers in [−1, 1); anything may be
/// written to the third.
typedef enum siam_bench_pool { SIAM_BENCH_A, SIAM_BENCH_B, SIAM_BENCH_OUT, SIAM_BENCH_POOLS } siam_bench_pool;

enum { SIAM_BENCH_CEILINGS = 3 }; ///< FMA, copy, launch: the first rows.

struct siam_bench {
  siam_device *device;
  siam_bench_options options; ///< Defaults filled in.
  siam_timer *timer;
  siam_bench_encoder *encoders;
  size_t encoder_count, encoder_capacity;
  siam_bench_case *cases;
  size_t case_count, case_capacity;
  size_t pool_count[SIAM_BENCH_POOLS]; ///< Floats reserved.
  cl_mem pools[SIAM_BENCH_POOLS];
  char *scratch; ///< A folder of our own, from siam_bench_scratch(); NULL before.
  double begun;
  double fma, copy;   ///< Ceilings of the moment.
  bool ceiling_fresh; ///< Nothing ran since they were measured.
  uint32_t round, retaken;
};

/// A line of the table of what can be asked for.
typedef struct siam_bench_type {
  const char *name, *summary;
  siam_status (*plan)(siam_bench *bench);
} siam_bench_type;

/// Ends with a line without a name.
extern const siam_bench_type siam_bench_types[];

siam_status siam_bench_plan_gemm(siam_bench *bench);
siam_status siam_bench_plan_conv(siam_bench *bench);
siam_status siam_bench_plan_blocks(siam_bench *bench);
siam_status siam_bench_plan_train(siam_bench *bench);
siam_status siam_bench_plan_embed(siam_bench *bench);
siam_status siam_bench_plan_compare(siam_bench *bench);
siam_status siam_bench_plan_start(siam_bench *bench);
siam_status siam_bench_plan_choices(siam_bench *bench);
siam_status siam_bench_plan_decode(siam_bench *bench);

/// Adds a row; takes over `state`, also on failure. A row whose name is there already is dropped.
__attribute__((format(printf, 4, 5))) siam_status
siam_bench_add(siam_bench *bench, const siam_bench_kind *kind, void *state, const char *format, ...);

/// An option of a layer by its name, as docs/encoders.md lists them.
int siam_bench_option(const siam_layer *layer, const char *name);

/// Frees what a row owns.
void siam_bench_case_clear(siam_bench_case *row);

/// Gives up on a row with a reason; it is not run.
__attribute__((format(printf, 2, 3))) void siam_bench_skip(siam_bench_case *row, const char *format, ...);

/// Gives up on a row because of the last error: it is reported with the others and not run again.
void siam_bench_fail(siam_bench_case *row);

/// Tells the caller that `what` is next, after `place` rows of the round; SIAM_INTERRUPTED where it asks to
/// stop.
siam_status siam_bench_tell(const siam_bench *bench, size_t place, const char *what);

/// Asks that a pool has `count` floats: while planning.
void siam_bench_reserve(siam_bench *bench, siam_bench_pool pool, size_t count);

/// The first `count` floats of a pool; fails where the device has not so much memory: while preparing.
siam_status siam_bench_take(siam_bench *bench, siam_bench_pool pool, size_t count, siam_view *view);

/// The model of an encoder, with first weights, made at the first call; rows share it. Owned by the
/// benchmark.
siam_status siam_bench_model(siam_bench *bench, size_t encoder, siam_model **model);

/// The folder for files that rows need, made at the first call in $TMPDIR or /tmp, closed to others. It goes
/// with all that is in it when the benchmark ends.
siam_status siam_bench_scratch(siam_bench *bench, const char **folder);
void siam_bench_remove_scratch(siam_bench *bench);

/// Adds the path of `name` in that folder to `path`.
siam_status siam_bench_place(siam_bench *bench, const char *name, siam_text *path);

/// Writes a made-up photograph of `side` × `side` pixels, in colour; the ending of `path` says the format:
/// .png, .jpg or .webp. Different numbers are different pictures.
siam_status siam_bench_write_picture(const char *path, int side, uint32_t number);

/// Writes two pictures to compare, of Omniglot's size, and their paths.
siam_status siam_bench_write_pair(siam_bench *bench, siam_text *a, siam_text *b);

/// Writes the engines noted on the tape and its number of commands, for `runs` things on it, to the row.
void siam_bench_describe(siam_bench_case *row, const siam_tape *tape, unsigned runs);

/// Adds the rows of the ceilings. They are first and in the order of FMA, copy, launch.
siam_status siam_bench_plan_ceilings(siam_bench *bench);

/// Measures FMA and copy, and keeps both as samples of their rows. With `launch`, starting kernels too.
siam_status siam_bench_probe(siam_bench *bench, bool launch);

/// Times `count` runs of a prepared row; writes the seconds of all and the processor time.
siam_status siam_bench_time(siam_bench *bench, siam_bench_case *row, uint64_t count, double *seconds,
                            double *cpu_seconds);

/// Chooses how many runs a sample has: enough for `target` seconds. It warms up at the same time.
siam_status siam_bench_calibrate(siam_bench *bench, siam_bench_case *row, double target);

siam_status siam_bench_keep_sample(siam_bench_case *row, const siam_bench_sample *sample);

/// Runs rounds until the time or their number is over.
siam_status siam_bench_run_rounds(siam_bench *bench);

/// Moves what was measured into a report of its own.
siam_status siam_bench_make_report(siam_bench *bench, siam_bench_report **report);

/// Medians, rates, shares and limit of a row from its samples; `launch`: seconds of an empty kernel.
siam_status siam_bench_summarise(siam_bench_case *row, double launch);

/// The limit of siam_bench_limit. `fma`, `copy`: FLOP/s, byte/s.
siam_bench_limit siam_bench_find_limit(const siam_bench_row *row, double fma, double copy, double launch);

/// Least, median and most of `count` numbers, which are sorted by it. The median of an even number is the
/// mean of the middle two.
siam_bench_spread siam_bench_spread_of(double *numbers, size_t count);

#endif
