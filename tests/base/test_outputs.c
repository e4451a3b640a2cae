#include "base/outputs.h"
#include "scratch.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *folder;
static void begin(void) {
  folder = siam_scratch_create();
  cr_assert_eq(chdir(folder), 0);
  cr_assert_eq(mkdir("a", 0700), 0);
  cr_assert_eq(mkdir("b", 0700), 0);
  cr_assert_eq(symlink("a", "link"), 0);
  int file = open("a/here", O_WRONLY | O_CREAT, 0600);
  close(file);
  cr_assert_eq(link("a/here", "b/hard"), 0);
  cr_assert_eq(symlink("../a/here", "b/soft"), 0);
}
static void end(void) {
  cr_assert_eq(chdir("/"), 0);
  siam_scratch_remove(folder);
}
TestSuite(outputs, .init = begin, .fini = end);

static siam_status check(const char *first, const char *second) {
  return siam_outputs_check((siam_output[]){{first, "the model"}, {NULL, "the report"}, {second, "the log"}},
                            3);
}

Test(outputs, two_names_of_one_file_are_refused_also_before_it_is_there) {
  char whole[512];
  snprintf(whole, sizeof whole, "%s/new", folder);
  const char *const pairs[][2] = {{"new", "new"},           {"new", "./new"},      {"new", "a/../new"},
                                  {"new", "b/..//./new"},   {"new", whole},        {"a/new", "link/new"},
                                  {"a/new", "b/../a//new"}, {"a/here", "a/here"},  {"a/here", "b/hard"},
                                  {"b/soft", "b/hard"},     {"link/new", "a/new"}, {"a/here", "b/soft"}};
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    cr_expect_eq(check(pairs[i][0], pairs[i][1]), SIAM_ERROR_ARGUMENT, "%s, %s", pairs[i][0], pairs[i][1]);
    char sentence[600];
    snprintf(sentence, sizeof sentence, "%s: both the model and the log; name two files", pairs[i][1]);
    cr_expect_str_eq(siam_last_error(), sentence);
  }
}

Test(outputs, two_files_are_two) {
  const char *const pairs[][2] = {{"new", "old"},   {"a/new", "b/new"}, {"new", "a/new"},
                                  {"new", "a/new"}, {"a/here", "new"},  {"nowhere/new", "elsewhere/new"}};
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
    cr_expect_eq(check(pairs[i][0], pairs[i][1]), SIAM_OK, "%s", siam_last_error());
  cr_expect_eq(check("new", NULL), SIAM_OK);
}
