#include "cli.h"
#include "compare_keys.h"
#include "pictures.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define A "data/group0/class00/00.pgm"
#define B "data/group1/class05/00.pgm"
static void begin(void) {
  siam_cli_begin(true);
}
TestSuite(cli_compare, .init = begin, .fini = siam_cli_end, .timeout = 300);

static const char *text(const json_t *object, const char *key) {
  cr_assert(json_is_string(json_object_get(object, key)), "%s", key);
  return json_string_value(json_object_get(object, key));
}

Test(cli_compare, a_picture_is_the_same_as_itself_and_the_text_says_so) {
  siam_command_result result = siam_cli_run(NULL, "siamese-compare -m m.siamese " A " " A);
  cr_expect_eq(result.code, 0);
  cr_expect_str_eq(result.err, "");
  cr_expect(siam_cli_begins(result.out, "distance    0.0000\nsimilarity  "), "%s", result.out);
  cr_expect_not_null(strstr(result.out, " (best accuracy)\nverdict     same\n"), "%s", result.out);
  siam_command_release(&result);
}

Test(cli_compare, the_exit_code_follows_the_threshold_and_zero_is_one) {
  json_t *object = siam_cli_json(1, "siamese-compare -m m.siamese --threshold 0 " A " " B, PAIR_KEYS);
  double distance = siam_cli_number(object, "distance");
  cr_expect_gt(distance, 0);
  cr_expect_leq(distance, 2.00001);
  cr_expect_eq(siam_cli_number(object, "threshold"), 0);
  cr_expect_str_eq(text(object, "operating_point"), "given");
  cr_expect(json_is_false(json_object_get(object, "same")));
  json_decref(object);
  object = siam_cli_json(0, "siamese-compare -m m.siamese --threshold 0 " A " " A, PAIR_KEYS);
  cr_expect_eq(siam_cli_number(object, "distance"), 0);
  cr_expect(json_is_true(json_object_get(object, "same")));
  json_decref(object);
  object = siam_cli_json(0, "siamese-compare -m m.siamese --threshold 2.5 " A " " B, PAIR_KEYS);
  cr_expect(json_is_true(json_object_get(object, "same")));
  json_decref(object);
}

/// How many files with anything in them lie below the folders in which drivers and we keep what was compiled,
/// and their bytes.
static void count_compiled(char *text, size_t size) {
  char line[600];
  snprintf(line, sizeof line,
           "find '%s' -type f -size +0 -printf '%%s\\n' | awk '{n++; s += $1} END {print n+0, s+0}'",
           siam_cli_path("compiled"));
  FILE *found = popen(line, "r");
  cr_assert_not_null(fgets(text, (int)size, found));
  pclose(found);
}

/// Runs a command line and returns for how many programs it needed the compiler, as its messages for
/// debugging tell.
static int run_and_count_compiling(const char *line) {
  // PoCL's compiler does not give back all memory, which is no leak of ours.
  static const char *const environment[] = {"SIAMESE_LOG=debug", "ASAN_OPTIONS=detect_leaks=0", NULL};
  siam_command_result result = siam_cli_run(&(siam_command_options){.environment = environment}, line);
  cr_assert_eq(result.code, 0, "%s", result.err);
  int count = 0;
  for (const char *at = result.err; (at = strstr(at, ": compiling it with ")) != NULL; at++) count++;
  siam_command_release(&result);
  return count;
}

Test(cli_compare, a_second_start_compiles_nothing) {
  char before[64], after[64];
  // PoCL's, Mesa's and our own.
  setenv("POCL_CACHE_DIR", siam_cli_path("compiled/pocl"), 1);
  setenv("MESA_SHADER_CACHE_DIR", siam_cli_path("compiled/mesa"), 1);
  setenv("SIAMESE_CACHE_DIR", siam_cli_path("compiled/siamese"), 1);
  static const char *const folders[] = {"compiled", "compiled/pocl", "compiled/mesa"};
  for (size_t i = 0; i < 3; i++) cr_assert_eq(mkdir(siam_cli_path(folders[i]), 0700), 0);
  cr_expect_gt(run_and_count_compiling("siamese-compare -m m.siamese " A " " A), 0);
  count_compiled(before, sizeof before);
  cr_expect_neq(before[0], '0', "nothing was kept");
  // Not even a front end reads the sources again, to find what was made of them.
  cr_expect_eq(run_and_count_compiling("siamese-compare -m m.siamese " A " " A), 0);
  count_compiled(after, sizeof after);
  cr_expect_str_eq(before, after);
}

