#include "base/clock.h"
#include "base/csv.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/npy.h"
#include "base/outputs.h"
#include "pipeline/looks.h"

#include <siamese/embed.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/// All that embedding a collection needs.
typedef struct collection {
  siam_dataset *dataset;
  siam_images *images;
  siam_looks looks;
  size_t rows, views; ///< Of all pictures, of each.
} collection;

static bool ends_in(const char *path, const char *ending) {
  size_t length = strlen(path), tail = strlen(ending);
  return length > tail && strcmp(path + length - tail, ending) == 0;
}

static siam_status embed_all(siam_model *model, const siam_embed_options *options, collection *all) {
  siam_telling telling = {options->preparing, options->context, "reading pictures"};
  siam_images_options images = {.picture = {.decoders = options->decoders},
                                .logger = options->logger,
                                .progress = siam_tell,
                                .progress_context = &telling};
  SIAM_RETURN_IF_FAILED(siam_looks_shape(model, &images.shape));
  SIAM_RETURN_IF_FAILED(siam_images_open(all->dataset, &images, &all->images));
  const siam_views *views = NULL;
  SIAM_RETURN_IF_FAILED(siam_views_of_model(model, &views));
  // Averaged views are what the embedding is; of others the whole may do.
  if (!options->views && siam_views_rows(views) > 1) views = NULL;
  telling.what = "embedding";
  SIAM_RETURN_IF_FAILED(siam_looks_take(model, views, all->images, options->batch, &telling, &all->looks));
  all->views = siam_views_rows(views);
  all->rows = all->looks.count * all->views;
  return SIAM_OK;
}

/// The name of a matrix with .txt in place of .npy.
static siam_status name_list(const char *output, siam_text *name) {
  siam_text_add(name, "%.*s.txt", (int)(strlen(output) - strlen(".npy")), output);
  return siam_text_status(name);
}

/// The list beside a matrix has no mark of its own: one that is there without the matrix is somebody else's.
static siam_status check_list(const char *output, const char *list) {
  SIAM_RETURN_IF_FAILED(siam_file_check_place(list));
  if (access(list, F_OK) != 0 || access(output, F_OK) == 0) return SIAM_OK;
  return siam_fail(SIAM_ERROR_FILE,
                   "%s: is there already, and the list of paths beside %s would replace it; move it away or "
                   "name another file",
                   list, output);
}

static const char *path_of(const collection *all, size_t row) {
  return siam_dataset_get_image_path(all->dataset, (uint32_t)(row / all->views));
}

/// Finds out before the work whether its result can be written.
static siam_status check_places(const char *output, bool npy) {
  SIAM_RETURN_IF_FAILED(siam_file_check_place(output));
  SIAM_RETURN_IF_FAILED(siam_file_check_kind(output, 0, npy ? "\x93NUMPY" : "path,e0",
                                             npy ? "NumPy file" : "file of embeddings"));
  if (!npy) return SIAM_OK;
  siam_text name = {0};
  siam_status status = name_list(output, &name);
  if (status == SIAM_OK) status = check_list(output, name.bytes);
  if (status == SIAM_OK)
    status =
        siam_outputs_check((siam_output[]){{output, "the matrix"}, {name.bytes, "its list of paths"}}, 2);
  siam_text_clear(&name);
  return status;
}

/// The paths, a line each, under the name of the matrix with .txt in place of .npy.
static siam_status write_paths(const collection *all, const char *output) {
  siam_status status = SIAM_OK;
  siam_text name = {0}, lines = {0};
  for (size_t i = 0; i < all->rows; i++) {
    const char *path = path_of(all, i);
    if (strchr(path, '\n') != NULL) {
      status = siam_fail(SIAM_ERROR_ARGUMENT,
                         "%s: a path with a line end cannot stand in a list of lines; write "
                         "a .csv instead",
                         path);
      goto cleanup;
    }
    siam_text_add(&lines, "%s\n", path);
  }
  SIAM_TRY(name_list(output, &name));
  SIAM_TRY(siam_text_status(&lines));
  SIAM_TRY(siam_file_replace(name.bytes, lines.bytes != NULL ? lines.bytes : "", lines.length));
cleanup:
  siam_text_clear(&name);
  siam_text_clear(&lines);
  return status;
}

static siam_status write_npy(const collection *all, const char *output) {
  siam_npy_writer *writer = NULL;
  SIAM_RETURN_IF_FAILED(siam_npy_begin(output, all->rows, all->looks.dimensions, NULL, &writer));
  siam_status status = siam_npy_add(writer, all->looks.values, all->rows);
  if (status == SIAM_OK) status = write_paths(all, output);
  if (status != SIAM_OK) {
    siam_npy_abandon(writer);
    return status;
  }
  return siam_npy_commit(writer);
}

static siam_status write_csv(const collection *all, const char *output) {
  siam_text text = {0};
  siam_csv_add(&text, "path");
  for (size_t d = 0; d < all->looks.dimensions; d++) {
    char column[32];
    snprintf(column, sizeof column, "e%zu", d);
    siam_csv_add(&text, column);
  }
  siam_csv_end_row(&text);
  for (size_t i = 0; i < all->rows; i++) {
    siam_csv_add(&text, path_of(all, i));
    for (size_t d = 0; d < all->looks.dimensions; d++)
      siam_csv_add_float(&text, all->looks.values[i * all->looks.dimensions + d]);
    siam_csv_end_row(&text);
  }
  siam_status status = siam_text_status(&text);
  if (status == SIAM_OK) status = siam_file_replace(output, text.bytes, text.length);
  siam_text_clear(&text);
  return status;
}

siam_status siam_embed(siam_model *model, const char *const *paths, size_t count, const char *output,
                       const siam_embed_options *options, siam_embed_report *report) {
  static const siam_embed_options standard;
  if (options == NULL) options = &standard;
  siam_status status = SIAM_OK;
  collection all = {0};
  double start = siam_seconds();
  bool npy = ends_in(output, ".npy");
  if (!npy && !ends_in(output, ".csv"))
    return siam_fail(SIAM_ERROR_ARGUMENT, "%s: embeddings are written as .npy or .csv; end the name in one",
                     output);
  SIAM_TRY(check_places(output, npy));
  siam_dataset_options collect = {.logger = options->logger};
  SIAM_TRY(siam_dataset_collect(paths, count, &collect, &all.dataset));
  SIAM_TRY(embed_all(model, options, &all));
  SIAM_TRY(npy ? write_npy(&all, output) : write_csv(&all, output));
  *report = (siam_embed_report){.images = all.looks.count,
                                .broken = siam_images_get_facts(all.images)->broken,
                                .embedding = (int)all.looks.dimensions,
                                .views = (uint32_t)all.views,
                                .part_factor = siam_views_part_factor(all.looks.views),
                                .batch = all.looks.batch,
                                .seconds = siam_seconds() - start};
  for (uint32_t view = 0; view < all.views; view++)
    report->against[view] = siam_views_against(all.looks.views, view);
cleanup:
  siam_images_destroy(all.images);
  siam_dataset_destroy(all.dataset);
  siam_looks_clear(&all.looks);
  return status;
}
