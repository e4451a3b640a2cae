#include "pipeline/leakage.h"

#include "base/memory.h"
#include "data/parallel.h"
#include "pipeline/alike.h"
#include "pipeline/embedder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Training pictures that the model proposes for each test picture.
enum { PROPOSALS = 3 };

/// Both sides; `training` has the model and the options of `test`.
typedef struct leak_search {
  const siam_judgement *test;
  siam_judgement training;
  bool *known;                      ///< [test pictures], exact or near.
  uint32_t (*proposals)[PROPOSALS]; ///< [test pictures], nearest first.
  size_t capacity;
  siam_leakage found;
} leak_search;

const char *siam_leak_kind_name(siam_leak_kind kind) {
  static const char *const names[] = {
      [SIAM_LEAK_EXACT] = "exact", [SIAM_LEAK_NEAR] = "near", [SIAM_LEAK_ALIKE] = "alike"};
  return names[kind];
}

double siam_picture_correlation(const uint8_t *a, const uint8_t *b, size_t count) {
  double square_a = 0, square_b = 0, product = 0;
  uint64_t sum_a = 0, sum_b = 0;
  for (size_t i = 0; i < count; i++) {
    sum_a += a[i];
    sum_b += b[i];
  }
  double mean_a = (double)sum_a / (double)count, mean_b = (double)sum_b / (double)count;
  for (size_t i = 0; i < count; i++) {
    double off_a = a[i] - mean_a, off_b = b[i] - mean_b;
    square_a += off_a * off_a;
    square_b += off_b * off_b;
    product += off_a * off_b;
  }
  return square_a > 0 && square_b > 0 ? product / sqrt(square_a * square_b) : 0;
}

static siam_status add(leak_search *search, const siam_leak *leak) {
  siam_leakage *found = &search->found;
  size_t count = found->leak_count;
  SIAM_RETURN_IF_FAILED(SIAM_GROW(found->leaks, count, search->capacity));
  siam_leak *added = &found->leaks[found->leak_count++];
  *added = *leak;
  added->path = siam_copy_text(leak->path);
  added->training_path = siam_copy_text(leak->training_path);
  return added->path != NULL && added->training_path != NULL ? SIAM_OK : SIAM_ERROR_MEMORY;
}

static int compare_paths(const void *left, const void *right) {
  return strcmp(*(char *const *)left, *(char *const *)right);
}

/// The data set's check finds equal contents; findings name paths, and ours are sorted to find them again.
static siam_status find_exact(leak_search *search) {
  siam_status status = SIAM_OK;
  const siam_dataset *test = search->test->dataset;
  siam_check_report *report = NULL;
  siam_telling telling = {search->test->options->preparing, search->test->options->context,
                          "comparing contents"};
  siam_check_options check = {.validation = test, .progress = siam_tell, .progress_context = &telling};
  char **paths = NULL;
  size_t count = 0;
  SIAM_TRY(siam_dataset_check(search->training.dataset, &check, &report));
  SIAM_TRY_ALLOCATE(paths, report->finding_count);
  for (uint32_t i = 0; i < report->finding_count; i++) {
    const siam_finding *finding = &report->findings[i];
    if (finding->kind != SIAM_FINDING_LEAK) continue;
    siam_leak leak = {.path = (char *)finding->path,
                      .training_path = (char *)finding->other,
                      .kind = SIAM_LEAK_EXACT,
                      .correlation = 1};
    SIAM_TRY(add(search, &leak));
    paths[count++] = (char *)finding->path;
  }
  if (count > 0) qsort(paths, count, sizeof *paths, compare_paths);
  for (uint32_t i = 0; count > 0 && i < siam_dataset_count_images(test); i++) {
    const char *path = siam_dataset_get_image_path(test, i);
    search->known[i] = bsearch(&path, paths, count, sizeof *paths, compare_paths) != NULL;
  }
  search->found.exact = (uint32_t)count;
cleanup:
  siam_free(paths);
  siam_check_report_free(report);
  return status;
}

