#include "pipeline/one_shot.h"

#include "base/memory.h"
#include "base/random.h"
#include "pipeline/embedder.h"

#include <math.h>
#include <stdlib.h>

enum { USUAL_WAYS = 20, USUAL_TRIALS = 10000 };

siam_status siam_embeddings_check(const siam_embeddings *embeddings) {
  for (size_t i = 0; i < (size_t)embeddings->count * embeddings->dimension; i++)
    if (!isfinite(embeddings->values[i]))
      return siam_fail(SIAM_ERROR_NUMERIC,
                       "the embedding of picture %zu is not finite; the model cannot be judged",
                       i / embeddings->dimension);
  return SIAM_OK;
}

static double squared_distance(const siam_embeddings *embeddings, uint32_t a, uint32_t b) {
  size_t dimension = embeddings->dimension;
  return siam_squared_distance(embeddings->values + a * dimension, embeddings->values + b * dimension,
                               dimension);
}

/// Whether supports[truth] is nearer to the query than every other support.
static bool is_right(const siam_embeddings *embeddings, uint32_t query, const uint32_t *supports,
                     uint32_t count, uint32_t truth) {
  double own = squared_distance(embeddings, query, supports[truth]);
  for (uint32_t i = 0; i < count; i++)
    if (i != truth && squared_distance(embeddings, query, supports[i]) <= own) return false;
  return true;
}

siam_status siam_one_shot_evaluate_runs(const siam_embeddings *embeddings, const siam_one_shot_runs *runs,
                                        const siam_one_shot_options *options, double *accuracies,
                                        siam_one_shot *result) {
  static const siam_one_shot_options usual = {0};
  siam_status status = SIAM_OK;
  siam_ratio *tallies = NULL;
  if (options == NULL) options = &usual;
  siam_one_shot made = {.runs = runs->run_count};
  if (embeddings->count != runs->image_count)
    return siam_fail(SIAM_ERROR_ARGUMENT, "%u embeddings for %u pictures of runs", embeddings->count,
                     runs->image_count);
  SIAM_TRY(siam_embeddings_check(embeddings));
  SIAM_TRY_ALLOCATE(tallies, runs->run_count);
  for (uint32_t i = 0; i < runs->run_count; i++) {
    const siam_one_shot_run *run = &runs->runs[i];
    for (uint32_t query = 0; query < run->query_count; query++)
      tallies[i].part +=
          is_right(embeddings, run->queries[query], run->supports, run->support_count, run->truth[query]);
    tallies[i].whole = run->query_count;
    made.trials += run->query_count;
    if (run->support_count > made.ways) made.ways = run->support_count;
    if (accuracies != NULL) accuracies[i] = tallies[i].part / run->query_count;
  }
  SIAM_TRY(
      siam_bootstrap_ratio(tallies, runs->run_count, options->seed, options->repetitions, &made.accuracy));
  *result = made;
cleanup:
  siam_free(tallies);
  return status;
}

/// Classes from which the supports of one trial are drawn: a range of draw_plan.order, those with a second
/// picture for the query first.
typedef struct pool {
  uint32_t begin, count, queryable;
} pool;

/// All that the trials of one call share.
typedef struct draw_plan {
  const siam_embeddings *embeddings;
  const siam_one_shot_labels *labels;
  uint32_t ways;
  uint64_t seed;
  uint32_t *first, *images; ///< Pictures of class c: images[first[c]] to images[first[c + 1] − 1].
  uint32_t *order;          ///< Classes, pool by pool.
  pool *pools;
  uint32_t pool_count;
  uint32_t *taken;     ///< [class_count]: 1 + the last trial that the class is in.
  uint32_t *supports;  ///< [ways]
  siam_ratio *tallies; ///< [class_count], by the query's class.
} draw_plan;

/// The words of one trial, one after another.
typedef struct trial_words {
  uint64_t seed;
  uint32_t trial;
  uint64_t next;
} trial_words;

static uint32_t draw_below(trial_words *words, uint32_t bound) {
  return siam_below(siam_random(words->seed, SIAM_STREAM_ONE_SHOT, words->trial, words->next++).word[0],
                    bound);
}

