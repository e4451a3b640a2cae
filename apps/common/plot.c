#include "common/plot.h"

#include <math.h>

/// In units of the viewBox, which are pixels of a page that is not scaled.
enum {
  PLOT_WIDTH = 400,
  PLOT_HEIGHT = 290,
  LEGEND_HEIGHT = 40,
  LEFT = 58,
  RIGHT = 18,
  TOP = 36,
  BOTTOM = 48,
  LEGEND_STEP = 185,
  TICKS = 5
};

/// One axis: numbers from `least` to `most` become places from `from` to `to`.
typedef struct plot_axis {
  double least, most, from, to;
  bool is_log;
} plot_axis;

static double place(const plot_axis *axis, double value) {
  const double a = axis->is_log ? log(axis->least) : axis->least;
  const double b = axis->is_log ? log(axis->most) : axis->most;
  const double v = axis->is_log ? log(value) : value;
  return axis->from + (v - a) / (b - a) * (axis->to - axis->from);
}

static void write_text(FILE *stream, const char *text) {
  for (; *text != '\0'; text++) switch (*text) {
    case '&':
      fputs("&amp;", stream);
      break;
    case '<':
      fputs("&lt;", stream);
      break;
    case '>':
      fputs("&gt;", stream);
      break;
    default:
      fputc(*text, stream);
    }
}

static void write_style(FILE *stream) {
  fputs("<style>\n"
        ".plot { color-scheme: light dark; font: 12px system-ui, sans-serif; }\n"
        ".plot .paper { fill: #ffffff; }\n"
        ".plot text { fill: #1f2328; }\n"
        ".plot .quiet { fill: #59636e; }\n"
        ".plot .title { font-size: 14px; font-weight: 600; }\n"
        ".plot .grid { stroke: #d1d9e0; stroke-width: 1; }\n"
        ".plot .c0 { stroke: #0969da; fill: #0969da; }\n"
        ".plot .c1 { stroke: #bc4c00; fill: #bc4c00; }\n"
        ".plot .c2 { stroke: #1a7f37; fill: #1a7f37; }\n"
        ".plot .c3 { stroke: #8250df; fill: #8250df; }\n"
        "@media (prefers-color-scheme: dark) {\n"
        "  .plot .paper { fill: #0d1117; }\n"
        "  .plot text { fill: #e6edf3; }\n"
        "  .plot .quiet { fill: #9198a1; }\n"
        "  .plot .grid { stroke: #2f353d; }\n"
        "  .plot .c0 { stroke: #4493f8; fill: #4493f8; }\n"
        "  .plot .c1 { stroke: #f0883e; fill: #f0883e; }\n"
        "  .plot .c2 { stroke: #3fb950; fill: #3fb950; }\n"
        "  .plot .c3 { stroke: #ab7df8; fill: #ab7df8; }\n"
        "}\n"
        ".plot .line { fill: none; stroke-width: 2; stroke-linejoin: round; }\n"
        ".plot .dashed { stroke-dasharray: 5 4; }\n"
        ".plot .band { fill-opacity: 0.15; stroke: none; }\n"
        "</style>\n",
        stream);
}

/// Widens `axis` to hold `value`, where it is one that can be shown.
static void take(plot_axis *axis, double value) {
  if (!isfinite(value) || (axis->is_log && value <= 0)) return;
  axis->least = fmin(axis->least, value);
  axis->most = fmax(axis->most, value);
}

/// A step of 1, 2 or 5 times a power of ten that divides `range` into about TICKS.
static double step_for(double range) {
  const double rough = range / TICKS, power = pow(10, floor(log10(rough)));
  const double digit = rough / power;
  return (digit > 5 ? 10 : digit > 2 ? 5 : digit > 1 ? 2 : 1) * power;
}

