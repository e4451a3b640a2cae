#include "cli.h"
#include "pictures.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EMBED "siamese-embed -m m.siamese "
#define PICTURE "held-out/group0/class00/00.pgm"
#define KEYS "output images broken embedding views part_factor against batch seconds model device"

static void begin(void) {
  siam_cli_begin(true);
}
TestSuite(cli_embed, .init = begin, .fini = siam_cli_end, .timeout = 300);

Test(cli_embed, a_matrix_and_its_paths_stand_side_by_side) {
  json_t *object = siam_cli_json(0, EMBED "held-out -o e.npy", KEYS);
  cr_expect_eq(json_integer_value(json_object_get(object, "images")), 48);
  cr_expect_eq(json_integer_value(json_object_get(object, "embedding")), 8);
  cr_expect_eq(json_integer_value(json_object_get(object, "broken")), 0);
  json_decref(object);
  char *paths = siam_cli_read("e.txt");
  cr_expect(siam_cli_begins(paths, "held-out/group0/class00/00.pgm\nheld-out/group0/class00/01.pgm\n"), "%s",
            paths);
  free(paths);
  FILE *file = fopen(siam_cli_path("e.npy"), "rb");
  static char bytes[8192];
  size_t count = fread(bytes, 1, sizeof bytes, file);
  fclose(file);
  cr_expect_eq(memcmp(bytes, "\x93NUMPY\1\0", 8), 0);
  cr_expect_not_null(strstr(bytes + 10, "'shape': (48, 8)"));
  // Every row has length 1, up to the rounding of eight squares and a root in float32.
  const char *values = bytes + count - 48 * 8 * sizeof(float);
  for (int row = 0; row < 48; row++) {
    float numbers[8];
    double sum = 0;
    memcpy(numbers, values + (size_t)row * sizeof numbers, sizeof numbers);
    for (int i = 0; i < 8; i++) sum += (double)numbers[i] * numbers[i];
    cr_expect_float_eq(sum, 1, 1e-5);
  }
}

Test(cli_embed, a_matrix_and_its_list_that_are_one_file_are_refused) {
  free(siam_cli_out(0, EMBED PICTURE " -o e.npy -q"));
  unlink(siam_cli_path("e.txt"));
  cr_assert_eq(link(siam_cli_path("e.npy"), siam_cli_path("e.txt")), 0);
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {EMBED "held-out -o e.npy", {"e.txt: both the matrix and its list of paths", "name two files"}},
      {NULL, {0}}});
}

Test(cli_embed, what_steers_a_terminal_is_escaped_in_json_and_comes_back) {
  // CSI as one character, a turn of the direction of writing, and DEL.
  char *out = siam_cli_out(0, EMBED PICTURE " -o x\xc2\x9b\xe2\x80\xae\x7f\xc3\xa4.csv --json");
  cr_expect_not_null(strstr(out, "\"output\": \"x\\u009b\\u202e\\u007f\xc3\xa4.csv\""), "%s", out);
  json_t *object = json_loads(out, 0, NULL);
  cr_assert_not_null(object, "%s", out);
  cr_expect_str_eq(json_string_value(json_object_get(object, "output")),
                   "x\xc2\x9b\xe2\x80\xae\x7f\xc3\xa4.csv");
  json_decref(object);
  free(out);
}

Test(cli_embed, a_model_with_views_has_a_row_for_each_of_them) {
  free(siam_cli_out(0, "siamese-train data -e tiny.txt -b 8 --steps 2 --views copies -o views.siamese -q"));
  json_t *object = siam_cli_json(0, "siamese-embed -m views.siamese held-out -o v.csv --views", KEYS);
  cr_expect_eq(json_integer_value(json_object_get(object, "images")), 48);
  cr_expect_eq(json_integer_value(json_object_get(object, "views")), 22);
  cr_expect_eq(json_real_value(json_object_get(object, "part_factor")), 1.4);
  // The whole comes first, and a turned middle, the thirteenth, is compared with the middle 80 %.
  const json_t *against = json_object_get(object, "against");
  cr_expect_eq(json_array_size(against), 22);
  cr_expect_eq(json_integer_value(json_array_get(against, 0)), 0);
  cr_expect_eq(json_integer_value(json_array_get(against, 12)), 1);
  json_decref(object);
  // The first row of each picture is the one that is written without views.
  free(siam_cli_out(0, "siamese-embed -m views.siamese held-out -o w.csv -q"));
  char *views = siam_cli_read("v.csv"), *wholes = siam_cli_read("w.csv"), *rest = wholes;
  unsigned row = 0;
  for (char *line = strtok(views, "\n"); line != NULL; line = strtok(NULL, "\n"), row++) {
    if (row > 0 && (row - 1) % 22 != 0) continue;
    size_t length = strlen(line);
    cr_assert(strncmp(rest, line, length) == 0 && rest[length] == '\n', "row %u: %s", row, line);
    rest += length + 1;
  }
  cr_expect_eq(row, 1 + 22 * 48);
  cr_expect_eq(*rest, '\0');
  free(views);
  free(wholes);
}

