/// Labeled Faces in the Wild (Huang et al. 2007): pairs.txt beside folders of persons. Its first line says
/// how many sets follow and how many pairs of each kind a set has (without sets: only how many). A line `name
/// i j` is two pictures of one person, `name i other j` of two; picture i of a person is the file
/// name/name_000i.jpg. See "README" of the data set, section "View 2".
#include "data/dataset_build.h"
#include "data/folder.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define LIST "pairs.txt"
enum { LARGEST_LIST = 1 << 28, MOST_FIELDS = 5 };

typedef struct lfw_reader {
  siam_dataset *dataset;
  const siam_logger *logger;
  const char *folder;
  char *path; ///< Of pairs.txt.
  siam_key_map known, persons;
  size_t line;
  unsigned long sets, per_set;
} lfw_reader;

static siam_status fail_at(const lfw_reader *reader, const char *reason) {
  return siam_fail(SIAM_ERROR_FORMAT, "%s: line %zu: %s", reader->path, reader->line, reason);
}

/// Cuts a line at its tabs, or at spaces where it has none, and gives how many fields there are.
static size_t split(char *line, char **fields) {
  size_t count = 0;
  const char *between = strchr(line, '\t') != NULL ? "\t\r" : " \r";
  char *rest = NULL;
  for (char *field = strtok_r(line, between, &rest); field != NULL && count < MOST_FIELDS;
       field = strtok_r(NULL, between, &rest))
    fields[count++] = field;
  return count;
}

static bool read_number(const char *text, unsigned long *number) {
  char *end = NULL;
  if (text[0] < '0' || text[0] > '9') return false;
  *number = strtoul(text, &end, 10);
  return *end == '\0' && *number <= 1000000;
}

static siam_status read_header(lfw_reader *reader, char *line) {
  char *fields[MOST_FIELDS] = {0};
  size_t count = split(line, fields);
  reader->sets = 1;
  bool sound =
      (count == 1 && read_number(fields[0], &reader->per_set)) ||
      (count == 2 && read_number(fields[0], &reader->sets) && read_number(fields[1], &reader->per_set));
  return sound && reader->sets > 0 && reader->per_set > 0
             ? SIAM_OK
             : fail_at(reader, "not a list of LFW pairs: its first line holds one or two numbers");
}

/// The class of a person, added when new; a person is told by the identity of the folder.
static siam_status find_person(lfw_reader *reader, const char *name, const char *folder, uint32_t *person) {
  struct stat information;
  bool found = false;
  if (stat(folder, &information) != 0)
    return siam_fail(SIAM_ERROR_FILE, "%s: cannot examine: %s", folder, strerror(errno));
  SIAM_RETURN_IF_FAILED(siam_key_map_put(&reader->persons, (uint64_t)information.st_dev,
                                         (uint64_t)information.st_ino, reader->dataset->class_count, person,
                                         &found));
  return found ? SIAM_OK : siam_dataset_add_class(reader->dataset, name, SIAM_NO_CLASS, NULL);
}

/// Picture `number` of a person: name_0001 with the first extension that there is.
static siam_status find_picture(lfw_reader *reader, const char *name, const char *number, uint32_t *image) {
  static const char *const extensions[] = {"jpg", "png", "jpeg", "pgm", "ppm", "bmp", "webp"};
  unsigned long index = 0;
  if (!siam_path_stays_inside(name)) return fail_at(reader, "a person's folder lies outside of the data");
  if (!read_number(number, &index)) return fail_at(reader, "the number of a picture is missing");
  siam_status status = SIAM_OK;
  siam_text path = {0};
  uint32_t person = SIAM_NO_CLASS;
  char *folder = siam_join_path(reader->folder, name);
  if (folder == NULL) return SIAM_ERROR_MEMORY;
  SIAM_TRY(find_person(reader, name, folder, &person));
  for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++) {
    siam_text_clear(&path);
    siam_text_add(&path, "%s/%s_%04lu.%s", folder, name, index, extensions[i]);
    SIAM_TRY(siam_text_status(&path));
    status = siam_dataset_add_file(reader->dataset, &reader->known, path.bytes, person, image);
    if (status != SIAM_ERROR_FILE) goto cleanup;
  }
  status =
      siam_fail(SIAM_ERROR_FILE, "%s/%s_%04lu: no such picture (.jpg, .png, .pgm …)", folder, name, index);