static siam_status index_images(draw_plan *plan) {
  siam_status status = SIAM_OK;
  const siam_one_shot_labels *labels = plan->labels;
  SIAM_TRY_ALLOCATE(plan->first, (size_t)labels->class_count + 2);
  SIAM_TRY_ALLOCATE(plan->images, plan->embeddings->count);
  // Counted two places on, so that filling moves each start to where it belongs.
  for (uint32_t i = 0; i < plan->embeddings->count; i++) {
    if (labels->classes[i] >= labels->class_count) {
      status = siam_fail(SIAM_ERROR_ARGUMENT, "picture %u has a class beyond the %u there are", i,
                         labels->class_count);
      goto cleanup;
    }
    plan->first[labels->classes[i] + 2]++;
  }
  for (uint32_t c = 0; c < labels->class_count; c++) plan->first[c + 2] += plan->first[c + 1];
  for (uint32_t i = 0; i < plan->embeddings->count; i++)
    plan->images[plan->first[labels->classes[i] + 1]++] = i;
cleanup:
  return status;
}

static bool drawn_by_another(const draw_plan *plan, uint32_t a, uint32_t b) {
  const uint32_t *drawers = plan->labels->drawers;
  return a != b && (drawers == NULL || drawers[a] != drawers[b]);
}

/// Whether some picture of the class can be the query and another its support.
static bool is_queryable(const draw_plan *plan, uint32_t class_index) {
  uint32_t begin = plan->first[class_index], end = plan->first[class_index + 1];
  for (uint32_t i = begin + 1; i < end; i++)
    if (drawn_by_another(plan, plan->images[begin], plan->images[i])) return true;
  return false;
}

typedef struct candidate {
  uint32_t parent, class_index;
  bool single;
} candidate;

static int compare_candidates(const void *left, const void *right) {
  const candidate *a = left, *b = right;
  if (a->parent != b->parent) return a->parent < b->parent ? -1 : 1;
  if (a->single != b->single) return a->single ? 1 : -1;
  return (a->class_index > b->class_index) - (a->class_index < b->class_index);
}

/// Cuts the sorted candidates into pools and keeps those that can give a trial.
static siam_status cut_pools(draw_plan *plan, const candidate *candidates, uint32_t count) {
  uint32_t largest = 0;
  for (uint32_t begin = 0, end; begin < count; begin = end) {
    uint32_t queryable = 0;
    for (end = begin; end < count && candidates[end].parent == candidates[begin].parent; end++) {
      plan->order[end] = candidates[end].class_index;
      queryable += !candidates[end].single;
    }
    if (end - begin > largest) largest = end - begin;
    if (end - begin >= plan->ways && queryable > 0)
      plan->pools[plan->pool_count++] = (pool){begin, end - begin, queryable};
  }
  if (plan->pool_count > 0) return SIAM_OK;
  return siam_fail(SIAM_ERROR_DATA,
                   "%u-way trials take %u classes with pictures in one place, one of them with two%s; "
                   "the most there are is %u classes",
                   plan->ways, plan->ways, plan->labels->drawers != NULL ? " by different people" : "",
                   largest);
}

static siam_status find_pools(draw_plan *plan, bool within_parent) {
  siam_status status = SIAM_OK;
  const siam_one_shot_labels *labels = plan->labels;
  candidate *candidates = NULL;
  uint32_t count = 0;
  SIAM_TRY_ALLOCATE(candidates, labels->class_count);
  SIAM_TRY_ALLOCATE(plan->order, labels->class_count);
  SIAM_TRY_ALLOCATE(plan->pools, labels->class_count);
  for (uint32_t c = 0; c < labels->class_count; c++) {
    if (plan->first[c] == plan->first[c + 1]) continue;
    uint32_t parent = within_parent && labels->parents != NULL ? labels->parents[c] : 0;
    candidates[count++] = (candidate){parent, c, !is_queryable(plan, c)};
  }
  qsort(candidates, count, sizeof *candidates, compare_candidates);
  SIAM_TRY(cut_pools(plan, candidates, count));
cleanup:
  siam_free(candidates);
  return status;
}

static bool drawn_by_same(const draw_plan *plan, uint32_t a, uint32_t b) {
  const uint32_t *drawers = plan->labels->drawers;
  return drawers == NULL || drawers[a] == drawers[b];
}

/// A rule by which a picture may stand beside another one of the trial.
typedef bool (*fits_beside)(const draw_plan *plan, uint32_t image, uint32_t other);

/// Counts the pictures of a class that fit beside `other`, and gives the one with the number `wanted` of
/// them.
static uint32_t find_fitting(const draw_plan *plan, uint32_t class_index, fits_beside fits, uint32_t other,
                             uint32_t wanted, uint32_t *image) {
  uint32_t found = 0;
  for (uint32_t i = plan->first[class_index]; i < plan->first[class_index + 1]; i++) {
    if (!fits(plan, plan->images[i], other)) continue;
    if (found == wanted) *image = plan->images[i];
    found++;
  }
  return found;
}