/// Keeps the nearest training pictures of one test picture, nearest first; of equal ones the first.
static siam_status propose(void *context, uint32_t image) {
  leak_search *search = context;
  siam_embeddings mine = siam_judgement_embeddings(search->test);
  siam_embeddings theirs = siam_judgement_embeddings(&search->training);
  double distances[PROPOSALS];
  uint32_t *kept = search->proposals[image];
  for (uint32_t p = 0; p < PROPOSALS; p++) {
    kept[p] = UINT32_MAX;
    distances[p] = INFINITY;
  }
  if (search->known[image]) return SIAM_OK;
  for (uint32_t i = 0; i < theirs.count; i++) {
    double distance = siam_squared_distance(mine.values + (size_t)image * mine.dimension,
                                            theirs.values + (size_t)i * theirs.dimension, mine.dimension);
    uint32_t place = PROPOSALS;
    for (; place > 0 && distance < distances[place - 1]; place--)
      if (place < PROPOSALS) {
        distances[place] = distances[place - 1];
        kept[place] = kept[place - 1];
      }
    if (place == PROPOSALS) continue;
    distances[place] = distance;
    kept[place] = i;
  }
  return SIAM_OK;
}

/// A test picture and a training picture.
static siam_leak make_leak(const leak_search *search, uint32_t image, uint32_t other, siam_leak_kind kind) {
  return (siam_leak){.path = (char *)siam_dataset_get_image_path(search->test->dataset, image),
                     .training_path = (char *)siam_dataset_get_image_path(search->training.dataset, other),
                     .kind = kind};
}

/// Makes it one whose pixels say so.
static void confirm(const leak_search *search, uint32_t image, uint32_t other, double correlation,
                    siam_leak *leak) {
  size_t dimension = siam_judgement_embeddings(search->test).dimension;
  *leak = make_leak(search, image, other, SIAM_LEAK_NEAR);
  leak->correlation = correlation;
  leak->distance = siam_distance(search->test->embeddings + image * dimension,
                                 search->training.embeddings + other * dimension, dimension);
}

/// Looks at the pixels of the pictures proposed for one test picture; `bytes` has room for two.
static siam_status judge(leak_search *search, uint32_t image, uint8_t *bytes) {
  size_t count = siam_picture_shape_bytes(siam_images_get_shape(search->test->images));
  siam_leak best = {0};
  SIAM_RETURN_IF_FAILED(siam_images_read(search->test->images, &image, 1, bytes));
  for (uint32_t p = 0; p < PROPOSALS; p++) {
    uint32_t other = search->proposals[image][p];
    if (other == UINT32_MAX) break;
    SIAM_RETURN_IF_FAILED(siam_images_read(search->training.images, &other, 1, bytes + count));
    double correlation = siam_picture_correlation(bytes, bytes + count, count);
    if (correlation < SIAM_NEAR_CORRELATION || correlation <= best.correlation) continue;
    confirm(search, image, other, correlation, &best);
  }
  if (best.path == NULL) return SIAM_OK;
  search->known[image] = true;
  search->found.near++;
  return add(search, &best);
}

static siam_status find_near(leak_search *search) {
  siam_status status = SIAM_OK;
  uint32_t images = siam_images_count(search->test->images);
  uint8_t *bytes = NULL;
  siam_telling telling = {search->test->options->preparing, search->test->options->context,
                          "looking for near-duplicates"};
  SIAM_TRY_ALLOCATE(bytes, 2 * siam_picture_shape_bytes(siam_images_get_shape(search->test->images)));
  SIAM_TRY_ALLOCATE(search->proposals, images);
  SIAM_TRY(siam_parallel_run(&(siam_parallel){.count = images,
                                              .task = propose,
                                              .context = search,
                                              .progress = siam_tell,
                                              .progress_context = &telling}));
  for (uint32_t i = 0; i < images; i++)
    if (!search->known[i]) SIAM_TRY(judge(search, i, bytes));
cleanup:
  siam_free(bytes);
  return status;
}

