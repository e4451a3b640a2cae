/// report.h: one HTML file that shows how good a model is and where it fails.
///
/// The page is a fixed text (report/, embedded when building) with one JSON object in it; its script draws
/// everything from that, so that what is shown can be read and checked by programs too. Nothing is loaded
/// from elsewhere.
#ifndef SIAM_PIPELINE_REPORT_H
#define SIAM_PIPELINE_REPORT_H

#include "pipeline/history.h"
#include "pipeline/judge.h"

/// What the judgement itself does not know. Texts may be NULL.
typedef struct siam_report_facts {
  const char *command;          ///< As it was typed.
  const char *model;            ///< The model's file.
  const char *settings;         ///< How it was trained.
  const siam_history *history;  ///< Of training; NULL where none was.
  const siam_dataset *training; ///< What was trained on, for its fingerprint; NULL where none was.
  bool hopeful;                 ///< Judged on pictures it was trained on.
  bool fitted_here; ///< Best accuracy and calibration were fitted on the very pairs it is judged on.
} siam_report_facts;

/// Finds out before the work whether a report can be written there: over nothing but an older page.
siam_status siam_report_check_place(const char *path);

/// Writes the report of a judgement whose pairs are measured, atomically.
siam_status siam_report_write(const char *path, const siam_judgement *judgement,
                              const siam_evaluation *evaluation, const siam_report_facts *facts);

#endif