/// Reads the eight numbers of a line of embeddings.
static void read_row(const char *line, double row[8]) {
  const char *at = strchr(line, ',');
  for (int i = 0; i < 8; i++) {
    cr_assert_not_null(at, "%s", line);
    row[i] = strtod(at + 1, NULL);
    at = strchr(at + 1, ',');
  }
}

Test(cli_embed, averaged_views_are_one_row_and_what_comparing_goes_by) {
  free(siam_cli_out(0, "siamese-train data -e tiny.txt -b 8 --steps 2 --views average -o mean.siamese -q"));
  free(siam_cli_out(0, "siamese-embed -m mean.siamese held-out -o v.csv --views -q"));
  free(siam_cli_out(0, "siamese-embed -m mean.siamese held-out -o w.csv -q --batch 5"));
  cr_expect(siam_cli_same_files("v.csv", "w.csv"), "with or without --views, however many at a time");
  char *csv = siam_cli_read("w.csv"), *line = strtok(csv, "\n");
  double rows[2][8], square = 0;
  for (int i = 0; i < 2; i++) read_row(line = strtok(NULL, "\n"), rows[i]);
  for (int i = 0; i < 8; i++) square += (rows[0][i] - rows[1][i]) * (rows[0][i] - rows[1][i]);
  siam_command_result result =
      siam_cli_run(NULL, "siamese-compare -m mean.siamese --json held-out/group0/class00/00.pgm "
                         "held-out/group0/class00/01.pgm");
  json_t *object = json_loads(result.out, 0, NULL);
  cr_assert_not_null(object, "%s%s", result.out, result.err);
  cr_expect_float_eq(siam_cli_number(object, "distance"), sqrt(square), 1e-6);
  cr_expect(json_is_null(json_object_get(object, "shown_of_a")) &&
            json_is_null(json_object_get(object, "shown_of_b")));
  json_decref(object);
  siam_command_release(&result);
  free(csv);
}

Test(cli_embed, a_csv_has_a_header_and_quotes_names) {
  cr_assert_eq(rename(siam_cli_path("data/group0/class00/00.pgm"), siam_cli_path("a, \"b\".pgm")), 0);
  char *out = siam_cli_out(0, EMBED "'a, \"b\".pgm' held-out/group1 -o e.csv");
  cr_expect(siam_cli_begins(out, "25 pictures, 8 numbers each, in "), "%s", out);
  free(out);
  char *csv = siam_cli_read("e.csv");
  cr_expect(siam_cli_begins(csv, "path,e0,e1,e2,e3,e4,e5,e6,e7\n\"a, \"\"b\"\".pgm\","), "%s", csv);
  free(csv);
  cr_expect_neq(access(siam_cli_path("e.txt"), F_OK), 0);
}

Test(cli_embed, the_batch_changes_no_bit) {
  free(siam_cli_out(0, EMBED "held-out -o a.csv -q"));
  free(siam_cli_out(0, EMBED "held-out -o b.csv -q --batch 48"));
  cr_expect(siam_cli_same_files("a.csv", "b.csv"));
}