/// Adds a picture that a model takes for an edited one; `bytes` has room for two.
static siam_status add_alike(leak_search *search, uint32_t image, const siam_alike *alike, uint8_t *bytes) {
  size_t count = siam_picture_shape_bytes(siam_images_get_shape(search->test->images));
  siam_leak leak = make_leak(search, image, alike->other, SIAM_LEAK_ALIKE);
  SIAM_RETURN_IF_FAILED(siam_images_read(search->test->images, &image, 1, bytes));
  SIAM_RETURN_IF_FAILED(siam_images_read(search->training.images, &alike->other, 1, bytes + count));
  leak.correlation = siam_picture_correlation(bytes, bytes + count, count);
  leak.distance = alike->distance;
  for (int i = 0; i < 2; i++) leak.shown[i] = alike->shown[i];
  // The judged model need not have proposed it.
  if (leak.correlation >= SIAM_NEAR_CORRELATION)
    confirm(search, image, alike->other, leak.correlation, &leak);
  search->found.near += leak.kind == SIAM_LEAK_NEAR;
  search->found.alike += leak.kind == SIAM_LEAK_ALIKE;
  return add(search, &leak);
}

static siam_status find_alike(leak_search *search) {
  siam_status status = SIAM_OK;
  uint32_t images = siam_images_count(search->test->images);
  siam_alike *found = NULL;
  uint8_t *bytes = NULL;
  SIAM_TRY_ALLOCATE(bytes, 2 * siam_picture_shape_bytes(siam_images_get_shape(search->test->images)));
  SIAM_TRY_ALLOCATE(found, images);
  SIAM_TRY(siam_alike_find(search->test, &search->training, search->known, found,
                           &search->found.by_default_model));
  for (uint32_t i = 0; i < images; i++)
    if (found[i].other != UINT32_MAX) SIAM_TRY(add_alike(search, i, &found[i], bytes));
cleanup:
  siam_free(bytes);
  siam_free(found);
  return status;
}

static int compare_leaks(const void *left, const void *right) {
  const siam_leak *a = left, *b = right;
  if (a->kind != b->kind) return a->kind < b->kind ? -1 : 1;
  if (a->kind == SIAM_LEAK_ALIKE && a->distance != b->distance) return a->distance < b->distance ? -1 : 1;
  if (a->correlation != b->correlation) return a->correlation > b->correlation ? -1 : 1;
  return strcmp(a->path, b->path);
}

siam_status siam_leakage_find(const siam_judgement *judgement, siam_leakage *leakage) {
  siam_status status = SIAM_OK;
  leak_search search = {.test = judgement,
                        .training = {.model = judgement->model, .options = judgement->options}};
  SIAM_TRY(siam_judgement_open(&search.training, judgement->options->training));
  search.found.training_images = siam_images_count(search.training.images);
  SIAM_TRY_ALLOCATE(search.known, siam_images_count(judgement->images));
  SIAM_TRY(find_exact(&search));
  SIAM_TRY(find_near(&search));
  SIAM_TRY(find_alike(&search));
  if (search.found.leak_count > 0)
    qsort(search.found.leaks, search.found.leak_count, sizeof *search.found.leaks, compare_leaks);
  *leakage = search.found;
  search.found = (siam_leakage){0};
cleanup:
  siam_leakage_clear(&search.found);
  siam_judgement_clear(&search.training);
  siam_free(search.known);
  siam_free(search.proposals);
  return status;
}

void siam_leakage_clear(siam_leakage *leakage) {
  for (uint32_t i = 0; i < leakage->leak_count; i++) {
    siam_free(leakage->leaks[i].path);
    siam_free(leakage->leaks[i].training_path);
  }
  siam_free(leakage->leaks);
  *leakage = (siam_leakage){0};
}
