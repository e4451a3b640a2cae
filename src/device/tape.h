/// A tape is the list of commands of one step: kernels with their arguments set, fills, copies, and calls of
/// libraries that enqueue by themselves. It is written once, sealed, and then run any number of times.
///
/// Tensors that live only within a run come from the tape itself. While commands are added they have no
/// memory; siam_tape_seal() sees from the commands when each is first and last used, lays them all out in one
/// arena so that tensors that are never alive together share memory, and only then sets the arguments.
#ifndef SIAM_DEVICE_TAPE_H
#define SIAM_DEVICE_TAPE_H

#include "device/program.h"

typedef struct siam_tape siam_tape;

/// A range of floats: in a device buffer, or in a tape's arena (tensor > 0). The zero value is "nothing".
typedef struct siam_view {
  cl_mem buffer;   ///< Set for a range of a buffer that outlives the tape.
  unsigned tensor; ///< 1 + number of the tape's tensor when `buffer` is NULL.
  size_t first;    ///< First element, counted from the start of the buffer or tensor.
  size_t count;    ///< Elements.
} siam_view;

static inline siam_view siam_view_of_buffer(cl_mem buffer, size_t first, size_t count) {
  return (siam_view){.buffer = buffer, .first = first, .count = count};
}
static inline bool siam_view_exists(siam_view view) {
  return view.buffer != NULL || view.tensor != 0;
}
/// The `count` elements from `first` on of `view`.
static inline siam_view siam_view_part(siam_view view, size_t first, size_t count) {
  view.first += first;
  view.count = count;
  return view;
}

siam_status siam_tape_create(siam_device *device, siam_tape **tape);
void siam_tape_destroy(siam_tape *tape);
siam_device *siam_tape_device(const siam_tape *tape);

/// A tensor of `count` floats in the arena. Its content is undefined until a command writes it. Running out
/// of host memory is reported by siam_tape_seal(), so that layers can ask without checking.
siam_view siam_tape_tensor(siam_tape *tape, size_t count);

/// A tensor that keeps its memory over the whole tape and between runs (a result the host reads).
siam_view siam_tape_lasting(siam_tape *tape, size_t count);

/// From now on every tensor is such a one, so that parts of a tape can be run again and again, as a benchmark
/// does.
void siam_tape_keep_tensors(siam_tape *tape);

/// A buffer with `count` floats that never change, such as a table of options; owned by the tape.
siam_status siam_tape_constants(siam_tape *tape, const float *values, size_t count, siam_view *view);

enum { SIAM_ARGUMENT_FIRSTS_COUNT = 4, SIAM_ARGUMENT_WORDS = 16 };

/// One kernel argument. A view becomes two: the buffer and the first element (VIEW in cl/common.clh). Drivers
/// of CPUs allocate memory for each argument of each launch, a tenth of a microsecond on PoCL, so kernels
/// that are started for little work take them in bundles: bases, firsts and words.
typedef struct siam_argument {
  enum {
    SIAM_ARGUMENT_VIEW,
    SIAM_ARGUMENT_BUFFER,
    SIAM_ARGUMENT_INT,
    SIAM_ARGUMENT_FLOAT,
    SIAM_ARGUMENT_BASE,
    SIAM_ARGUMENT_FIRSTS,
    SIAM_ARGUMENT_WORDS_16
  } kind;
  siam_view view;
  cl_mem buffer; ///< A plain buffer of any type: one argument.
  int integer;
  float real;
  cl_int words[SIAM_ARGUMENT_WORDS];
} siam_argument;

static inline siam_argument siam_arg(siam_view view) {
  return (siam_argument){.kind = SIAM_ARGUMENT_VIEW, .view = view};
}
static inline siam_argument siam_arg_buffer(cl_mem buffer) {
  return (siam_argument){.kind = SIAM_ARGUMENT_BUFFER, .buffer = buffer};
}
static inline siam_argument siam_arg_int(int value) {
  return (siam_argument){.kind = SIAM_ARGUMENT_INT, .integer = value};
}
static inline siam_argument siam_arg_float(float value) {
  return (siam_argument){.kind = SIAM_ARGUMENT_FLOAT, .real = value};
}
/// The buffer of a view without its first element; NULL in the kernel where the view is nothing.
static inline siam_argument siam_arg_base(siam_view view) {
  return (siam_argument){.kind = SIAM_ARGUMENT_BASE, .view = view};
}
/// A ulong4: the first elements of the launch's first four views.
static inline siam_argument siam_arg_firsts(void) {
  return (siam_argument){.kind = SIAM_ARGUMENT_FIRSTS};
}
/// An int16, of which a float is one by its bits (as_float() in the kernel).
static inline siam_argument siam_arg_words(const cl_int words[SIAM_ARGUMENT_WORDS]) {
  siam_argument argument = {.kind = SIAM_ARGUMENT_WORDS_16};
  for (int i = 0; i < SIAM_ARGUMENT_WORDS; i++) argument.words[i] = words[i];
  return argument;
}