Test(cli_compare, a_second_start_with_the_default_model_compiles_nothing) {
  siam_test_write_landscape(siam_cli_path("hills.ppm"), &(siam_test_landscape){0});
  setenv("SIAMESE_CACHE_DIR", siam_cli_path("kept"), 1);
  cr_expect_gt(run_and_count_compiling("siamese-compare hills.ppm hills.ppm"), 0);
  cr_expect_eq(run_and_count_compiling("siamese-compare hills.ppm hills.ppm"), 0);
}

Test(cli_compare, swapping_the_pictures_changes_no_digit) {
  json_t *forth = siam_cli_json(1, "siamese-compare -m m.siamese -t 0 " A " " B, PAIR_KEYS);
  json_t *back = siam_cli_json(1, "siamese-compare -m m.siamese -t 0 " B " " A, PAIR_KEYS);
  cr_expect_eq(siam_cli_number(forth, "distance"), siam_cli_number(back, "distance"));
  cr_expect_eq(siam_cli_number(forth, "similarity"), siam_cli_number(back, "similarity"));
  cr_expect_geq(siam_cli_number(forth, "similarity"), 0);
  cr_expect_leq(siam_cli_number(forth, "similarity"), 1);
  cr_expect_str_eq(text(forth, "a"), A);
  cr_expect_str_eq(text(forth, "b"), B);
  cr_expect_str_eq(text(forth, "model"), "m.siamese");
  cr_expect_gt(strlen(text(forth, "device")), 0);
  json_decref(forth);
  json_decref(back);
}

Test(cli_compare, a_false_accept_rate_uses_its_own_stricter_threshold) {
  // 8 classes of 6 pictures hold enough different pairs for a rate of 1e-2.
  free(siam_cli_out(0, "siamese-train data -o n.siamese -e tiny.txt --steps 60 -b 8 --val held-out -q"));
  json_t *usual = siam_cli_json(0, "siamese-compare -m n.siamese " A " " A, PAIR_KEYS);
  json_t *strict = siam_cli_json(0, "siamese-compare -m n.siamese --far 0.01 " A " " A, PAIR_KEYS);
  cr_expect_str_eq(text(usual, "operating_point"), "best accuracy");
  cr_expect_str_eq(text(strict, "operating_point"), "far 1e-2");
  cr_expect_leq(siam_cli_number(strict, "threshold"), siam_cli_number(usual, "threshold"));
  cr_expect_eq(siam_cli_number(usual, "best_accuracy"), siam_cli_number(usual, "threshold"));
  cr_expect_eq(siam_cli_number(strict, "best_accuracy"), siam_cli_number(usual, "threshold"));
  cr_expect(json_is_false(json_object_get(strict, "calibrated_on_training")));
  json_decref(usual);
  json_decref(strict);
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {"siamese-compare -m n.siamese --far 0.0001 " A " " A, {"n.siamese", "rate of 0.0001", "it has 0.01"}},
      {NULL, {0}}});
}

/// Puts a smaller number in place of the first threshold of a model file, that of best accuracy.
static void lower_best_accuracy(const char *name) {
  char line[1024];
  snprintf(line, sizeof line, "sed -i -E 's/(\\\\\"threshold\\\\\": ?)[0-9]\\.[0-9]/\\10.0/' '%s'",
           siam_cli_path(name));
  cr_assert_eq(system(line), 0);
}

Test(cli_compare, a_false_accept_rate_that_is_laxer_than_the_best_accuracy_says_so) {
  free(siam_cli_out(0, "siamese-train data -o n.siamese -e tiny.txt --steps 60 -b 8 --val held-out -q"));
  char *usual = siam_cli_out(0, "siamese-compare -m n.siamese --far 0.01 " A " " A);
  cr_expect_not_null(strstr(usual, " (far 1e-2)\n"), "%s", usual);
  lower_best_accuracy("n.siamese");
  char *laxer = siam_cli_out(0, "siamese-compare -m n.siamese --far 0.01 " A " " A);
  cr_expect_not_null(strstr(laxer, " (far 1e-2, laxer than best accuracy at 0.0"), "%s", laxer);
  free(usual);
  free(laxer);
}

#define C "data/group0/class02/03.pgm"