/// Leaves room at the ends; a linear axis begins at a whole step, and at 0 where that is near.
static void settle(plot_axis *axis, bool is_vertical) {
  if (!(axis->least <= axis->most)) axis->least = axis->most = 1;
  if (axis->least == axis->most) {
    axis->least *= axis->is_log ? 0.5 : 0.9;
    axis->most = axis->most * 1.1 + (axis->most == 0);
  }
  if (!is_vertical) return;
  if (axis->is_log) {
    const double room = pow(axis->most / axis->least, 0.06);
    axis->least /= room;
    axis->most *= room;
    return;
  }
  const double room = 0.06 * (axis->most - axis->least);
  if (axis->least > 0 && axis->least < 0.4 * axis->most) axis->least = room;
  axis->least -= room;
  axis->most += room;
}

static void draw_tick(FILE *stream, const plot_axis *x, const plot_axis *y, bool is_vertical, double value) {
  const double at = place(is_vertical ? y : x, value);
  if (is_vertical)
    fprintf(stream,
            "<path class=\"grid\" d=\"M%.1f %.1fH%.1f\"/><text class=\"quiet\" x=\"%.1f\" y=\"%.1f\" "
            "text-anchor=\"end\">%.4g</text>\n",
            x->from, at, x->to, x->from - 7, at + 4, value);
  else
    fprintf(stream,
            "<path class=\"grid\" d=\"M%.1f %.1fv5\"/><text class=\"quiet\" x=\"%.1f\" y=\"%.1f\" "
            "text-anchor=\"middle\">%.6g</text>\n",
            at, y->from, at, y->from + 19, value);
}

/// Ticks of a logarithmic axis: 1, 2 and 5 times each power of ten, or all digits where few of those fit.
static void draw_log_ticks(FILE *stream, const plot_axis *x, const plot_axis *y, bool is_vertical) {
  static const double few[] = {1, 2, 5}, many[] = {1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9};
  const plot_axis *axis = is_vertical ? y : x;
  const bool wide = axis->most / axis->least > 8;
  const double *digits = wide ? few : many;
  const size_t count = wide ? sizeof few / sizeof *few : sizeof many / sizeof *many;
  const int first = (int)floor(log10(axis->least)), last = (int)floor(log10(axis->most));
  for (int power = first; power <= last; power++)
    for (size_t i = 0; i < count; i++) {
      const double value = digits[i] * pow(10, power);
      if (value >= axis->least * 0.9999 && value <= axis->most * 1.0001)
        draw_tick(stream, x, y, is_vertical, value);
    }
}

static void draw_axes(FILE *stream, const plot_axis *x, const plot_axis *y) {
  for (int is_vertical = 1; is_vertical >= 0; is_vertical--) {
    const plot_axis *axis = is_vertical ? y : x;
    if (axis->is_log) {
      draw_log_ticks(stream, x, y, is_vertical);
      continue;
    }
    const double step = step_for(axis->most - axis->least);
    for (double k = ceil(axis->least / step - 1e-9); k * step <= axis->most + 1e-9 * step; k++)
      draw_tick(stream, x, y, is_vertical, k == 0 ? 0 : k * step);
  }
}

static void draw_band(FILE *stream, const plot_axis *x, const plot_axis *y, const app_plot_line *line) {
  fprintf(stream, "<path class=\"band c%u\" d=\"", line->colour);
  for (size_t i = 0; i < line->count; i++)
    fprintf(stream, "%s%.1f %.1f", i == 0 ? "M" : "L", place(x, line->points[i].x),
            place(y, line->points[i].high));
  for (size_t i = line->count; i-- > 0;)
    fprintf(stream, "L%.1f %.1f", place(x, line->points[i].x), place(y, line->points[i].low));
  fputs("Z\"/>\n", stream);
}

