#include "device/tape.h"

#include "base/memory.h"
#include "device/arena.h"

#include <string.h>

typedef enum command_kind { COMMAND_KERNEL, COMMAND_FILL, COMMAND_COPY, COMMAND_CALL } command_kind;

typedef struct tape_command {
  command_kind kind;
  siam_argument *arguments; ///< COMMAND_KERNEL
  siam_view *views;   ///< What the command touches: its kernel views, fill target, copy ends, call views.
  siam_place *places; ///< Where those lie, after sealing.
  size_t argument_count, view_count;
  cl_kernel kernel;
  size_t global[3], local[3];
  float value; ///< COMMAND_FILL
  bool once;   ///< Run by siam_tape_prepare().
  siam_tape_call_function call;
  void *context;
  void (*release)(void *context);
} tape_command;

enum { MOST_ENGINES = 8 };

struct siam_tape {
  siam_device *device;
  tape_command *commands;
  size_t count, capacity;
  siam_arena arena;
  cl_mem memory;        ///< The arena's, after sealing.
  siam_view *constants; ///< Whole buffers, of siam_tape_constants().
  size_t constant_count, constant_capacity;
  size_t floats; ///< Of the arena, once laid out.
  bool laid_out, sealed;
  bool keeps_weights, keeps_tensors;
  bool once;                         ///< Commands that are added now are done once.
  bool prepared;                     ///< Those are done.
  const char *engines[MOST_ENGINES]; ///< Those noted, then NULLs.
};

siam_status siam_tape_create(siam_device *device, siam_tape **tape) {
  siam_tape *made = siam_allocate(1, sizeof *made);
  if (made == NULL) return SIAM_ERROR_MEMORY;
  made->device = device;
  *tape = made;
  return SIAM_OK;
}

static void command_release(tape_command *command) {
  if (command->kernel != NULL) clReleaseKernel(command->kernel);
  if (command->release != NULL) command->release(command->context);
  siam_free(command->arguments);
  siam_free(command->views);
  siam_free(command->places);
}

void siam_tape_destroy(siam_tape *tape) {
  if (tape == NULL) return;
  // Commands may still be under way with the arena in their arguments.
  if (tape->sealed) clFinish(tape->device->queue);
  for (size_t i = 0; i < tape->count; i++) command_release(&tape->commands[i]);
  siam_buffer_release(tape->device, tape->memory);
  for (size_t i = 0; i < tape->constant_count; i++)
    siam_buffer_release(tape->device, tape->constants[i].buffer);
  siam_free(tape->constants);
  siam_free(tape->commands);
  siam_arena_clear(&tape->arena);
  siam_free(tape);
}

siam_device *siam_tape_device(const siam_tape *tape) {
  return tape->device;
}

siam_view siam_tape_tensor(siam_tape *tape, size_t count) {
  unsigned number = siam_arena_add(&tape->arena, count);
  if (tape->keeps_tensors) siam_arena_keep(&tape->arena, number);
  return (siam_view){.tensor = number + 1, .count = count};
}

void siam_tape_keep_tensors(siam_tape *tape) {
  tape->keeps_tensors = true;
}

siam_view siam_tape_lasting(siam_tape *tape, size_t count) {
  siam_view view = siam_tape_tensor(tape, count);
  siam_arena_keep(&tape->arena, view.tensor - 1);
  return view;
}

siam_status siam_tape_constants(siam_tape *tape, const float *values, size_t count, siam_view *view) {
  SIAM_RETURN_IF_FAILED(SIAM_GROW(tape->constants, tape->constant_count, tape->constant_capacity));
  cl_mem buffer = NULL;
  SIAM_RETURN_IF_FAILED(siam_buffer_create(tape->device, count, &buffer));
  *view = siam_view_of_buffer(buffer, 0, count);
  tape->constants[tape->constant_count++] = *view;
  return siam_buffer_write(tape->device, buffer, 0, count, values);
}

