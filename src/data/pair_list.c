/// A pair list: CSV with the columns a, b and label, paths relative to the CSV.
#include "data/dataset_build.h"
#include "data/folder.h"
#include "data/inside.h"

#include "base/csv_read.h"
#include "base/file.h"
#include "base/memory.h"

#include <string.h>
#include <strings.h>

/// More than ten million rows.
enum { LARGEST_LIST = 1 << 30 };

typedef struct list_reader {
  siam_dataset *dataset;
  const siam_logger *logger;
  bool allow_outside;
  siam_csv_reader csv;
  siam_key_map known;
  siam_inside inside;
  char *folder; ///< The CSV's own; "" when its path has none.
  size_t a, b, label;
  uint32_t rows;
} list_reader;

static siam_status find_column(const list_reader *reader, const char *name, size_t *column) {
  for (size_t i = 0; i < reader->csv.field_count; i++) {
    if (strcasecmp(reader->csv.fields[i], name) != 0) continue;
    *column = i;
    return SIAM_OK;
  }
  return siam_fail(SIAM_ERROR_FORMAT,
                   "%s: no column \"%s\" in its first line; a pair list is a CSV with the header a,b,label",
                   reader->csv.name, name);
}

static siam_status read_header(list_reader *reader) {
  bool more = false;
  SIAM_RETURN_IF_FAILED(siam_csv_next(&reader->csv, &more));
  if (!more)
    return siam_fail(SIAM_ERROR_FORMAT, "%s: empty; a pair list is a CSV with the header a,b,label",
                     reader->csv.name);
  SIAM_RETURN_IF_FAILED(find_column(reader, "a", &reader->a));
  SIAM_RETURN_IF_FAILED(find_column(reader, "b", &reader->b));
  return find_column(reader, "label", &reader->label);
}

static siam_status read_label(const list_reader *reader, bool *same) {
  const char *text = reader->csv.fields[reader->label];
  *same = strcmp(text, "1") == 0 || strcasecmp(text, "same") == 0;
  if (*same || strcmp(text, "0") == 0 || strcasecmp(text, "different") == 0) return SIAM_OK;
  return siam_fail(SIAM_ERROR_FORMAT, "%s: line %zu: label \"%s\" is none of 1, 0, same, different",
                   reader->csv.name, reader->csv.line, text);
}

static siam_status fail_outside(const list_reader *reader, const char *name, const char *how) {
  return siam_fail(SIAM_ERROR_ARGUMENT,
                   "%s: line %zu: %s %s outside of the list's folder; if you trust the list, allow that with "
                   "--allow-outside",
                   reader->csv.name, reader->csv.line, name, how);
}

/// Follows links, since the pictures may come from whom the list comes from. A file that is known already was
/// looked at when it was new. One that cannot be looked at is in the set already, and ends the reading.
static siam_status check_links(list_reader *reader, const char *name, const char *path) {
  bool lies_inside = true;
  if (reader->allow_outside) return SIAM_OK;
  const siam_status status = siam_inside_check(&reader->inside, path, &lies_inside);
  if (status == SIAM_ERROR_FILE)
    return siam_fail(SIAM_ERROR_DATA, "%s: line %zu: %s", reader->csv.name, reader->csv.line,
                     siam_last_error());
  SIAM_RETURN_IF_FAILED(status);
  return lies_inside ? SIAM_OK : fail_outside(reader, name, "leads by a link");
}

static siam_status find_picture(list_reader *reader, const char *name, uint32_t *image) {
  if (name[0] == '\0') return siam_fail(SIAM_ERROR_FILE, "an empty path");
  if (!reader->allow_outside && !siam_path_stays_inside(name)) return fail_outside(reader, name, "lies");
  char *path = name[0] == '/' ? siam_copy_text(name) : siam_join_path(reader->folder, name);
  if (path == NULL) return SIAM_ERROR_MEMORY;
  const uint32_t count = reader->dataset->image_count;
  siam_status status = siam_dataset_add_file(reader->dataset, &reader->known, path, SIAM_NO_CLASS, image);
  if (status == SIAM_OK && reader->dataset->image_count > count) status = check_links(reader, name, path);
  siam_free(path);
  return status;
}

static siam_status skip(list_reader *reader, const char *reason) {
  siam_log(reader->logger, SIAM_LOG_WARNING, "%s: line %zu: skipped: %s", reader->csv.name, reader->csv.line,
           reason);
  reader->dataset->skipped++;
  return SIAM_OK;
}

static siam_status read_row(list_reader *reader) {
  siam_pair pair = {0};
  size_t needed = reader->a > reader->b ? reader->a : reader->b;
  if (reader->label > needed) needed = reader->label;
  if (reader->csv.field_count <= needed)
    return siam_fail(SIAM_ERROR_FORMAT,
                     "%s: line %zu: %zu fields, too few; quote a path that holds a line end",
                     reader->csv.name, reader->csv.line, reader->csv.field_count);
  SIAM_RETURN_IF_FAILED(read_label(reader, &pair.same));
  siam_status status = find_picture(reader, reader->csv.fields[reader->a], &pair.a);
  if (status == SIAM_OK) status = find_picture(reader, reader->csv.fields[reader->b], &pair.b);
  if (status == SIAM_ERROR_FILE) return skip(reader, siam_last_error());
  if (status != SIAM_OK) return status;
  if (pair.a == pair.b) return skip(reader, "a and b are one and the same file");
  return siam_dataset_add_pair(reader->dataset, pair, 0);
}

static siam_status read_rows(list_reader *reader) {
  bool more = true;
  SIAM_RETURN_IF_FAILED(read_header(reader));
  for (;;) {
    SIAM_RETURN_IF_FAILED(siam_csv_next(&reader->csv, &more));
    if (!more) break;
    SIAM_RETURN_IF_FAILED(read_row(reader));
    reader->rows++;
  }
  if (2 * (uint64_t)reader->dataset->skipped <= reader->rows) return SIAM_OK;
  return siam_fail(
      SIAM_ERROR_DATA,
      "%s: %u of its %u pairs cannot be used, more than half; paths are taken relative to the list",
      reader->csv.name, reader->dataset->skipped, reader->rows);
}

siam_status siam_parse_pair_list(const char *path, uint8_t *bytes, size_t count,
                                 const siam_dataset_options *options, siam_dataset *dataset) {
  siam_status status = SIAM_OK;
  list_reader reader = {
      .dataset = dataset, .logger = &options->logger, .allow_outside = options->allow_outside};
  reader.folder = siam_copy_text(path);
  if (reader.folder == NULL) return SIAM_ERROR_MEMORY;
  char *slash = strrchr(reader.folder, '/');
  reader.folder[slash != NULL ? slash + 1 - reader.folder : 0] = '\0';
  reader.inside.folder = reader.folder;
  SIAM_TRY(siam_csv_begin(&reader.csv, path, bytes, count));
  SIAM_TRY(read_rows(&reader));
cleanup:
  siam_csv_end(&reader.csv);
  siam_key_map_clear(&reader.known);
  siam_inside_end(&reader.inside);
  siam_free(reader.folder);
  return status;
}

siam_status siam_read_pair_list(const char *path, const siam_dataset_options *options,
                                siam_dataset *dataset) {
  uint8_t *bytes = NULL;
  size_t count = 0;
  SIAM_RETURN_IF_FAILED(siam_file_read(path, LARGEST_LIST, &bytes, &count));
  siam_status status = siam_parse_pair_list(path, bytes, count, options, dataset);
  siam_free(bytes);
  return status;
}
