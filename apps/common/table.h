/// Tables in aligned plain text, or in Markdown.
#ifndef SIAM_APPS_TABLE_H
#define SIAM_APPS_TABLE_H

#include <stdbool.h>
#include <stdio.h>

typedef struct app_column {
  const char *heading;
  bool right; ///< Numbers stand to the right.
} app_column;

typedef struct app_table app_table;

/// `columns` (`count` of them) must outlive the table. Release with app_table_destroy().
app_table *app_table_create(const app_column *columns, unsigned count);
void app_table_destroy(app_table *table);

/// Fills the next cell, row by row.
__attribute__((format(printf, 2, 3))) void app_table_add(app_table *table, const char *format, ...);

/// Prints the heading and all rows; what could steer a terminal is escaped.
void app_table_print(const app_table *table, FILE *stream);
void app_table_print_markdown(const app_table *table, FILE *stream);

#endif
