#include "common/model.h"

siam_status app_load_model(siam_device *device, const char *path, siam_model **model) {
  return path != NULL ? siam_model_load(device, path, model) : siam_model_load_default(device, model);
}

json_t *app_model_json(const char *path) {
  return path != NULL ? app_json_text(path) : json_string("default");
}