Test(cli_compare, of_several_pictures_every_two_are_compared_as_alone) {
  json_t *all = siam_cli_json(
      1, "siamese-compare -m m.siamese -t 0 " A " " B " " C,
      "files pairs threshold operating_point best_accuracy calibrated_on_training model device");
  static const char *const names[] = {A, B, C};
  const json_t *pairs = json_object_get(all, "pairs");
  cr_assert_eq(json_array_size(pairs), 3);
  for (size_t i = 0, place = 0; i < 3; i++)
    for (size_t j = i + 1; j < 3; j++, place++) {
      char line[256];
      snprintf(line, sizeof line, "siamese-compare -m m.siamese -t 0 %s %s", names[i], names[j]);
      json_t *alone = siam_cli_json(1, line, PAIR_KEYS);
      const json_t *pair = json_array_get(pairs, place);
      cr_expect_str_eq(text(pair, "a"), names[i]);
      cr_expect_str_eq(text(pair, "b"), names[j]);
      cr_expect_eq(siam_cli_number(pair, "distance"), siam_cli_number(alone, "distance"));
      cr_expect_eq(siam_cli_number(pair, "similarity"), siam_cli_number(alone, "similarity"));
      json_decref(alone);
    }
  json_decref(all);
  // All the same only where every two are.
  char *printed = siam_cli_out(0, "siamese-compare -m m.siamese -t 2.1 " A " " B " " C);
  cr_expect_not_null(strstr(printed, "threshold 2.1000 (given)\n"), "%s", printed);
  free(printed);
  free(siam_cli_out(1, "siamese-compare -m m.siamese -t 0 " A " " A " " B));
}

Test(cli_compare, the_nearest_files_of_a_folder_are_listed_without_the_picture_itself) {
  siam_test_write(siam_cli_path("data/group1/broken.pgm"), "P5 9 9 255\n", 11);
  json_t *found =
      siam_cli_json(1, "siamese-compare -m m.siamese -t 0 --nearest 100 " A " data", NEAREST_KEYS);
  const json_t *list = json_object_get(found, "nearest"), *file;
  cr_expect_eq(json_integer_value(json_object_get(found, "files")), 71);
  cr_expect_eq(json_integer_value(json_object_get(found, "broken")), 1);
  cr_assert_eq(json_array_size(list), 71);
  double before = 0;
  size_t i;
  json_array_foreach(list, i, file) {
    cr_expect_geq(siam_cli_number(file, "distance"), before);
    before = siam_cli_number(file, "distance");
    cr_expect_str_neq(text(file, "file"), A);
    if (strcmp(text(file, "file"), B) != 0) continue;
    json_t *alone = siam_cli_json(1, "siamese-compare -m m.siamese -t 0 " A " " B, PAIR_KEYS);
    cr_expect_eq(siam_cli_number(file, "distance"), siam_cli_number(alone, "distance"));
    json_decref(alone);
  }
  double third = siam_cli_number(json_array_get(list, 2), "distance");
  json_decref(found);
  found = siam_cli_json(0, "siamese-compare -m m.siamese -t 2.1 --nearest 3 " A " data", NEAREST_KEYS);
  list = json_object_get(found, "nearest");
  cr_assert_eq(json_array_size(list), 3);
  cr_expect_eq(siam_cli_number(json_array_get(list, 2), "distance"), third);
  cr_expect_eq(json_integer_value(json_object_get(found, "same_files")), 71);
  json_decref(found);
}

Test(cli_compare, an_explanation_is_a_picture_and_changes_no_figure) {
  json_t *plain = siam_cli_json(1, "siamese-compare -m m.siamese -t 0 " A " " B, PAIR_KEYS);
  json_t *explained = siam_cli_json(1, "siamese-compare -m m.siamese -t 0 --explain why.png " A " " B,
                                    PAIR_KEYS " explanation most_for most_against");
  cr_expect_eq(siam_cli_number(plain, "distance"), siam_cli_number(explained, "distance"));
  const json_t *places = json_object_get(explained, "most_for");
  cr_assert_eq(json_array_size(places), 2);
  for (size_t i = 0; i < 2; i++) {
    cr_expect_lt(siam_cli_number(json_array_get(places, i), "x"), 16);
    cr_expect_geq(siam_cli_number(json_array_get(places, i), "change"),
                  siam_cli_number(json_array_get(json_object_get(explained, "most_against"), i), "change"));
  }
  // It can be read as a picture, and compared.
  free(siam_cli_out(0, "siamese-compare -m m.siamese why.png why.png"));
  char *printed = siam_cli_out(1, "siamese-compare -m m.siamese -t 0 --explain again.png " A " " B);
  cr_expect_not_null(strstr(printed, "\nwhy         again.png\n"), "%s", printed);
  cr_expect(siam_cli_same_files("why.png", "again.png"));
  free(printed);
  json_decref(plain);
  json_decref(explained);
}

