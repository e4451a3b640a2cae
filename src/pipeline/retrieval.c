#include "pipeline/retrieval.h"

#include "base/memory.h"
#include "base/random.h"
#include "data/parallel.h"
#include "pipeline/embedder.h"

#include <stdlib.h>
#include <string.h>

enum { USUAL_DISTANCES = 400000000, TASK_QUERIES = 16 };

static const uint32_t ranks[SIAM_RECALL_RANKS] = {1, 2, 4, 8};

/// All that the queries share; each task writes to places of its own queries.
typedef struct search {
  const siam_embeddings *embeddings;
  const uint32_t *classes;
  uint32_t *sizes; ///< [class_count], pictures.
  uint32_t query_count;
  const uint32_t *queries;
  uint32_t *nearest, *before; ///< [query_count]; `before`: wrong pictures up to the nearest right one.
  double *precision;          ///< [query_count], AP@R.
} search;

static int compare_doubles(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

static double distance_of(const search *all, uint32_t a, uint32_t b) {
  size_t dimension = all->embeddings->dimension;
  return siam_squared_distance(all->embeddings->values + a * dimension,
                               all->embeddings->values + b * dimension, dimension);
}

/// The first of the sorted `right` that is at least as far as `distance`: from there on a wrong picture at
/// that distance comes before them.
static size_t first_behind(const double *right, size_t count, double distance) {
  size_t below = 0, above = count;
  while (below < above) {
    size_t middle = below + (above - below) / 2;
    if (right[middle] < distance)
      below = middle + 1;
    else
      above = middle;
  }
  return below;
}

/// Fills `right` [R] with the distances to the query's own class, ascending.
static void measure_own(const search *all, uint32_t query, double *right) {
  size_t found = 0;
  for (uint32_t i = 0; i < all->embeddings->count; i++)
    if (i != query && all->classes[i] == all->classes[query]) right[found++] = distance_of(all, query, i);
  qsort(right, found, sizeof *right, compare_doubles);
}

/// Looks through all other pictures; `right` and `wrong` are [R + 1] of this thread's own.
static void run_query(const search *all, uint32_t number, double *right, uint32_t *wrong) {
  uint32_t query = all->queries[number], own = all->classes[query], nearest = query;
  size_t count = all->sizes[own] - 1;
  double shortest = 0, sum = 0;
  measure_own(all, query, right);
  memset(wrong, 0, (count + 1) * sizeof *wrong);
  for (uint32_t i = 0; i < all->embeddings->count; i++) {
    if (i == query) continue;
    bool is_wrong = all->classes[i] != own;
    double distance = distance_of(all, query, i);
    if (is_wrong) wrong[first_behind(right, count, distance)]++;
    bool nearer = nearest == query || distance < shortest ||
                  (distance == shortest && is_wrong && all->classes[nearest] == own);
    if (nearer) nearest = i;
    if (nearer) shortest = distance;
  }
  all->nearest[number] = nearest;
  all->before[number] = wrong[0];
  for (size_t r = 0, passed = 0; r < count; r++) {
    passed += wrong[r];
    size_t place = r + 1 + passed;
    if (place <= count) sum += (double)(r + 1) / (double)place;
  }
  all->precision[number] = sum / (double)count;
}

static siam_status run_task(void *context, uint32_t task) {
  siam_status status = SIAM_OK;
  const search *all = context;
  uint32_t first = task * TASK_QUERIES, largest = 0;
  double *right = NULL;
  uint32_t *wrong = NULL;
  uint32_t end = all->query_count - first < TASK_QUERIES ? all->query_count : first + TASK_QUERIES;
  for (uint32_t i = first; i < end; i++) {
    uint32_t size = all->sizes[all->classes[all->queries[i]]];
    if (size > largest) largest = size;
  }
  SIAM_TRY_ALLOCATE(right, largest);
  SIAM_TRY_ALLOCATE(wrong, largest);
  for (uint32_t i = first; i < end; i++) run_query(all, i, right, wrong);
cleanup:
  siam_free(right);
  siam_free(wrong);
  return status;
}

/// Pictures that have company in their class, in their order; too many are drawn from.
static siam_status choose_queries(const search *all, const siam_retrieval_options *options,
                                  siam_retrieval_detail *detail) {
  uint32_t count = 0, images = all->embeddings->count;
  uint64_t distances = options->distances > 0 ? options->distances : USUAL_DISTANCES;
  detail->queries = siam_allocate(images, sizeof *detail->queries);
  if (detail->queries == NULL) return SIAM_ERROR_MEMORY;
  for (uint32_t i = 0; i < images; i++)
    if (all->sizes[all->classes[i]] > 1) detail->queries[count++] = i;
  if (count == 0) return siam_fail(SIAM_ERROR_DATA, "no class has two pictures, so that none could be found");
  uint64_t most = distances / images > 0 ? distances / images : 1;
  if (count > most) {
    siam_shuffle(detail->queries, count, options->seed, SIAM_STREAM_EVALUATE, 0);
    count = (uint32_t)most;
  }
  detail->query_count = count;
  return SIAM_OK;
}

static void tally(const search *all, siam_retrieval_detail *detail) {
  for (uint32_t i = 0; i < detail->query_count; i++) {
    siam_class_tally *tally = &detail->classes[all->classes[detail->queries[i]]];
    tally->queries++;
    tally->precision += all->precision[i];
    for (uint32_t k = 0; k < SIAM_RECALL_RANKS; k++) tally->found[k] += all->before[i] < ranks[k];
  }
}

uint32_t siam_retrieval_ratios(const siam_retrieval_detail *detail, uint32_t class_count, uint32_t figure,
                               siam_ratio *ratios) {
  uint32_t units = 0;
  for (uint32_t c = 0; c < class_count; c++) {
    const siam_class_tally *tally = &detail->classes[c];
    if (tally->queries == 0) continue;
    double part = figure < SIAM_RECALL_RANKS ? tally->found[figure] : tally->precision;
    ratios[units++] = (siam_ratio){part, tally->queries};
  }
  return units;
}

static siam_status summarise(const siam_retrieval_detail *detail, uint32_t class_count,
                             const siam_retrieval_options *options, siam_retrieval *retrieval) {
  siam_status status = SIAM_OK;
  siam_ratio *ratios = NULL;
  siam_retrieval made = {.queries = detail->query_count};
  SIAM_TRY_ALLOCATE(ratios, class_count);
  for (uint32_t figure = 0; figure <= SIAM_RECALL_RANKS; figure++) {
    bool recall = figure < SIAM_RECALL_RANKS;
    if (recall) made.recalls[figure].rank = ranks[figure];
    made.classes = siam_retrieval_ratios(detail, class_count, figure, ratios);
    SIAM_TRY(siam_bootstrap_ratio(ratios, made.classes, options->seed, options->repetitions,
                                  recall ? &made.recalls[figure].recall : &made.map_at_r));
  }
  *retrieval = made;
cleanup:
  siam_free(ratios);
  return status;
}

static siam_status count_sizes(search *all, uint32_t class_count) {
  all->sizes = siam_allocate(class_count, sizeof *all->sizes);
  if (all->sizes == NULL) return SIAM_ERROR_MEMORY;
  for (uint32_t i = 0; i < all->embeddings->count; i++) {
    if (all->classes[i] >= class_count)
      return siam_fail(SIAM_ERROR_ARGUMENT, "picture %u has a class beyond the %u there are", i, class_count);
    all->sizes[all->classes[i]]++;
  }
  return SIAM_OK;
}

siam_status siam_retrieval_measure(const siam_embeddings *embeddings, const uint32_t *classes,
                                   uint32_t class_count, const siam_retrieval_options *options,
                                   siam_retrieval_detail *detail, siam_retrieval *retrieval) {
  static const siam_retrieval_options usual = {0};
  siam_status status = SIAM_OK;
  siam_retrieval_detail made = {0};
  search all = {.embeddings = embeddings, .classes = classes};
  if (options == NULL) options = &usual;
  SIAM_TRY(siam_embeddings_check(embeddings));
  SIAM_TRY(count_sizes(&all, class_count));
  SIAM_TRY(choose_queries(&all, options, &made));
  SIAM_TRY_ALLOCATE(made.nearest, made.query_count);
  SIAM_TRY_ALLOCATE(made.classes, class_count);
  SIAM_TRY_ALLOCATE(all.before, made.query_count);
  SIAM_TRY_ALLOCATE(all.precision, made.query_count);
  all.queries = made.queries;
  all.query_count = made.query_count;
  all.nearest = made.nearest;
  SIAM_TRY(siam_parallel_run(&(siam_parallel){
      .count = (made.query_count + TASK_QUERIES - 1) / TASK_QUERIES, .task = run_task, .context = &all}));
  tally(&all, &made);
  SIAM_TRY(summarise(&made, class_count, options, retrieval));
  *detail = made;
  made = (siam_retrieval_detail){0};
cleanup:
  siam_retrieval_detail_clear(&made);
  siam_free(all.sizes);
  siam_free(all.before);
  siam_free(all.precision);
  return status;
}

void siam_retrieval_detail_clear(siam_retrieval_detail *detail) {
  siam_free(detail->queries);
  siam_free(detail->nearest);
  siam_free(detail->classes);
  *detail = (siam_retrieval_detail){0};
}