/// Appends a command with room for its views, and lets the arena note their use.
static siam_status append(siam_tape *tape, command_kind kind, const siam_view *views, size_t view_count,
                          tape_command **appended) {
  if (tape->laid_out) return siam_fail(SIAM_ERROR_ARGUMENT, "a sealed tape takes no more commands");
  SIAM_RETURN_IF_FAILED(SIAM_GROW(tape->commands, tape->count, tape->capacity));
  tape_command *added = &tape->commands[tape->count];
  *added = (tape_command){.kind = kind, .view_count = view_count, .once = tape->once};
  added->views = siam_allocate(view_count, sizeof *added->views);
  added->places = siam_allocate(view_count, sizeof *added->places);
  tape->count++;
  if (added->views == NULL || added->places == NULL) return SIAM_ERROR_MEMORY;
  for (size_t i = 0; i < view_count; i++) {
    added->views[i] = views[i];
    if (views[i].tensor == 0) continue;
    siam_arena_use(&tape->arena, views[i].tensor - 1, tape->count);
    if (tape->once) siam_arena_keep(&tape->arena, views[i].tensor - 1);
  }
  *appended = added;
  return SIAM_OK;
}

siam_status siam_tape_group_kernel(siam_tape *tape, siam_program *program, const char *kernel, size_t group,
                                   siam_grid grid, const siam_argument *arguments, size_t count) {
  enum { MOST_VIEWS = 32 };
  siam_view views[MOST_VIEWS];
  size_t view_count = 0;
  for (size_t i = 0; i < count; i++) {
    if (arguments[i].kind != SIAM_ARGUMENT_VIEW && arguments[i].kind != SIAM_ARGUMENT_BASE) continue;
    if (view_count == MOST_VIEWS) return siam_fail(SIAM_ERROR_ARGUMENT, "%s: too many views", kernel);
    views[view_count++] = arguments[i].view;
  }
  tape_command *added = NULL;
  SIAM_RETURN_IF_FAILED(append(tape, COMMAND_KERNEL, views, view_count, &added));
  added->arguments = siam_allocate(count, sizeof *arguments);
  if (added->arguments == NULL) return SIAM_ERROR_MEMORY;
  memcpy(added->arguments, arguments, count * sizeof *arguments);
  added->argument_count = count;
  for (int d = 0; d < 3; d++) {
    added->local[d] = d == 0 ? group : 1;
    size_t items = grid.items[d] > 0 ? grid.items[d] : 1;
    added->global[d] = (items + added->local[d] - 1) / added->local[d] * added->local[d];
  }
  return siam_program_kernel(program, kernel, &added->kernel);
}

siam_status siam_tape_kernel(siam_tape *tape, siam_program *program, const char *kernel, siam_grid grid,
                             const siam_argument *arguments, size_t count) {
  return siam_tape_group_kernel(tape, program, kernel, tape->device->traits.group_size, grid, arguments,
                                count);
}

siam_status siam_tape_fill(siam_tape *tape, siam_view target, float value) {
  tape_command *added = NULL;
  SIAM_RETURN_IF_FAILED(append(tape, COMMAND_FILL, &target, 1, &added));
  added->value = value;
  return SIAM_OK;
}

siam_status siam_tape_copy(siam_tape *tape, siam_view source, siam_view target) {
  if (source.count != target.count)
    return siam_fail(SIAM_ERROR_ARGUMENT, "a copy of %zu elements to %zu", source.count, target.count);
  const siam_view ends[2] = {source, target};
  tape_command *added = NULL;
  return append(tape, COMMAND_COPY, ends, 2, &added);
}

siam_status siam_tape_call(siam_tape *tape, siam_tape_call_function call, void *context,
                           void (*release)(void *context), const siam_view *views, size_t count) {
  tape_command *added = NULL;
  siam_status status = append(tape, COMMAND_CALL, views, count, &added);
  if (status != SIAM_OK) {
    if (release != NULL) release(context);
    return status;
  }
  added->call = call;
  added->context = context;
  added->release = release;
  return SIAM_OK;
}

