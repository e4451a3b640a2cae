// The study as four plots: for each system its errors over the number of examples, and over the updates of
// one training on few of them.
#include "common/file.h"
#include "common/message.h"
#include "common/plot.h"
#include "sharing/study.h"

#include <stdlib.h>

enum { LINES = 4, PLOTS = 2 * STUDY_SYSTEMS, MOST_POINTS = 16 };

/// The lines of every plot, in the order in which they are drawn.
static const struct {
  const char *name;
  study_variant variant;
  bool unseen;
} rows[LINES] = {{"tied, unseen data", STUDY_TIED, true},
                 {"untied, unseen data", STUDY_UNTIED, true},
                 {"tied, training data", STUDY_TIED, false},
                 {"untied, training data", STUDY_UNTIED, false}};

/// A plot with room for what it points to.
typedef struct study_drawing {
  app_plot_line lines[LINES];
  app_plot_point points[LINES][MOST_POINTS];
  char title[128];
} study_drawing;

static app_plot_point point_of(double x, study_spread spread) {
  return (app_plot_point){x, spread.mean, spread.mean - spread.deviation, spread.mean + spread.deviation};
}

static app_plot draw(study_drawing *drawing, const study_result *result, bool is_curve) {
  for (int l = 0; l < LINES; l++) {
    app_plot_point *points = drawing->points[l];
    const size_t count = is_curve ? STUDY_MOMENTS : STUDY_SIZES;
    for (int i = 0; i < (int)count; i++)
      points[i] = is_curve
                      ? point_of((double)result->moments[i],
                                 study_spread_at(result, STUDY_CURVE, rows[l].variant, rows[l].unseen, i))
                      : point_of((double)result->system.sizes[i],
                                 study_spread_of(result, i, rows[l].variant,
                                                 rows[l].unseen ? STUDY_UNSEEN : STUDY_TRAINING));
    drawing->lines[l] = (app_plot_line){.name = rows[l].name,
                                        .colour = (unsigned)rows[l].variant,
                                        .dashed = !rows[l].unseen,
                                        .points = points,
                                        .count = count};
  }
  if (is_curve)
    snprintf(drawing->title, sizeof drawing->title, "%s, %zu %s", result->system.title,
             result->system.sizes[STUDY_CURVE], result->system.examples);
  return (app_plot){.title = is_curve ? drawing->title : result->system.title,
                    .x_name = is_curve ? "updates" : result->system.examples,
                    .y_name = result->system.error,
                    .log_x = true,
                    .lines = drawing->lines,
                    .line_count = LINES};
}

static siam_status check(sharing_lesson *lesson, const char *reason) {
  if (reason == NULL) return SIAM_OK;
  return sharing_fail(lesson, "%s: cannot be written: %s", app_show(lesson->choices->plot), reason);
}

siam_status study_check_plot(sharing_lesson *lesson) {
  return check(lesson, app_check_writable(lesson->choices->plot));
}

siam_status study_plot(sharing_lesson *lesson, const study_result results[STUDY_SYSTEMS]) {
  study_drawing *drawings = sharing_memory(lesson, PLOTS, sizeof *drawings);
  app_plot plots[PLOTS];
  for (int i = 0; i < PLOTS; i++) plots[i] = draw(&drawings[i], &results[i / 2], i % 2 == 1);
  char *text = NULL, description[256];
  size_t size = 0;
  FILE *stream = open_memstream(&text, &size);
  if (stream == NULL) app_end_without_memory();
  snprintf(description, sizeof description,
           "Errors on training data and on unseen data, mean and standard deviation over %d seeds, over the "
           "number of examples and over the updates of a training on few.",
           (int)results[0].seeds);
  app_plot_write(stream, "Less over-fitting by weight sharing", description, plots, PLOTS, 2);
  if (fclose(stream) != 0) app_end_without_memory();
  const char *reason = app_write_file(lesson->choices->plot, text, size);
  free(text);
  SHARING_TRY(check(lesson, reason));
  sharing_gap(lesson);
  sharing_say(lesson, "plot in %s", app_show(lesson->choices->plot));
  return SIAM_OK;
}
