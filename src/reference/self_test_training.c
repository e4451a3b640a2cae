// What only training has: losses, optimisers, the average of weights, and pictures that are varied.
#include "reference/augment_check.h"
#include "reference/average_check.h"
#include "reference/contrastive_check.h"
#include "reference/loss_case.h"
#include "reference/optimizer_check.h"
#include "reference/self_test_rows.h"
#include "reference/target_loss_check.h"

#include <math.h>

/// Rows, dimensions and classes of the batches: few and odd ones, and as many as a work-group and more.
static const int batches[][3] = {{2, 3, 1}, {7, 17, 3}, {33, 65, 9}, {64, 64, 16}};

/// Losses with options that take kernels of their own.
static const struct {
  const siam_loss_reference *reference;
  const char *loss;
} variants[] = {{&siam_margin_reference, "margin learn=class"}};

static siam_status check_loss(siam_device *device, const siam_loss_reference *reference, const char *loss,
                              siam_product_result *result) {
  static siam_loss_case c;
  static siam_loss_outcome outcome;
  for (size_t b = 0; b < sizeof batches / sizeof *batches; b++) {
    const siam_loss_worked *w =
        siam_loss_fill_surely(reference, &c, loss, batches[b][0], batches[b][1], batches[b][2]);
    SIAM_RETURN_IF_FAILED(siam_loss_execute(device, &c, &outcome));
    siam_loss_compare(&c, w, &outcome, result);
  }
  return SIAM_OK;
}

static siam_status check_contrastive(siam_device *device, siam_product_result *result) {
  static siam_contrastive_batch batch;
  for (int all = 0; all < 2; all++)
    for (size_t b = 0; b < sizeof batches / sizeof *batches; b++) {
      batch = (siam_contrastive_batch){.pairing = all != 0 ? SIAM_PAIRING_ALL : SIAM_PAIRING_DRAWN,
                                       .rows = batches[b][0] / 2 * 2,
                                       .dimensions = batches[b][1]};
      // About half of the different pairs lie inside of the margin.
      batch.margin = 1.5F * sqrtf((float)batch.dimensions);
      siam_contrastive_fill(&batch, 1, batches[b][2], (uint32_t)b + 1);
      SIAM_RETURN_IF_FAILED(siam_contrastive_check(device, &batch, result));
    }
  return SIAM_OK;
}

static siam_status test_loss(siam_self_test_run *test, const siam_loss_reference *reference,
                             const char *loss) {
  siam_self_test_row *row = NULL;
  bool reached = false;
  siam_product_result result = {0};
  SIAM_RETURN_IF_FAILED(siam_self_test_begin(test, &row, &reached, "loss %s", loss));
  if (reached) siam_self_test_end(test, row, check_loss(test->device, reference, loss, &result), &result);
  return SIAM_OK;
}

static siam_status test_losses(siam_self_test_run *test) {
  siam_self_test_row *contrastive = NULL;
  bool has_time = false;
  siam_product_result found = {0};
  SIAM_RETURN_IF_FAILED(siam_self_test_begin(test, &contrastive, &has_time, "loss contrastive"));
  if (has_time) siam_self_test_end(test, contrastive, check_contrastive(test->device, &found), &found);
  for (size_t i = 0; siam_loss_references[i] != NULL; i++)
    SIAM_RETURN_IF_FAILED(test_loss(test, siam_loss_references[i], siam_loss_references[i]->name));
  for (size_t i = 0; i < sizeof variants / sizeof *variants; i++)
    SIAM_RETURN_IF_FAILED(test_loss(test, variants[i].reference, variants[i].loss));
  return SIAM_OK;
}