void siam_tape_keep_weights(siam_tape *tape) {
  tape->keeps_weights = true;
}

bool siam_tape_keeps_weights(const siam_tape *tape) {
  return tape->keeps_weights;
}

void siam_tape_begin_once(siam_tape *tape) {
  tape->once = tape->keeps_weights;
}

void siam_tape_end_once(siam_tape *tape) {
  tape->once = false;
}

siam_place siam_tape_place(const siam_tape *tape, siam_view view) {
  if (view.tensor == 0) return (siam_place){view.buffer, view.first};
  return (siam_place){tape->memory, siam_arena_offset(&tape->arena, view.tensor - 1) + view.first};
}

static siam_status set_argument(cl_kernel kernel, cl_uint *index, size_t bytes, const void *value) {
  return siam_opencl(clSetKernelArg(kernel, (*index)++, bytes, value), "set a kernel argument");
}

static siam_status set_firsts(const tape_command *command, cl_uint *index) {
  cl_ulong firsts[SIAM_ARGUMENT_FIRSTS_COUNT] = {0};
  for (size_t i = 0; i < command->view_count && i < SIAM_ARGUMENT_FIRSTS_COUNT; i++)
    firsts[i] = command->places[i].first;
  return set_argument(command->kernel, index, sizeof firsts, firsts);
}

static siam_status set_arguments(const tape_command *command) {
  cl_uint index = 0;
  size_t view = 0;
  for (size_t i = 0; i < command->argument_count; i++) {
    const siam_argument *argument = &command->arguments[i];
    switch (argument->kind) {
    case SIAM_ARGUMENT_VIEW: {
      const siam_place *place = &command->places[view++];
      cl_ulong first = place->first;
      SIAM_RETURN_IF_FAILED(set_argument(command->kernel, &index, sizeof(cl_mem), &place->buffer));
      SIAM_RETURN_IF_FAILED(set_argument(command->kernel, &index, sizeof first, &first));
      break;
    }
    case SIAM_ARGUMENT_BUFFER:
      SIAM_RETURN_IF_FAILED(set_argument(command->kernel, &index, sizeof(cl_mem), &argument->buffer));
      break;
    case SIAM_ARGUMENT_INT:
      SIAM_RETURN_IF_FAILED(set_argument(command->kernel, &index, sizeof(cl_int), &argument->integer));
      break;
    case SIAM_ARGUMENT_FLOAT:
      SIAM_RETURN_IF_FAILED(set_argument(command->kernel, &index, sizeof(cl_float), &argument->real));
      break;
    case SIAM_ARGUMENT_BASE:
      SIAM_RETURN_IF_FAILED(
          set_argument(command->kernel, &index, sizeof(cl_mem), &command->places[view++].buffer));
      break;
    case SIAM_ARGUMENT_FIRSTS:
      SIAM_RETURN_IF_FAILED(set_firsts(command, &index));
      break;
    case SIAM_ARGUMENT_WORDS_16:
      SIAM_RETURN_IF_FAILED(set_argument(command->kernel, &index, sizeof argument->words, argument->words));
      break;
    }
  }
  return SIAM_OK;
}

siam_status siam_tape_lay_out(siam_tape *tape) {
  if (tape->laid_out) return SIAM_OK;
  SIAM_RETURN_IF_FAILED(siam_arena_lay_out(&tape->arena, tape->count, &tape->floats));
  tape->laid_out = true;
  return SIAM_OK;
}

