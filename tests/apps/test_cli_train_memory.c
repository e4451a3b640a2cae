// Pictures and batches that the memory has no room for.
#include "cli.h"
#include "train_lines.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void begin(void) {
  siam_cli_begin(false);
}
TestSuite(cli_train_memory, .init = begin, .fini = siam_cli_end, .timeout = 600);

Test(cli_train_memory, pictures_that_do_not_fit_stream_to_the_same_bits) {
  free(siam_cli_out(0, TRAIN "-o resident.siamese -q"));
  free(siam_cli_out(0, TRAIN "-o streamed.siamese -q --picture-memory 0"));
  cr_expect(siam_cli_same_files("resident.siamese", "streamed.siamese"));
}

Test(cli_train_memory, pictures_from_a_cache_file_give_the_same_bits) {
  // Pictures that were changed just now are not kept, so these look older.
  char line[600];
  snprintf(line, sizeof line, "find '%s' -exec touch -d '1 hour ago' {} +", siam_cli_path("data"));
  cr_assert_eq(system(line), 0);
  free(siam_cli_out(0, TRAIN "-o without.siamese -q"));
  free(siam_cli_out(0, TRAIN "-o first.siamese -q --picture-cache kept"));
  cr_expect(siam_cli_same_files("without.siamese", "first.siamese"));
  cr_expect_eq(access(siam_cli_path("kept"), R_OK), 0);
  cr_expect_eq(access(siam_cli_path("kept.validation"), R_OK), 0);
  siam_command_result result =
      siam_cli_run(NULL, TRAIN "-o second.siamese --picture-cache kept --picture-memory 0");
  cr_expect_eq(result.code, 0);
  cr_expect_not_null(strstr(result.err, "kept: has "), "%s", result.err);
  cr_expect_null(strstr(result.err, "has 0 of"), "%s", result.err);
  cr_expect(siam_cli_same_files("without.siamese", "second.siamese"));
  siam_command_release(&result);
}

static const siam_command_options little_memory = {
    .environment = (const char *const[]){"SIAMESE_DEVICE_MEMORY=1", NULL}};

/// The number behind `words` in a text.
static unsigned number_behind(const char *text, const char *words) {
  const char *found = strstr(text, words);
  cr_assert_not_null(found, "%s", text);
  return (unsigned)strtoul(found + strlen(words), NULL, 10);
}

/// Batches that do not fit are refused with the largest that does, and that is the largest: it trains, and
/// one more does not.
static void expect_limit(const char *train) {
  char line[256];
  snprintf(line, sizeof line, "%s -b 20000", train);
  siam_command_result result = siam_cli_run(&little_memory, line);
  cr_assert_eq(result.code, 2, "%s", result.err);
  cr_expect_not_null(strstr(result.err, "a batch of 20000 pairs needs "), "%s", result.err);
  cr_expect_not_null(strstr(result.err, " has 1.0 MiB, of which "), "%s", result.err);
  const unsigned largest = number_behind(result.err, "the largest batch that fits is ");
  siam_command_release(&result);
  cr_expect_gt(largest, 8);
  for (unsigned more = 0; more < 2; more++) {
    snprintf(line, sizeof line, "%s -b %u", train, largest + more);
    result = siam_cli_run(&little_memory, line);
    cr_expect_eq(result.code, more == 0 ? 0 : 2, "%s: %s", line, result.err);
    siam_command_release(&result);
  }
}

Test(cli_train_memory, a_batch_that_does_not_fit_is_refused_with_the_largest_that_does) {
  expect_limit("siamese-train data -e tiny.txt --steps 1 -q -o m.siamese --pairs drawn");
  expect_limit("siamese-train data -e tiny.txt --steps 1 -q -o m.siamese --pairs drawn --branches two-pass");
  expect_limit("siamese-train data -e tiny.txt --steps 1 -q -o m.siamese --reconstruct untied");
}

Test(cli_train_memory, the_largest_batch_is_found_and_no_larger_than_the_data) {
  siam_command_result result = siam_cli_run(NULL, TRAIN "-o all.siamese -q --batch auto --holdout 0");
  cr_expect_eq(result.code, 0, "%s", result.err);
  cr_expect_eq(number_behind(result.out, "\nBatch     "), 24, "four pictures of each class: %s", result.out);
  siam_command_release(&result);
  siam_cli_write("large.txt",
                 "input 64 64 1\nconv 16 3 pad=1\nrelu\nmax_pool 2\nflatten\nlinear 4\nl2_normalize\n");
  const siam_command_options some = {.environment = (const char *const[]){"SIAMESE_DEVICE_MEMORY=8", NULL}};
  static const char *const ways[] = {"--pairs drawn", "--pairs all --per-class 3", "--reconstruct tied"};
  for (int w = 0; w < 3; w++) {
    char line[256];
    snprintf(line, sizeof line, "siamese-train data -e large.txt --steps 1 -q -o %d.siamese -b auto %s", w,
             ways[w]);
    result = siam_cli_run(&some, line);
    cr_expect_eq(result.code, 0, "%s: %s", line, result.err);
    const unsigned pairs = number_behind(result.out, "\nBatch     ");
    cr_expect(pairs >= 2 && pairs < 30, "%s: %u", line, pairs);
    siam_command_release(&result);
  }
}

Test(cli_train_memory, a_device_without_room_for_any_batch_says_so) {
  siam_cli_write("large.txt",
                 "input 512 512 1\nconv 64 3 pad=1\nrelu\nmax_pool 2\nglobal_avg_pool\nl2_normalize\n");
  static const char *const batches[] = {"auto", "4"};
  for (int b = 0; b < 2; b++) {
    char line[256];
    snprintf(line, sizeof line, "siamese-train data -e large.txt --steps 1 -q -o m.siamese -b %s",
             batches[b]);
    siam_command_result result = siam_cli_run(&little_memory, line);
    cr_expect_eq(result.code, 2);
    cr_expect_not_null(strstr(result.err, "no batch fits: use smaller pictures"), "%s", result.err);
    siam_command_release(&result);
  }
}
