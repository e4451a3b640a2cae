#include "base/memory.h"
#include "base/random.h"
#include "pipeline/class_figures.h"
#include "pipeline/projection.h"
#include "pipeline/report_parts.h"

#include <stdlib.h>

/// Pairs of a kind, mix-ups and pictures on the map that a report shows; and in how many pairs of a kind one
/// picture may be, so that a single odd one does not fill them.
enum { EXAMPLES = 12, MIX_UPS = 16, CLASSES = 40, MAP_PICTURES = 300, APPEARANCES = 2 };

static siam_status set_image(siam_report *report, json_t *object, const char *key, const char *path_key,
                             uint32_t image) {
  json_t *place = NULL;
  const char *path = siam_dataset_get_image_path(report->judgement->dataset, image);
  SIAM_RETURN_IF_FAILED(siam_report_add_picture(report, image, SIAM_REPORT_LARGE, &place));
  SIAM_RETURN_IF_FAILED(siam_report_set(object, key, place));
  return siam_report_set(object, path_key, siam_json_text(path));
}

static siam_status add_pair(siam_report *report, uint32_t pair, json_t *list) {
  const siam_judgement *judgement = report->judgement;
  double distance = judgement->pairs.distances[pair];
  json_t *object = json_object();
  SIAM_RETURN_IF_FAILED(siam_report_append(list, object));
  SIAM_RETURN_IF_FAILED(set_image(report, object, "a", "path_a", judgement->pairs.pictures[pair].a));
  SIAM_RETURN_IF_FAILED(set_image(report, object, "b", "path_b", judgement->pairs.pictures[pair].b));
  SIAM_RETURN_IF_FAILED(siam_report_set(object, "distance", json_real(distance)));
  if (!judgement->decision.calibrated) return SIAM_OK;
  return siam_report_set(object, "similarity",
                         json_real(siam_calibration_evaluate(&judgement->decision.calibration, distance)));
}

/// Which pairs a list shows: those of one kind with one verdict, from the near or from the far end.
typedef struct example_list {
  const char *key;
  bool same, accepted, farthest;
} example_list;

static siam_status add_list(siam_report *report, const siam_ranking *ranking, const example_list *which,
                            json_t *lists) {
  siam_status status = SIAM_OK;
  const siam_pair *pictures = report->judgement->pairs.pictures;
  double threshold = report->evaluation->verification.threshold;
  json_t *list = json_array();
  uint8_t *seen = NULL;
  SIAM_TRY(siam_report_set(lists, which->key, list));
  SIAM_TRY_ALLOCATE(seen, siam_images_count(report->judgement->images));
  for (size_t i = 0; i < ranking->count && json_array_size(list) < EXAMPLES; i++) {
    size_t place = which->farthest ? ranking->count - 1 - i : i;
    const siam_pair *pair = &pictures[ranking->pairs[place]];
    bool fits = (ranking->same[place] != 0) == which->same &&
                (ranking->distances[place] <= threshold) == which->accepted;
    if (!fits || seen[pair->a] >= APPEARANCES || seen[pair->b] >= APPEARANCES) continue;
    seen[pair->a]++;
    seen[pair->b]++;
    SIAM_TRY(add_pair(report, ranking->pairs[place], list));
  }
cleanup:
  siam_free(seen);
  return status;
}

siam_status siam_report_add_examples(siam_report *report) {
  static const example_list which[] = {{"false_accepts", false, true, false},
                                       {"false_rejects", true, false, true},
                                       {"lucky_same", true, true, true},
                                       {"lucky_different", false, false, false}};
  siam_ranking ranking = {0};
  const siam_pair_set *pairs = &report->judgement->pairs;
  json_t *lists = json_object();
  SIAM_RETURN_IF_FAILED(siam_report_set(report->root, "examples", lists));
  SIAM_RETURN_IF_FAILED(siam_ranking_create(pairs->distances, pairs->same, pairs->measured.count, &ranking));
  siam_status status = SIAM_OK;
  for (size_t i = 0; i < sizeof which / sizeof *which && status == SIAM_OK; i++)
    status = add_list(report, &ranking, &which[i], lists);
  siam_ranking_clear(&ranking);
  return status;
}

static siam_status add_map_point(siam_report *report, uint32_t image, const double *place, json_t *points) {
  const siam_judgement *judgement = report->judgement;
  uint32_t class_index = siam_dataset_get_image_class(judgement->dataset, image);
  json_t *point = json_object(), *picture = NULL;
  SIAM_RETURN_IF_FAILED(siam_report_append(points, point));
  SIAM_RETURN_IF_FAILED(siam_report_add_picture(report, image, SIAM_REPORT_SMALL, &picture));
  SIAM_RETURN_IF_FAILED(siam_report_set(point, "picture", picture));
  SIAM_RETURN_IF_FAILED(siam_report_set(point, "x", json_real(place[0])));
  SIAM_RETURN_IF_FAILED(siam_report_set(point, "y", json_real(place[1])));
  const char *path = siam_dataset_get_image_path(judgement->dataset, image);
  SIAM_RETURN_IF_FAILED(siam_report_set(point, "path", siam_json_text(path)));
  if (class_index == SIAM_NO_CLASS) return SIAM_OK;
  const char *name = siam_dataset_get_class_name(judgement->dataset, class_index);
  return siam_report_set(point, "class", siam_json_text(name));
}