static void draw_line(FILE *stream, const plot_axis *x, const plot_axis *y, const app_plot_line *line) {
  fprintf(stream, "<path class=\"line c%u%s\" d=\"", line->colour, line->dashed ? " dashed" : "");
  for (size_t i = 0; i < line->count; i++)
    fprintf(stream, "%s%.1f %.1f", i == 0 ? "M" : "L", place(x, line->points[i].x),
            place(y, line->points[i].y));
  fputs("\"/>\n", stream);
  for (size_t i = 0; i < line->count; i++)
    fprintf(stream, "<circle class=\"c%u\" cx=\"%.1f\" cy=\"%.1f\" r=\"%s\"/>\n", line->colour,
            place(x, line->points[i].x), place(y, line->points[i].y), line->dashed ? "1.5" : "2.5");
}

static void draw_words(FILE *stream, const app_plot *plot, const plot_axis *x, const plot_axis *y) {
  fprintf(stream, "<text class=\"title\" x=\"%.1f\" y=\"%.1f\">", x->from, y->to - 14);
  write_text(stream, plot->title);
  fprintf(stream, "</text>\n<text class=\"quiet\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">",
          (x->from + x->to) / 2, y->from + 38);
  write_text(stream, plot->x_name);
  fprintf(stream,
          "</text>\n<text class=\"quiet\" transform=\"translate(%.1f %.1f) rotate(-90)\" "
          "text-anchor=\"middle\">",
          x->from - 44, (y->from + y->to) / 2);
  write_text(stream, plot->y_name);
  fputs("</text>\n", stream);
}

static void draw_plot(FILE *stream, const app_plot *plot, double left, double top) {
  plot_axis x = {INFINITY, -INFINITY, left + LEFT, left + PLOT_WIDTH - RIGHT, plot->log_x};
  plot_axis y = {INFINITY, -INFINITY, top + PLOT_HEIGHT - BOTTOM, top + TOP, plot->log_y};
  for (size_t l = 0; l < plot->line_count; l++)
    for (size_t i = 0; i < plot->lines[l].count; i++) {
      const app_plot_point *point = &plot->lines[l].points[i];
      take(&x, point->x);
      take(&y, point->y);
      take(&y, point->low);
      take(&y, point->high);
    }
  settle(&x, false);
  settle(&y, true);
  draw_axes(stream, &x, &y);
  for (size_t l = 0; l < plot->line_count; l++) draw_band(stream, &x, &y, &plot->lines[l]);
  for (size_t l = 0; l < plot->line_count; l++) draw_line(stream, &x, &y, &plot->lines[l]);
  draw_words(stream, plot, &x, &y);
}

static void draw_legend(FILE *stream, const app_plot *plot) {
  for (size_t l = 0; l < plot->line_count; l++) {
    const app_plot_line *line = &plot->lines[l];
    const double left = LEFT + (double)l * LEGEND_STEP;
    fprintf(stream, "<path class=\"line c%u%s\" d=\"M%.1f 24h30\"/><text x=\"%.1f\" y=\"28\">", line->colour,
            line->dashed ? " dashed" : "", left, left + 38);
    write_text(stream, line->name);
    fputs("</text>\n", stream);
  }
}

void app_plot_write(FILE *stream, const char *title, const char *description, const app_plot *plots,
                    unsigned count, unsigned columns) {
  const unsigned rows = (count + columns - 1) / columns;
  const unsigned width = columns * PLOT_WIDTH, height = LEGEND_HEIGHT + rows * PLOT_HEIGHT;
  fprintf(stream,
          "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\" viewBox=\"0 0 %u %u\" role=\"img\">\n"
          "<title>",
          width, height);
  write_text(stream, title);
  fputs("</title>\n<desc>", stream);
  write_text(stream, description);
  fputs("</desc>\n", stream);
  write_style(stream);
  fprintf(stream, "<rect class=\"paper\" width=\"%u\" height=\"%u\"/>\n", width, height);
  if (count > 0) draw_legend(stream, &plots[0]);
  for (unsigned i = 0; i < count; i++) {
    const unsigned row = i / columns, column = i % columns;
    draw_plot(stream, &plots[i], column * (double)PLOT_WIDTH, LEGEND_HEIGHT + row * (double)PLOT_HEIGHT);
  }
  fputs("</svg>\n", stream);
}
