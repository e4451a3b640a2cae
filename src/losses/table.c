#include "losses/loss.h"

#include "base/text.h"

#include <string.h>

siam_status siam_loss_contrastive_add(const siam_loss_options *options, const siam_loss_batch *batch);

const siam_loss_type siam_loss_types[] = {
    {"contrastive", "pulls same pairs together, pushes different ones out to the margin", 1.0f,
     siam_loss_contrastive_add},
    {0}};

siam_status siam_loss_find(const char *name, const siam_loss_type **type) {
  siam_text names = {0};
  siam_status status = SIAM_OK;
  for (const siam_loss_type *row = siam_loss_types; row->name != NULL; row++) {
    siam_text_add(&names, "%s%s", row > siam_loss_types ? ", " : "", row->name);
    if (strcmp(row->name, name) != 0) continue;
    *type = row;
    goto cleanup;
  }
  status = siam_fail(SIAM_ERROR_ARGUMENT, "there is no loss '%s'; there are: %s", name,
                     names.bytes != NULL ? names.bytes : "");
cleanup:
  siam_text_clear(&names);
  return status;
}