/// Draws a picture of a class that fits beside `other`; returns false where there is none.
static bool draw_image(const draw_plan *plan, trial_words *words, uint32_t class_index, fits_beside fits,
                       uint32_t other, uint32_t *image) {
  uint32_t fitting = find_fitting(plan, class_index, fits, other, UINT32_MAX, image);
  if (fitting == 0) return false;
  find_fitting(plan, class_index, fits, other, draw_below(words, fitting), image);
  return true;
}

/// Draws one trial into plan->supports, the query's own class first. Returns false where the drawer of that
/// support has too few of the other classes.
static bool draw_trial(draw_plan *plan, uint32_t trial, uint32_t *query, uint32_t *query_class) {
  trial_words words = {plan->seed, trial, 0};
  const pool *from = &plan->pools[draw_below(&words, plan->pool_count)];
  uint32_t own = plan->order[from->begin + draw_below(&words, from->queryable)];
  uint32_t images = plan->first[own + 1] - plan->first[own];
  *query_class = own;
  *query = plan->images[plan->first[own] + draw_below(&words, images)];
  if (!draw_image(plan, &words, own, drawn_by_another, *query, &plan->supports[0])) return false;
  plan->taken[own] = trial + 1;
  // Classes are drawn until enough differ; that ends where they are all there by n·ln n draws or so.
  uint64_t patience = 100 * ((uint64_t)from->count + 10);
  for (uint32_t found = 1; found < plan->ways; patience--) {
    if (patience == 0) return false;
    uint32_t other = plan->order[from->begin + draw_below(&words, from->count)];
    if (plan->taken[other] == trial + 1) continue;
    if (!draw_image(plan, &words, other, drawn_by_same, plan->supports[0], &plan->supports[found])) continue;
    plan->taken[other] = trial + 1;
    found++;
  }
  return true;
}

static siam_status run_trials(draw_plan *plan, uint32_t trials) {
  uint32_t done = 0;
  for (uint32_t trial = 0; done < trials; trial++) {
    uint32_t query, own;
    if (!draw_trial(plan, trial, &query, &own)) {
      if (trial < 100 + 10 * (uint64_t)done) continue;
      return siam_fail(SIAM_ERROR_DATA, "hardly anyone drew %u classes; take fewer ways", plan->ways);
    }
    plan->tallies[own].part += is_right(plan->embeddings, query, plan->supports, plan->ways, 0);
    plan->tallies[own].whole++;
    done++;
  }
  return SIAM_OK;
}

static void release_plan(draw_plan *plan) {
  siam_free(plan->first);
  siam_free(plan->images);
  siam_free(plan->order);
  siam_free(plan->pools);
  siam_free(plan->taken);
  siam_free(plan->supports);
  siam_free(plan->tallies);
}

siam_status siam_one_shot_draw(const siam_embeddings *embeddings, const siam_one_shot_labels *labels,
                               const siam_one_shot_options *options, siam_ratio *by_class,
                               siam_one_shot *result) {
  static const siam_one_shot_options usual = {0};
  siam_status status = SIAM_OK;
  if (options == NULL) options = &usual;
  siam_one_shot made = {.ways = options->ways > 0 ? options->ways : USUAL_WAYS,
                        .trials = options->trials > 0 ? options->trials : USUAL_TRIALS};
  draw_plan plan = {.embeddings = embeddings, .labels = labels, .ways = made.ways, .seed = options->seed};
  if (made.ways < 2) return siam_fail(SIAM_ERROR_ARGUMENT, "a trial has two ways or more, not %u", made.ways);
  SIAM_TRY(siam_embeddings_check(embeddings));
  SIAM_TRY(index_images(&plan));
  SIAM_TRY(find_pools(&plan, options->within_parent));
  SIAM_TRY_ALLOCATE(plan.taken, labels->class_count);
  SIAM_TRY_ALLOCATE(plan.supports, plan.ways);
  SIAM_TRY_ALLOCATE(plan.tallies, labels->class_count);
  SIAM_TRY(run_trials(&plan, made.trials));
  for (uint32_t c = 0; by_class != NULL && c < labels->class_count; c++) by_class[c] = plan.tallies[c];
  // Classes that no query came from are no units of the bootstrap.
  uint32_t units = 0;
  for (uint32_t c = 0; c < labels->class_count; c++)
    if (plan.tallies[c].whole > 0) plan.tallies[units++] = plan.tallies[c];
  SIAM_TRY(siam_bootstrap_ratio(plan.tallies, units, options->seed, options->repetitions, &made.accuracy));
  *result = made;
cleanup:
  release_plan(&plan);
  return status;
}
