#include "optim/optimizer.h"

#include "base/text.h"
#include "compute/map.h"

#include <math.h>
#include <string.h>

siam_status siam_sgd_add(const siam_optimizer_options *options, const siam_optimizer_batch *batch);
siam_status siam_adam_add(const siam_optimizer_options *options, const siam_optimizer_batch *batch);
siam_status siam_adamw_add(const siam_optimizer_options *options, const siam_optimizer_batch *batch);

const siam_optimizer_type siam_optimizer_types[] = {
    {"sgd", "stochastic gradient descent with momentum", 1, 0.01f, {.momentum = 0.9f}, siam_sgd_add},
    {"adam",
     "Adam (Kingma and Ba 2015)",
     2,
     0.001f,
     {.momentum = 0.9f, .second = 0.999f, .epsilon = 1e-8f},
     siam_adam_add},
    {"adamw",
     "Adam with decoupled weight decay (Loshchilov and Hutter 2019)",
     2,
     0.001f,
     {.momentum = 0.9f, .second = 0.999f, .epsilon = 1e-8f, .weight_decay = 0.01f},
     siam_adamw_add},
    {0}};

siam_status siam_optimizer_find(const char *name, const siam_optimizer_type **type) {
  siam_text names = {0};
  siam_status status = SIAM_OK;
  for (const siam_optimizer_type *row = siam_optimizer_types; row->name != NULL; row++) {
    siam_text_add(&names, "%s%s", row > siam_optimizer_types ? ", " : "", row->name);
    if (strcmp(row->name, name) != 0) continue;
    *type = row;
    goto cleanup;
  }
  status = siam_fail(SIAM_ERROR_ARGUMENT, "there is no optimizer '%s'; there are: %s", name,
                     names.bytes != NULL ? names.bytes : "");
cleanup:
  siam_text_clear(&names);
  return status;
}

/// The global norm in a fixed order: a sum of squares for each run of the buffer, then their sum.
static siam_status add_norm(const siam_optimizer_options *options, const siam_optimizer_batch *batch) {
  siam_device *device = siam_tape_device(batch->tape);
  siam_program *program = NULL;
  SIAM_RETURN_IF_FAILED(siam_program_get(device, "optimizer", "", &program));
  enum { RUN = 4096 };
  size_t runs = (batch->trained + RUN - 1) / RUN;
  siam_view sums = siam_tape_tensor(batch->tape, runs);
  siam_view gradients = siam_view_of_buffer(batch->gradients, 0, batch->trained);
  SIAM_RETURN_IF_FAILED(SIAM_LAUNCH(batch->tape, program, "gradient_squares", ((siam_grid){{runs}}),
                                    siam_arg(gradients), siam_arg(sums), siam_arg_int((int)batch->trained),
                                    siam_arg_int(RUN)));
  return SIAM_LAUNCH(batch->tape, program, "gradient_norm", ((siam_grid){{1}}), siam_arg(sums),
                     siam_arg(batch->norm), siam_arg_int((int)runs), siam_arg_float(options->clip));
}

siam_status siam_optimizer_add(const siam_optimizer_type *type, const siam_optimizer_options *options,
                               const siam_optimizer_batch *batch) {
  SIAM_RETURN_IF_FAILED(add_norm(options, batch));
  return type->add(options, batch);
}

float siam_schedule_rate(const siam_schedule *schedule, uint32_t step) {
  double rate = schedule->rate;
  if (step <= schedule->warmup) return (float)(rate * step / (schedule->warmup + 1.0));
  double done = step - 1 - schedule->warmup;
  switch (schedule->kind) {
  case SIAM_SCHEDULE_CONSTANT:
    return (float)rate;
  case SIAM_SCHEDULE_STEP:
    return (float)(rate * pow(schedule->factor, schedule->every > 0 ? floor(done / schedule->every) : 0));
  case SIAM_SCHEDULE_COSINE:
    break;
  }
  double length = schedule->steps > schedule->warmup ? schedule->steps - schedule->warmup : 1;
  return (float)(rate * 0.5 * (1 + cos(M_PI * (done < length ? done / length : 1))));
}

siam_status siam_schedule_find(const char *name, siam_schedule_kind *kind) {
  static const struct {
    const char *name;
    siam_schedule_kind kind;
  } rows[] = {
      {"cosine", SIAM_SCHEDULE_COSINE}, {"constant", SIAM_SCHEDULE_CONSTANT}, {"step", SIAM_SCHEDULE_STEP}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    if (strcmp(rows[i].name, name) != 0) continue;
    *kind = rows[i].kind;
    return SIAM_OK;
  }
  return siam_fail(SIAM_ERROR_ARGUMENT, "there is no schedule '%s'; there are: cosine, constant, step", name);
}
