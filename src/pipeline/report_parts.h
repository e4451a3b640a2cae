/// report_parts.h: the parts of a report, each of which adds what it has to the report's JSON.
#ifndef SIAM_PIPELINE_REPORT_PARTS_H
#define SIAM_PIPELINE_REPORT_PARTS_H

#include "base/json.h"
#include "pipeline/report.h"

/// The sides of pictures in a report: those to look at, and the small ones of the map.
enum { SIAM_REPORT_LARGE, SIAM_REPORT_SMALL, SIAM_REPORT_SIZES };

/// A report under way.
typedef struct siam_report {
  const siam_judgement *judgement;
  const siam_evaluation *evaluation;
  const siam_report_facts *facts;
  json_t *root;
  json_t *pictures;                     ///< Array of data URIs, part of `root`.
  uint32_t *numbers[SIAM_REPORT_SIZES]; ///< [images]: 1 + place in `pictures`; 0: not there yet.
} siam_report;

/// Test pictures that the training data have too, where they were looked for.
siam_status siam_report_add_leakage(siam_report *report);

/// Each needs pairs but the last two, which need classes too.
siam_status siam_report_add_figures(siam_report *report);
siam_status siam_report_add_distances(siam_report *report);
siam_status siam_report_add_curve(siam_report *report);
siam_status siam_report_add_reliability(siam_report *report);
siam_status siam_report_add_examples(siam_report *report);
siam_status siam_report_add_map(siam_report *report);
siam_status siam_report_add_classes(siam_report *report);

/// Adds the picture of an image in a size, unless it is there, and gives its place in `pictures`.
siam_status siam_report_add_picture(siam_report *report, uint32_t image, int size, json_t **place);
/// The same for the picture of a file that need not be of the data set; it is added anew each time.
siam_status siam_report_add_file(siam_report *report, const char *path, int size, json_t **place);

/// Sets `key` of `object`; takes over `value`. NULL, for memory that ran out, is SIAM_ERROR_MEMORY.
siam_status siam_report_set(json_t *object, const char *key, json_t *value);
/// The same at the end of an array.
siam_status siam_report_append(json_t *array, json_t *value);

/// A number, null where it is not finite.
json_t *siam_report_number(double value);

#endif
