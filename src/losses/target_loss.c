#include "losses/target_loss.h"

#include "losses/mean_squared_error.h"

#include <string.h>

extern const siam_target_loss siam_target_loss_cross_entropy;

static siam_status add_mean_squared_error(const siam_target_batch *batch) {
  return siam_mean_squared_error_add(batch->tape, batch->output, batch->target, batch->gradient,
                                     batch->result);
}

static const siam_target_loss mean_squared_error = {.name = "mean_squared_error",
                                                    .add = add_mean_squared_error};

const siam_target_loss *const siam_target_losses[] = {&siam_target_loss_cross_entropy, &mean_squared_error,
                                                      NULL};

siam_status siam_target_loss_find(const char *name, const siam_target_loss **loss) {
  siam_text names = {0};
  for (size_t i = 0; siam_target_losses[i] != NULL; i++) {
    *loss = siam_target_losses[i];
    if (strcmp((*loss)->name, name) == 0) {
      siam_text_clear(&names);
      return SIAM_OK;
    }
    siam_text_add(&names, "%s%s", i > 0 ? ", " : "", (*loss)->name);
  }
  siam_status status = siam_text_status(&names);
  if (status == SIAM_OK)
    status = siam_fail(SIAM_ERROR_ARGUMENT, "there is no loss '%s' against targets; there are: %s", name,
                       names.bytes);
  siam_text_clear(&names);
  return status;
}
