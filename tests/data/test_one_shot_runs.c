#include "base/file.h"
#include "data/one_shot_runs.h"
#include "scratch.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/stat.h>

static char *folder;
static void begin(void) {
  folder = siam_scratch_create();
}
static void end(void) {
  siam_scratch_remove(folder);
}
TestSuite(one_shot_runs, .init = begin, .fini = end);

static void write_labels(const char *run, const char *labels) {
  mkdir(siam_scratch_path(folder, run), 0777);
  const char *path = siam_scratch_path(siam_scratch_path(folder, run), "class_labels.txt");
  cr_assert_eq(siam_file_replace(path, labels, strlen(labels)), SIAM_OK);
}

Test(one_shot_runs, the_official_layout_is_read) {
  write_labels("run02", "run02/test/item01.png run02/training/class02.png\r\n\r\n"
                        "run02/test/item02.png\trun02/training/class01.png");
  write_labels("run01", "run01/test/item01.png run01/training/class03.png\n"
                        "run01/test/item02.png run01/training/class01.png\n"
                        "run01/test/item03.png run01/training/class03.png\n"
                        "run01/test/item04.png run01/training/class02.png\n");
  write_labels(".hidden", "x y");
  mkdir(siam_scratch_path(folder, "other"), 0777);
  siam_one_shot_runs runs = {0};
  cr_assert_eq(siam_one_shot_runs_read(folder, &runs), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(runs.run_count, 2);
  const siam_one_shot_run *first = &runs.runs[0], *second = &runs.runs[1];
  cr_assert_str_eq(first->name, "run01");
  cr_assert_str_eq(second->name, "run02");
  cr_assert_eq(first->support_count, 3);
  cr_assert_eq(first->query_count, 4);
  const uint32_t truth[] = {2, 0, 2, 1};
  cr_assert_arr_eq(first->truth, truth, sizeof truth);
  cr_assert_eq(runs.image_count, 3 + 4 + 2 + 2);
  cr_assert_str_eq(runs.paths[first->supports[2]], siam_scratch_path(folder, "run01/training/class03.png"));
  cr_assert_str_eq(runs.paths[first->queries[3]], siam_scratch_path(folder, "run01/test/item04.png"));
  cr_assert_str_eq(runs.paths[second->supports[second->truth[0]]],
                   siam_scratch_path(folder, "run02/training/class02.png"));
  siam_one_shot_runs_clear(&runs);
  cr_assert_null(runs.paths);
}

static void refuse(const char *labels, siam_status expected, const char *reason) {
  write_labels("run01", labels);
  siam_one_shot_runs runs = {0};
  cr_assert_eq(siam_one_shot_runs_read(folder, &runs), expected, "%s", labels);
  cr_assert_not_null(strstr(siam_last_error(), reason), "expected %s: %s", reason, siam_last_error());
  cr_assert_not_null(strstr(siam_last_error(), "run01/class_labels.txt"));
  cr_assert_null(runs.runs);
}

Test(one_shot_runs, what_is_wrong_is_named_with_its_file_and_line) {
  refuse("a b\nc\n", SIAM_ERROR_FORMAT, "line 2");
  refuse("a b\nc d e\n", SIAM_ERROR_FORMAT, "line 2");
  refuse("a /etc/passwd\n", SIAM_ERROR_FORMAT, "outside");
  refuse("a b\nc ../b\n", SIAM_ERROR_FORMAT, "outside");
  refuse("a b\nc x/../../../b\n", SIAM_ERROR_FORMAT, "outside");
  refuse("a b\nc x/../..\n", SIAM_ERROR_FORMAT, "outside");
  refuse("", SIAM_ERROR_DATA, "two supports");
  refuse("a b\nc b\n", SIAM_ERROR_DATA, "two supports");
}

Test(one_shot_runs, names_with_dots_stay_inside) {
  write_labels("run01", "run01/..a/b..png run01/c/...\nrun01/test/2 run01/x/.b\n");
  siam_one_shot_runs runs = {0};
  cr_assert_eq(siam_one_shot_runs_read(folder, &runs), SIAM_OK, "%s", siam_last_error());
  siam_one_shot_runs_clear(&runs);
}

Test(one_shot_runs, a_binary_file_is_refused) {
  write_labels("run01", "");
  const char *path = siam_scratch_path(folder, "run01/class_labels.txt");
  cr_assert_eq(siam_file_replace(path, "a b\nc\0d e\n", 10), SIAM_OK);
  siam_one_shot_runs runs = {0};
  cr_assert_eq(siam_one_shot_runs_read(folder, &runs), SIAM_ERROR_FORMAT);
}

Test(one_shot_runs, a_folder_without_runs_says_what_to_give) {
  siam_one_shot_runs runs = {0};
  cr_assert_eq(siam_one_shot_runs_read(folder, &runs), SIAM_ERROR_DATA);
  cr_assert_not_null(strstr(siam_last_error(), "run01, run02"));
  cr_assert_eq(siam_one_shot_runs_read(siam_scratch_path(folder, "absent"), &runs), SIAM_ERROR_FILE);
  cr_assert_not_null(strstr(siam_last_error(), "absent"));
}