Test(cli_embed, broken_pictures_are_named_and_left_out) {
  cr_assert_eq(truncate(siam_cli_path("held-out/group0/class00/01.pgm"), 100), 0);
  siam_command_result result = siam_cli_run(NULL, EMBED "held-out -o e.csv -q");
  cr_expect_eq(result.code, 0);
  cr_expect_not_null(strstr(result.err, "warning: skipped: held-out/group0/class00/01.pgm: broken PNM"), "%s",
                     result.err);
  cr_expect_not_null(strstr(result.out, "47 pictures"), "%s", result.out);
  cr_expect_not_null(strstr(result.out, "1 broken picture left out"), "%s", result.out);
  siam_command_release(&result);
  char *csv = siam_cli_read("e.csv");
  cr_expect_null(strstr(csv, "class00/01.pgm"));
  cr_expect_not_null(strstr(csv, "class00/02.pgm"));
  free(csv);
}

Test(cli_embed, every_refusal_names_what_is_at_fault) {
  mkdir(siam_cli_path("empty"), 0700);
  mkdir(siam_cli_path("d.npy"), 0700);
  mkdir(siam_cli_path("f.txt"), 0700);
  siam_test_write(siam_cli_path("text.png"), "hello", 5);
  siam_test_write(siam_cli_path("notes.txt"), "mine", 4);
  siam_test_write(siam_cli_path("pairs.csv"), "a,b,label\n", 10);
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {EMBED "held-out", {"nowhere to write to", "-o FILE"}},
      {EMBED "-o e.npy", {"arguments are missing: PATH..."}},
      {EMBED "held-out -o e.txt", {"e.txt", "end the name in one"}},
      {EMBED "held-out -o nowhere/e.npy", {"nowhere/e.npy: cannot create", "a folder that exists"}},
      {EMBED "held-out -o tiny.txt/e.csv", {"tiny.txt/e.csv: cannot create", "a folder that exists"}},
      {EMBED "held-out -o d.npy", {"d.npy: cannot create: it is a folder"}},
      {EMBED "held-out -o f.npy", {"f.txt: cannot create: it is a folder"}},
      {EMBED "held-out -o notes.npy", {"notes.txt: is there already", "move it away"}},
      {EMBED "held-out -o pairs.csv", {"pairs.csv: exists and is no file of embeddings", "name another"}},
      {EMBED "held-out -o e.npy --batch 0", {"--batch 0: must be at least 1"}},
      {EMBED "held-out -o e.npy --frobnicate", {"there is no option --frobnicate"}},
      {EMBED "nowhere -o e.npy", {"nowhere: ", "No such file", "check the name"}},
      {EMBED "empty -o e.npy", {"empty: no pictures here", "name files or folders"}},
      {EMBED "text.png -o e.npy", {"text.png: not a picture"}},
      {"siamese-embed -m nowhere.siamese held-out -o e.npy", {"nowhere.siamese: no such file"}},
      {"siamese-embed -m tiny.txt held-out -o e.npy", {"tiny.txt: not a model"}},
      {NULL, {0}}});
}

Test(cli_embed, a_line_end_in_a_name_does_not_fit_a_list_of_lines) {
  cr_assert_eq(rename(siam_cli_path("data/group0/class00/00.pgm"), siam_cli_path("a\nb.pgm")), 0);
  siam_command_result result = siam_cli_run(NULL, EMBED "'a\nb.pgm' -o e.npy");
  cr_expect_eq(result.code, 2);
  cr_expect_not_null(strstr(result.err, "write a .csv instead"), "%s", result.err);
  cr_expect_neq(access(siam_cli_path("e.npy"), F_OK), 0);
  cr_expect_neq(access(siam_cli_path("e.txt"), F_OK), 0);
  siam_command_release(&result);
  free(siam_cli_out(0, EMBED "'a\nb.pgm' -o e.csv"));
}

Test(cli_embed, a_batch_that_does_not_fit_is_refused_and_none_asked_for_is_made_to_fit) {
  const siam_command_options little = {.environment = (const char *const[]){"SIAMESE_DEVICE_MEMORY=1", NULL}};
  siam_command_result result = siam_cli_run(&little, EMBED "held-out -o e.csv -q -b 60000");
  cr_expect_eq(result.code, 0, "no more are taken than there are: %s", result.err);
  siam_command_release(&result);
  const siam_command_options large = {.environment = (const char *const[]){"SIAMESE_DEVICE_MEMORY=20", NULL}};
  result = siam_cli_run(&large, "siamese-embed held-out -o e.csv -q -b 48");
  cr_expect_eq(result.code, 2);
  cr_expect_not_null(strstr(result.err, "a batch of 48 pictures needs "), "%s", result.err);
  cr_expect_not_null(strstr(result.err, "; the largest batch that fits is "), "%s", result.err);
  siam_command_release(&result);
  result = siam_cli_run(&large, "siamese-embed held-out -o e.csv -q");
  cr_expect_eq(result.code, 0, "%s", result.err);
  siam_command_release(&result);
}