siam_status siam_tape_seal(siam_tape *tape) {
  SIAM_RETURN_IF_FAILED(siam_tape_lay_out(tape));
  const size_t floats = tape->floats;
  const uint64_t most = tape->device->traits.allocation_bytes;
  if (floats > most / sizeof(float))
    return siam_fail(
        SIAM_ERROR_DEVICE, "the step needs %.1f MiB in one piece and %s gives %.1f MiB; use a smaller batch",
        (double)floats * sizeof(float) / 1048576, tape->device->info.name, (double)most / 1048576);
  SIAM_RETURN_IF_FAILED(siam_buffer_create(tape->device, floats > 0 ? floats : 1, &tape->memory));
  for (size_t i = 0; i < tape->count; i++) {
    tape_command *command = &tape->commands[i];
    for (size_t v = 0; v < command->view_count; v++)
      command->places[v] = siam_tape_place(tape, command->views[v]);
    if (command->kind == COMMAND_KERNEL) SIAM_RETURN_IF_FAILED(set_arguments(command));
  }
  tape->sealed = true;
  return SIAM_OK;
}

static siam_status run_command(siam_device *device, const tape_command *command) {
  const siam_place *places = command->places;
  const siam_view *views = command->views;
  switch (command->kind) {
  case COMMAND_KERNEL:
    return siam_opencl(clEnqueueNDRangeKernel(device->queue, command->kernel, 3, NULL, command->global,
                                              command->local, 0, NULL, NULL),
                       "start a kernel");
  case COMMAND_FILL:
    if (views[0].count == 0) return SIAM_OK;
    return siam_opencl(clEnqueueFillBuffer(device->queue, places[0].buffer, &command->value, sizeof(float),
                                           places[0].first * sizeof(float), views[0].count * sizeof(float), 0,
                                           NULL, NULL),
                       "fill a buffer");
  case COMMAND_COPY:
    if (views[0].count == 0) return SIAM_OK;
    return siam_opencl(clEnqueueCopyBuffer(device->queue, places[0].buffer, places[1].buffer,
                                           places[0].first * sizeof(float), places[1].first * sizeof(float),
                                           views[0].count * sizeof(float), 0, NULL, NULL),
                       "copy a buffer");
  case COMMAND_CALL:
    return command->call(device, command->context, places);
  }
  return SIAM_OK;
}

size_t siam_tape_mark(const siam_tape *tape) {
  return tape->count;
}

/// Of the commands from mark `first` up to mark `end`, those that are done once, or the others.
static siam_status run_commands(siam_tape *tape, size_t first, size_t end, bool once) {
  for (size_t i = first; i < end; i++)
    if (tape->commands[i].once == once) SIAM_RETURN_IF_FAILED(run_command(tape->device, &tape->commands[i]));
  return siam_opencl(clFlush(tape->device->queue), "hand the commands to the device");
}

siam_status siam_tape_prepare(siam_tape *tape) {
  if (tape->prepared) return SIAM_OK;
  SIAM_RETURN_IF_FAILED(run_commands(tape, 0, tape->count, true));
  tape->prepared = true;
  return SIAM_OK;
}

siam_status siam_tape_run_part(siam_tape *tape, size_t first, size_t end) {
  return run_commands(tape, first, end, false);
}

siam_status siam_tape_run(siam_tape *tape) {
  SIAM_RETURN_IF_FAILED(siam_tape_prepare(tape));
  return siam_tape_run_part(tape, 0, tape->count);
}

void siam_tape_note(siam_tape *tape, const char *engine) {
  for (int i = 0; i < MOST_ENGINES; i++) {
    if (tape->engines[i] != NULL && strcmp(tape->engines[i], engine) != 0) continue;
    tape->engines[i] = engine;
    return;
  }
}

const char *siam_tape_engine(const siam_tape *tape, size_t index) {
  return index < MOST_ENGINES ? tape->engines[index] : NULL;
}

void siam_tape_memory(const siam_tape *tape, size_t *arena_bytes, size_t *separate_bytes) {
  siam_arena_size(&tape->arena, arena_bytes, separate_bytes);
  *arena_bytes *= sizeof(float);
  *separate_bytes *= sizeof(float);
}