/// Outputs near each other and far apart; columns beside and above what a work-group has.
static siam_status check_target_loss(siam_device *device, const siam_target_loss *loss,
                                     siam_product_result *result) {
  static const struct {
    int rows, columns;
    float scale;
  } shapes[] = {{1, 1, 1}, {5, 17, 10}, {33, 65, 1}, {2, 5003, 10}};
  for (uint32_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
    SIAM_RETURN_IF_FAILED(siam_target_loss_check(device, loss, shapes[s].rows, shapes[s].columns,
                                                 shapes[s].scale, s + 1, result));
  return SIAM_OK;
}

static siam_status test_target_losses(siam_self_test_run *test) {
  for (size_t i = 0; siam_target_losses[i] != NULL; i++) {
    siam_self_test_row *row = NULL;
    bool reached = false;
    siam_product_result result = {0};
    SIAM_RETURN_IF_FAILED(siam_self_test_begin(test, &row, &reached, "loss %s", siam_target_losses[i]->name));
    if (reached)
      siam_self_test_end(test, row, check_target_loss(test->device, siam_target_losses[i], &result), &result);
  }
  return SIAM_OK;
}

static siam_status check_optimizer(siam_device *device, const siam_optimizer_type *type,
                                   siam_product_result *result) {
  static const size_t sizes[][2] = {{0, 16}, {48, 80}, {16 * 300, 16 * 700}};
  static siam_optimizer_trace trace;
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    trace = (siam_optimizer_trace){.name = type->name,
                                   .options = type->standard,
                                   .decayed = sizes[s][0],
                                   .trained = sizes[s][1],
                                   .scale = 1};
    trace.options.clip = 1;
    SIAM_RETURN_IF_FAILED(siam_optimizer_check(device, &trace, result));
  }
  return SIAM_OK;
}

static siam_status test_optimizers(siam_self_test_run *test) {
  for (const siam_optimizer_type *type = siam_optimizer_types; type->name != NULL; type++) {
    siam_self_test_row *row = NULL;
    bool reached = false;
    siam_product_result result = {0};
    SIAM_RETURN_IF_FAILED(siam_self_test_begin(test, &row, &reached, "optimizer %s", type->name));
    if (reached) siam_self_test_end(test, row, check_optimizer(test->device, type, &result), &result);
  }
  return SIAM_OK;
}

static siam_status test_average(siam_self_test_run *test) {
  siam_self_test_row *row = NULL;
  bool reached = false;
  siam_product_result result = {0};
  SIAM_RETURN_IF_FAILED(siam_self_test_begin(test, &row, &reached, "average of weights"));
  if (reached)
    siam_self_test_end(test, row, siam_average_check(test->device, 4096 + 37, 0.999F, &result), &result);
  return SIAM_OK;
}

static siam_status check_augmentation(siam_device *device, const siam_augment_options *options,
                                      siam_product_result *result) {
  static const siam_augment_shape shapes[] = {
      {.height = 28, .width = 28, .channels = 1, .images = 5, .mean = {0.9F}, .deviation = {0.25F}},
      {.height = 19,
       .width = 19,
       .channels = 3,
       .images = 3,
       .first = 4,
       .mean = {0.4F, 0.5F, 0.6F},
       .deviation = {0.2F, 0.3F, 0.25F}}};
  for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
    SIAM_RETURN_IF_FAILED(siam_augment_check_device(device, options, &shapes[s], result));
  return SIAM_OK;
}

static siam_status test_augmentation(siam_self_test_run *test) {
  for (const siam_augment_set *set = siam_augment_sets; set->name != NULL; set++) {
    siam_self_test_row *row = NULL;
    bool reached = false;
    siam_product_result result = {0};
    SIAM_RETURN_IF_FAILED(siam_self_test_begin(test, &row, &reached, "augmentation %s", set->name));
    if (reached)
      siam_self_test_end(test, row, check_augmentation(test->device, &set->options, &result), &result);
  }
  return SIAM_OK;
}

siam_status siam_self_test_training(siam_self_test_run *test) {
  SIAM_RETURN_IF_FAILED(test_losses(test));
  SIAM_RETURN_IF_FAILED(test_target_losses(test));
  SIAM_RETURN_IF_FAILED(test_optimizers(test));
  SIAM_RETURN_IF_FAILED(test_average(test));
  return test_augmentation(test);
}