Test(cli_embed, the_largest_batch_is_found_and_gives_the_same_embeddings) {
  // With room for all it is all.
  json_t *object = siam_cli_json(0, EMBED "held-out -o all.csv -b auto", KEYS);
  cr_expect_eq(siam_cli_integer(object, "batch"), 48);
  json_decref(object);
  const siam_command_options little = {.environment =
                                           (const char *const[]){"SIAMESE_DEVICE_MEMORY=20", NULL}};
  siam_command_result result =
      siam_cli_run(&little, "siamese-embed held-out -o some.csv --batch auto --json");
  cr_assert_eq(result.code, 0, "%s", result.err);
  object = json_loads(result.out, 0, NULL);
  const json_int_t batch = siam_cli_integer(object, "batch");
  json_decref(object);
  siam_command_release(&result);
  // It fits when asked for, and one more does not.
  cr_assert(batch >= 1 && batch < 48, "%lld", (long long)batch);
  for (int more = 0; more < 2; more++) {
    char line[96];
    snprintf(line, sizeof line, "siamese-embed held-out -o again.csv -q -b %d", (int)batch + more);
    result = siam_cli_run(&little, line);
    cr_expect_eq(result.code, more == 0 ? 0 : 2, "%s: %s", line, result.err);
    siam_command_release(&result);
  }
  cr_expect(siam_cli_same_files("some.csv", "again.csv"));
}

/// A grey picture of one colour that takes no room on the disk.
static void write_sparse(const char *name, unsigned width, unsigned height) {
  FILE *file = fopen(siam_cli_path(name), "wb");
  fprintf(file, "P5\n%u %u\n255\n", width, height);
  fflush(file);
  cr_assert_eq(ftruncate(fileno(file), ftell(file) + (off_t)width * height), 0);
  fclose(file);
}

static void expect_left_out(const char *const *environment, const char *line, const char *words) {
  const siam_command_options options = {.environment = environment};
  siam_command_result result = siam_cli_run(&options, line);
  cr_expect_eq(result.code, 2, "%s", line);
  cr_expect_not_null(strstr(result.err, words), "%s", result.err);
  siam_command_release(&result);
}

static void expect_read(const char *const *environment, const char *line) {
  const siam_command_options options = {.environment = environment};
  siam_command_result result = siam_cli_run(&options, line);
  cr_expect_eq(result.code, 0, "%s: %s", line, result.err);
  cr_expect_not_null(strstr(result.out, "1 picture, "), "%s", result.out);
  siam_command_release(&result);
}

Test(cli_embed, what_a_picture_may_be_at_most_is_an_option) {
  // More than 64 Mi pixels; wider than 16,384.
  write_sparse("big.pgm", 8200, 8200);
  write_sparse("wide.pgm", 20000, 2);
  static const char *const ways[][2] = {{"SIAMESE_DECODE=process", NULL}, {"SIAMESE_DECODE=inside", NULL}};
  for (size_t i = 0; i < 2; i++) {
    expect_left_out(
        ways[i], EMBED "big.pgm -o e.csv -q",
        "8200 × 8200 pixels, more than the limit of 67108864 in all; make it smaller or raise the "
        "limit by --max-pixels");
    expect_read(ways[i], EMBED "big.pgm -o e.csv --max-pixels 67240000");
    expect_left_out(
        ways[i], EMBED "wide.pgm -o e.csv -q",
        "20000 × 2 pixels, more than the limit of 16384 a side; make it smaller or raise the limit "
        "by --max-side");
    expect_read(ways[i], EMBED "wide.pgm -o e.csv --max-side 20000");
    expect_left_out(ways[i], EMBED "big.pgm -o e.csv --max-pixels 67240000 --max-file 64 -q",
                    "67240017 bytes, more than the limit of 67108864; make it smaller or raise the limit by "
                    "--max-file");
  }
}