Test(cli_compare, mistakes_in_the_command_line_are_told_in_one_line) {
  siam_cli_write("text.png", "no picture\n");
  siam_cli_write("own.png", "\x89PNG");
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {"siamese-compare", {"A B", "--help"}},
      {"siamese-compare -m m.siamese " A, {"arguments are missing: A B"}},
      {"siamese-compare -m m.siamese data " A, {"data: is a folder", "A FOLDER"}},
      {"siamese-compare -m m.siamese " A " " B " data", {"data: is a folder"}},
      {"siamese-compare -m m.siamese --explain e.png " A " data", {"--explain takes two pictures"}},
      {"siamese-compare -m m.siamese --explain nowhere/e.png " A " " B, {"nowhere"}},
      {"siamese-compare -m m.siamese --explain why.jpg " A " " B, {"why.jpg", "end the name in .png"}},
      {"siamese-compare -m m.siamese --explain why " A " " B, {"why: explanations are PNG", ".png"}},
      {"siamese-compare -m m.siamese --explain text.png " A " " B, {"text.png", "PNG picture"}},
      {"siamese-compare -m m.siamese --explain own.png " A " own.png",
       {"both a picture and what explains it", "name two files"}},
      {"siamese-compare -m m.siamese --nearest 3 " A " " B, {"--nearest is for a folder"}},
      {"siamese-compare -m m.siamese --nearest 3 " A " nosuchdir",
       {"nosuchdir: no such folder", "--nearest"}},
      {"siamese-compare -m m.siamese " A " " B " tiny.txt", {"tiny.txt"}},
      {"siamese-compare -m m.siamese --treshold 1 " A " " B, {"--treshold", "did you mean --threshold?"}},
      {"siamese-compare -m m.siamese -x " A " " B, {"-x"}},
      {"siamese-compare -m m.siamese " A " " B " --threshold", {"--threshold", "missing"}},
      {"siamese-compare -m m.siamese --threshold -1 " A " " B, {"--threshold -1", "at least 0"}},
      {"siamese-compare -m m.siamese --threshold nan " A " " B, {"--threshold nan", "not a number"}},
      {"siamese-compare -m m.siamese --threshold 0,5 " A " " B, {"--threshold 0,5", "not a number"}},
      {"siamese-compare -m m.siamese --far 0 " A " " B, {"--far 0", "above 0"}},
      {"siamese-compare -m m.siamese --far 2 " A " " B, {"--far 2", "at most 1"}},
      {"siamese-compare -m m.siamese --far 0.01 --threshold 0 " A " " B, {"exclude each other"}},
      {"siamese-compare -m m.siamese --json=1 " A " " B, {"--json takes no value"}},
      {"siamese-compare -m m.siamese --device 'no such card' " A " " B, {"\"no such card\"", "choose among"}},
      {"siamese-compare -m m.siamese --device 99:0 " A " " B, {"platform 99", "siamese-devices"}},
      {NULL, {0}}});
}

Test(cli_compare, what_is_no_whole_model_is_refused_by_name) {
  cr_assert_eq(truncate(siam_cli_path("m.siamese"), 3000), 0);
  siam_test_write(siam_cli_path("noise.siamese"), "\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17", 15);
  siam_test_write(siam_cli_path("nothing.siamese"), "", 0);
  // A sound safetensors file that is none of ours: an empty header, and no tensors.
  siam_test_write(siam_cli_path("other.siamese"), "\10\0\0\0\0\0\0\0{}      ", 16);
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {"siamese-compare -m m.siamese " A " " B, {"m.siamese", "MetadataIncompleteBuffer", "copy or make"}},
      {"siamese-compare -m noise.siamese " A " " B, {"noise.siamese", "not a model", "siamese-train"}},
      {"siamese-compare -m nothing.siamese " A " " B, {"nothing.siamese", "0 bytes", "copy or make"}},
      {"siamese-compare -m other.siamese " A " " B, {"other.siamese", "not a model", "siamese-train"}},
      {"siamese-compare -m tiny.txt " A " " B, {"tiny.txt", "not a model", "siamese-train"}},
      {"siamese-compare -m nowhere.siamese " A " " B, {"nowhere.siamese: no such file", "check the name"}},
      {"siamese-compare -m data " A " " B, {"data: not a regular file", "name a file"}},
      {NULL, {0}}});
}

Test(cli_compare, a_damaged_byte_of_the_weights_is_noticed) {
  FILE *file = fopen(siam_cli_path("m.siamese"), "r+b");
  cr_assert_not_null(file);
  fseek(file, -9, SEEK_END);
  int byte = fgetc(file);
  fseek(file, -9, SEEK_END);
  fputc(byte ^ 1, file);
  fclose(file);
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {"siamese-compare -m m.siamese " A " " B, {"m.siamese", "ChecksumMismatch", "copy or make"}},
      {NULL, {0}}});
}