/// How many work-items: `items` in each dimension, 0 meaning 1. The first is rounded up to the kernel's
/// group size LOCAL, so kernels check their index.
typedef struct siam_grid {
  size_t items[3];
} siam_grid;

/// Adds a kernel launch. Work-groups are LOCAL × 1 × 1.
siam_status siam_tape_kernel(siam_tape *tape, siam_program *program, const char *kernel, siam_grid grid,
                             const siam_argument *arguments, size_t count);

/// The same for a kernel with work-groups of its own, `group` × 1 × 1; the first dimension of the grid is a
/// multiple of it.
siam_status siam_tape_group_kernel(siam_tape *tape, siam_program *program, const char *kernel, size_t group,
                                   siam_grid grid, const siam_argument *arguments, size_t count);

/// `SIAM_LAUNCH(tape, program, "relu_forward", ((siam_grid){{n}}), siam_arg(x), siam_arg(y))`
#define SIAM_LAUNCH(tape, program, kernel, grid, ...)                                                        \
  siam_tape_kernel(tape, program, kernel, grid, (const siam_argument[]){__VA_ARGS__},                        \
                   sizeof((const siam_argument[]){__VA_ARGS__}) / sizeof(siam_argument))

#define SIAM_LAUNCH_GROUPS(tape, program, kernel, group, grid, ...)                                          \
  siam_tape_group_kernel(tape, program, kernel, group, grid, (const siam_argument[]){__VA_ARGS__},           \
                         sizeof((const siam_argument[]){__VA_ARGS__}) / sizeof(siam_argument))

/// Adds a fill of every element with `value`.
siam_status siam_tape_fill(siam_tape *tape, siam_view target, float value);

/// Adds a copy of `source` to `target`; both have the same count.
siam_status siam_tape_copy(siam_tape *tape, siam_view source, siam_view target);

/// A library that enqueues by itself (CLBlast). At run time `call` gets its own context and, for each of the
/// `count` views, where it lies. `release` frees the context with the tape (may be NULL).
typedef struct siam_place {
  cl_mem buffer;
  size_t first;
} siam_place;
typedef siam_status (*siam_tape_call_function)(siam_device *device, void *context, const siam_place *places);
siam_status siam_tape_call(siam_tape *tape, siam_tape_call_function call, void *context,
                           void (*release)(void *context), const siam_view *views, size_t count);

/// Promises that weights stay as they are for as long as the tape is used, for what is added from now on.
void siam_tape_keep_weights(siam_tape *tape);
bool siam_tape_keeps_weights(const siam_tape *tape);

/// Commands between these two depend on weights alone. Where those stay as they are, siam_tape_prepare() runs
/// them, once, and siam_tape_run() leaves them out; their tensors keep their memory.
void siam_tape_begin_once(siam_tape *tape);
void siam_tape_end_once(siam_tape *tape);

/// Lays out the arena, which siam_tape_memory() then tells about, without making it. Nothing can be added
/// afterwards.
siam_status siam_tape_lay_out(siam_tape *tape);

/// Lays out the arena where that was not done, makes it and sets all arguments. Nothing can be added
/// afterwards.
siam_status siam_tape_seal(siam_tape *tape);

/// Where a view lies, after sealing.
siam_place siam_tape_place(const siam_tape *tape, siam_view view);

/// Enqueues what is done once, if that was not done. siam_tape_run() calls it, too.
siam_status siam_tape_prepare(siam_tape *tape);

/// Enqueues every other command, in order, and flushes. Does not wait.
siam_status siam_tape_run(siam_tape *tape);

/// Commands so far: a place at which a run can be divided.
size_t siam_tape_mark(const siam_tape *tape);

/// Enqueues the commands from mark `first` up to mark `end` only, and flushes. Tensors keep their content
/// from one part to the next, but no longer: parts run in order, and none of them twice without those before
/// it, unless tensors are kept.
siam_status siam_tape_run_part(siam_tape *tape, size_t first, size_t end);

/// Notes the engine that a door of compute/ picked for commands it adds; `engine` is static. For those who
/// ask what a tape is made of, such as the benchmark.
void siam_tape_note(siam_tape *tape, const char *engine);

/// The engines noted, each once, in the order they were noted first; NULL past the last.
const char *siam_tape_engine(const siam_tape *tape, size_t index);

/// Bytes of the arena, and what the tensors would take side by side; after sealing.
void siam_tape_memory(const siam_tape *tape, size_t *arena_bytes, size_t *separate_bytes);

#endif