cleanup:
  siam_text_clear(&path);
  siam_free(folder);
  return status;
}

static siam_status read_pair(lfw_reader *reader, char *line, unsigned long number) {
  char *fields[MOST_FIELDS] = {0};
  size_t count = split(line, fields);
  siam_pair pair = {.same = count == 3};
  if (count != 3 && count != 4) return fail_at(reader, "a pair has three fields or four");
  siam_status status = find_picture(reader, fields[0], fields[1], &pair.a);
  if (status == SIAM_OK)
    status = find_picture(reader, fields[pair.same ? 0 : 2], fields[pair.same ? 2 : 3], &pair.b);
  if (status == SIAM_OK && pair.a == pair.b) status = fail_at(reader, "a pair is one picture twice");
  if (status == SIAM_OK)
    return siam_dataset_add_pair(reader->dataset, pair, (uint32_t)(number / (2 * reader->per_set)));
  if (status == SIAM_ERROR_MEMORY || status == SIAM_ERROR_UNSUPPORTED) return status;
  siam_log(reader->logger, SIAM_LOG_WARNING, "%s: line %zu: skipped: %s", reader->path, reader->line,
           siam_last_error());
  reader->dataset->skipped++;
  return SIAM_OK;
}

static siam_status read_lines(lfw_reader *reader, char *text) {
  char *rest = NULL;
  unsigned long count = 0;
  for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
    reader->line++;
    if (line[strspn(line, " \t\r")] == '\0') continue;
    if (reader->per_set == 0)
      SIAM_RETURN_IF_FAILED(read_header(reader, line));
    else
      SIAM_RETURN_IF_FAILED(read_pair(reader, line, count++));
  }
  unsigned long promised = 2 * reader->sets * reader->per_set;
  if (count != promised || count == 0)
    return siam_fail(SIAM_ERROR_FORMAT,
                     "%s: its first line promises %lu pairs, but %lu follow; fetch it again", reader->path,
                     promised, count);
  if (2 * (uint64_t)reader->dataset->skipped <= count) return SIAM_OK;
  return siam_fail(SIAM_ERROR_DATA,
                   "%s: %u of its %lu pairs cannot be used, more than half; put the folders of the persons "
                   "beside it",
                   reader->path, reader->dataset->skipped, count);
}

siam_status siam_parse_lfw_pairs(const char *folder, char *text, const siam_logger *logger,
                                 siam_dataset *dataset) {
  lfw_reader reader = {.dataset = dataset, .logger = logger, .folder = folder};
  reader.path = siam_join_path(folder, LIST);
  if (reader.path == NULL) return SIAM_ERROR_MEMORY;
  siam_status status = read_lines(&reader, text);
  siam_key_map_clear(&reader.known);
  siam_key_map_clear(&reader.persons);
  siam_free(reader.path);
  return status;
}

siam_status siam_read_lfw_pairs(const char *path, const siam_logger *logger, siam_dataset *dataset) {
  uint8_t *bytes = NULL;
  size_t count = 0;
  char *list = siam_join_path(path, LIST);
  if (list == NULL) return SIAM_ERROR_MEMORY;
  siam_status status = siam_file_read(list, LARGEST_LIST, &bytes, &count);
  if (status == SIAM_OK) status = siam_parse_lfw_pairs(path, (char *)bytes, logger, dataset);
  siam_free(bytes);
  siam_free(list);
  return status;
}
