#include "common/table.h"

#include "common/message.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct app_table {
  const app_column *columns;
  unsigned width; ///< Columns.
  size_t count, capacity;
  char **cells; ///< Row by row.
};

app_table *app_table_create(const app_column *columns, unsigned count) {
  app_table *table = app_allocate(1, sizeof *table);
  table->columns = columns;
  table->width = count;
  return table;
}

void app_table_destroy(app_table *table) {
  if (table == NULL) return;
  for (size_t i = 0; i < table->count; i++) free(table->cells[i]);
  free((void *)table->cells);
  free(table);
}

void app_table_add(app_table *table, const char *format, ...) {
  if (table->count == table->capacity) {
    size_t capacity = 2 * table->capacity + 16;
    char **cells = app_allocate(capacity, sizeof(char *));
    if (table->count > 0) memcpy((void *)cells, (void *)table->cells, table->count * sizeof(char *));
    free((void *)table->cells);
    table->cells = cells;
    table->capacity = capacity;
  }
  va_list arguments;
  va_start(arguments, format);
  char *text = NULL;
  if (vasprintf(&text, format, arguments) < 0) app_end_without_memory();
  va_end(arguments);
  char *shown = strdup(app_show(text));
  free(text);
  if (shown == NULL) app_end_without_memory();
  table->cells[table->count++] = shown;
}

static size_t widest(const app_table *table, unsigned column, bool markdown) {
  size_t most = app_columns(table->columns[column].heading);
  // Markdown needs three dashes under a heading.
  if (markdown && most < 3) most = 3;
  for (size_t i = column; i < table->count; i += table->width) {
    size_t columns = app_columns(table->cells[i]);
    if (columns > most) most = columns;
  }
  return most;
}

static void print_padded(FILE *stream, const char *text, size_t width, bool right, bool pads_end) {
  int blanks = (int)(width - app_columns(text));
  if (right) fprintf(stream, "%*s", blanks, "");
  fputs(text, stream);
  if (!right && pads_end) fprintf(stream, "%*s", blanks, "");
}

static const char *cell(const app_table *table, size_t row, unsigned column) {
  if (row == 0) return table->columns[column].heading;
  size_t place = (row - 1) * table->width + column;
  return place < table->count ? table->cells[place] : "";
}

void app_table_print(const app_table *table, FILE *stream) {
  for (size_t row = 0; row <= (table->count + table->width - 1) / table->width; row++) {
    for (unsigned column = 0; column < table->width; column++) {
      bool last = column + 1 == table->width;
      print_padded(stream, cell(table, row, column), widest(table, column, false),
                   table->columns[column].right, !last);
      fputs(last ? "\n" : "  ", stream);
    }
  }
}

void app_table_print_markdown(const app_table *table, FILE *stream) {
  for (size_t row = 0; row <= (table->count + table->width - 1) / table->width; row++) {
    for (unsigned column = 0; column < table->width; column++) {
      fputs("| ", stream);
      print_padded(stream, cell(table, row, column), widest(table, column, true),
                   table->columns[column].right, true);
      fputc(' ', stream);
    }
    fputs("|\n", stream);
    if (row > 0) continue;
    for (unsigned column = 0; column < table->width; column++) {
      fputs("| ", stream);
      for (size_t i = 1; i < widest(table, column, true); i++) fputc('-', stream);
      fputs(table->columns[column].right ? ": " : "- ", stream);
    }
    fputs("|\n", stream);
  }
}