/// Projects all embeddings and shows a draw of their pictures.
siam_status siam_report_add_map(siam_report *report) {
  siam_status status = SIAM_OK;
  siam_embeddings embeddings = siam_judgement_embeddings(report->judgement);
  uint32_t *order = NULL;
  double *plane = NULL, share[2];
  json_t *map = json_object(), *points = NULL;
  SIAM_TRY(siam_report_set(report->root, "map", map));
  points = json_array();
  SIAM_TRY(siam_report_set(map, "points", points));
  SIAM_TRY_ALLOCATE(order, embeddings.count);
  SIAM_TRY_ALLOCATE(plane, 2 * (size_t)embeddings.count);
  SIAM_TRY(siam_project(&embeddings, plane, share));
  SIAM_TRY(siam_report_set(map, "share", json_pack("[f, f]", share[0], share[1])));
  for (uint32_t i = 0; i < embeddings.count; i++) order[i] = i;
  siam_shuffle(order, embeddings.count, report->judgement->options->seed, SIAM_STREAM_EVALUATE, 1);
  for (uint32_t i = 0; i < embeddings.count && i < MAP_PICTURES; i++)
    SIAM_TRY(add_map_point(report, order[i], plane + 2 * (size_t)order[i], points));
cleanup:
  siam_free(order);
  siam_free(plane);
  return status;
}

static int compare_counts(const void *left, const void *right) {
  const siam_mix_up *a = left, *b = right;
  if (a->count != b->count) return a->count > b->count ? -1 : 1;
  if (a->truth != b->truth) return a->truth < b->truth ? -1 : 1;
  return (a->taken_for > b->taken_for) - (a->taken_for < b->taken_for);
}

/// A mix-up with one of its queries as the example.
static siam_status add_mix_up(siam_report *report, const siam_mix_up *mix_up, json_t *list) {
  const siam_judgement *judgement = report->judgement;
  const siam_retrieval_detail *found = &judgement->retrieval;
  const char *truth = siam_dataset_get_class_name(judgement->dataset, mix_up->truth);
  const char *taken_for = siam_dataset_get_class_name(judgement->dataset, mix_up->taken_for);
  json_t *object = json_object();
  SIAM_RETURN_IF_FAILED(siam_report_append(list, object));
  SIAM_RETURN_IF_FAILED(siam_report_set(object, "truth", siam_json_text(truth)));
  SIAM_RETURN_IF_FAILED(siam_report_set(object, "taken_for", siam_json_text(taken_for)));
  SIAM_RETURN_IF_FAILED(siam_report_set(object, "count", json_integer(mix_up->count)));
  SIAM_RETURN_IF_FAILED(
      siam_report_set(object, "queries", json_integer(found->classes[mix_up->truth].queries)));
  for (uint32_t q = 0; q < found->query_count; q++) {
    if (judgement->classes[found->queries[q]] != mix_up->truth ||
        judgement->classes[found->nearest[q]] != mix_up->taken_for)
      continue;
    SIAM_RETURN_IF_FAILED(set_image(report, object, "a", "path_a", found->queries[q]));
    return set_image(report, object, "b", "path_b", found->nearest[q]);
  }
  return SIAM_OK;
}

static siam_status add_mix_ups(siam_report *report) {
  siam_mix_up *mix_ups = NULL;
  uint32_t count = 0;
  json_t *list = json_array();
  SIAM_RETURN_IF_FAILED(siam_report_set(report->root, "mix_ups", list));
  siam_status status =
      siam_mix_ups_count(&report->judgement->retrieval, report->judgement->classes, &mix_ups, &count);
  if (count > 0) qsort(mix_ups, count, sizeof *mix_ups, compare_counts);
  for (uint32_t i = 0; i < count && i < MIX_UPS && status == SIAM_OK; i++)
    status = add_mix_up(report, &mix_ups[i], list);
  siam_free(mix_ups);
  return status;
}

siam_status siam_report_add_classes(siam_report *report) {
  const siam_evaluation *judged = report->evaluation;
  json_t *list = json_array();
  if (!judged->has_retrieval) {
    json_decref(list);
    return SIAM_OK;
  }
  SIAM_RETURN_IF_FAILED(siam_report_set(report->root, "classes", list));
  for (uint32_t c = 0; c < judged->classes && c < CLASSES; c++) {
    const siam_class_figures *figures = &judged->class_figures[c];
    json_t *row = json_object();
    SIAM_RETURN_IF_FAILED(siam_report_append(list, row));
    SIAM_RETURN_IF_FAILED(siam_report_set(row, "name", siam_json_text(figures->name)));
    SIAM_RETURN_IF_FAILED(siam_report_set(row, "pictures", json_integer(figures->pictures)));
    SIAM_RETURN_IF_FAILED(siam_report_set(row, "recall_at_1", siam_report_number(figures->recall_at_1)));
    SIAM_RETURN_IF_FAILED(siam_report_set(row, "map_at_r", siam_report_number(figures->map_at_r)));
    if (figures->confused_with != NULL)
      SIAM_RETURN_IF_FAILED(siam_report_set(row, "confused_with", siam_json_text(figures->confused_with)));
  }
  return add_mix_ups(report);
}
