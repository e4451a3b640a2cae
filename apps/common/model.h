/// Which model a command uses: a file, or the one in the library where none is named.
#ifndef SIAM_APPS_MODEL_H
#define SIAM_APPS_MODEL_H

#include "common/json.h"

#include <siamese/model.h>

/// Whether `path` stands for the default model: NULL, or "default" without a file of this name.
bool app_model_is_default(const char *path);

/// The file's model, or the default one where `path` is NULL, or "default" without a file of this name.
siam_status app_load_model(siam_device *device, const char *path, siam_model **model);

/// What a command's JSON says of it: the path, or "default".
json_t *app_model_json(const char *path);

#define APP_OPTION_MODEL(place)                                                                              \
  {                                                                                                          \
    .name = "model", .letter = 'm', .value = "MODEL", .text = (place),                                       \
    .help =                                                                                                  \
        "Model file from siamese-train. Default: the built-in one, which tells whether two pictures "        \
        "are one picture before and after edits; \"default\" names it, too, where no file has this name."    \
  }

#endif
