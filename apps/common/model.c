#include "common/model.h"

#include <string.h>
#include <unistd.h>

static const char default_model[] = "default";

bool app_model_is_default(const char *path) {
  return path == NULL || (strcmp(path, default_model) == 0 && access(path, F_OK) != 0);
}

siam_status app_load_model(siam_device *device, const char *path, siam_model **model) {
  return app_model_is_default(path) ? siam_model_load_default(device, model)
                                    : siam_model_load(device, path, model);
}

json_t *app_model_json(const char *path) {
  return app_model_is_default(path) ? json_string(default_model) : app_json_text(path);
}
