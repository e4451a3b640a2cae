/// Plots of lines with bands, as SVG that stands alone or inside an HTML page, in light and in dark.
#ifndef SIAM_APPS_PLOT_H
#define SIAM_APPS_PLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/// A point, and the range that a band shows around it; low = high = y: none.
typedef struct app_plot_point {
  double x, y, low, high;
} app_plot_point;

/// Lines that mean the same in several plots have the same name and look.
typedef struct app_plot_line {
  const char *name;
  unsigned colour; ///< Number of a colour, below APP_PLOT_COLOURS.
  bool dashed;
  const app_plot_point *points; ///< By ascending x.
  size_t count;
} app_plot_line;
enum { APP_PLOT_COLOURS = 4 };

typedef struct app_plot {
  const char *title, *x_name, *y_name;
  bool log_x, log_y; ///< Logarithmic axes: every number is above 0.
  const app_plot_line *lines;
  size_t line_count;
} app_plot;

/// Writes `count` plots, `columns` of them side by side, under one legend: that of the first plot's lines.
/// The title and the description are for those who do not see it.
void app_plot_write(FILE *stream, const char *title, const char *description, const app_plot *plots,
                    unsigned count, unsigned columns);

#endif