/// Writes the first `count` bytes of a fixture, 0: all.
static void copy(const char *fixture, const char *name, size_t count) {
  char bytes[65536];
  FILE *file = fopen(siam_test_fixture(fixture), "rb");
  cr_assert_not_null(file, "%s", fixture);
  size_t got = fread(bytes, 1, sizeof bytes, file);
  fclose(file);
  siam_test_write(siam_cli_path(name), bytes, count > 0 ? count : got);
}

Test(cli_compare, what_is_no_whole_picture_is_refused_by_name) {
  copy("png_0_8.png", "short.png", 60);
  copy("jpeg_grey.jpg", "short.jpg", 300);
  copy("bad_gif.gif", "a.gif", 0);
  copy("bad_tiff.tif", "a.png", 0);
  siam_test_write(siam_cli_path("text.png"), "hello", 5);
  siam_test_write(siam_cli_path("nothing.png"), "", 0);
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {"siamese-compare -m m.siamese nowhere.png " A, {"nowhere.png: no such file", "check the name"}},
      {"siamese-compare -m m.siamese short.png " A, {"short.png: broken PNG", "replace or remove it"}},
      {"siamese-compare -m m.siamese " A " short.jpg", {"short.jpg: broken JPEG", "replace or remove it"}},
      {"siamese-compare -m m.siamese a.gif " A, {"a.gif: a GIF", "convert it to PNG or JPEG"}},
      {"siamese-compare -m m.siamese a.png " A, {"a.png: a TIFF", "convert it to PNG or JPEG"}},
      {"siamese-compare -m m.siamese text.png " A, {"text.png: not a picture", "are read"}},
      {"siamese-compare -m m.siamese nothing.png " A, {"nothing.png: the file is empty", "replace"}},
      {NULL, {0}}});
}

Test(cli_compare, names_with_blanks_and_letters_of_all_scripts_are_names) {
  cr_assert_eq(rename(siam_cli_path(A), siam_cli_path("my cat – кот 猫.pgm")), 0);
  cr_assert_eq(rename(siam_cli_path("m.siamese"), siam_cli_path("my model.siamese")), 0);
  json_t *object = siam_cli_json(
      0, "siamese-compare -m 'my model.siamese' 'my cat – кот 猫.pgm' 'my cat – кот 猫.pgm'", PAIR_KEYS);
  cr_expect_str_eq(text(object, "a"), "my cat – кот 猫.pgm");
  json_decref(object);
}

Test(cli_compare, a_name_cannot_steer_the_terminal_nor_break_the_json) {
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {"siamese-compare -m m.siamese 'a\033[31mb\xff.png' " A, {"a\\x1b[31mb\\xff.png: no such file"}},
      {NULL, {0}}});
  cr_assert_eq(rename(siam_cli_path(A), siam_cli_path("a\033[31m\n\xff.pgm")), 0);
  json_t *object =
      siam_cli_json(0, "siamese-compare -m m.siamese 'a\033[31m\n\xff.pgm' 'a\033[31m\n\xff.pgm'", PAIR_KEYS);
  cr_expect_str_eq(text(object, "a"), "a\033[31m\n\xef\xbf\xbd.pgm");
  json_decref(object);
}

Test(cli_compare, colour_is_for_terminals_only_and_never_with_no_color) {
  const siam_command_options terminal = {
      .terminal = true, .environment = (const char *const[]){"NO_COLOR", "TERM=xterm", NULL}};
  siam_command_result result = siam_cli_run(&terminal, "siamese-compare -m m.siamese " A " " A);
  cr_expect_not_null(strstr(result.out, "verdict     \033[32msame\033[0m"), "%s", result.out);
  siam_command_release(&result);
  const siam_command_options plain = {.terminal = true,
                                      .environment = (const char *const[]){"NO_COLOR=1", "TERM=xterm", NULL}};
  result = siam_cli_run(&plain, "siamese-compare -m m.siamese " A " " A);
  cr_expect_not_null(strstr(result.out, "verdict     same"), "%s", result.out);
  cr_expect_null(strchr(result.out, '\033'));
  siam_command_release(&result);
}

Test(cli_compare, a_full_disk_is_no_verdict) {
  siam_command_result result = siam_cli_run(&(siam_command_options){.output_file = "/dev/full"},
                                            "siamese-compare -m m.siamese " A " " A);
  cr_expect_eq(result.code, 2);
  cr_expect_not_null(strstr(result.err, "standard output"), "%s", result.err);
  siam_command_release(&result);
}
