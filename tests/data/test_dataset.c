#include "base/memory.h"
#include "data/dataset.h"
#include "pictures.h"
#include "scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char *folder;
static siam_dataset *dataset;
static void begin(void) {
  folder = siam_scratch_create();
}
static void end(void) {
  siam_dataset_destroy(dataset);
  siam_scratch_remove(folder);
}
TestSuite(dataset, .init = begin, .fini = end);

// Messages are kept one behind the other.
static char messages[8192];
static void keep(void *context, siam_log_level level, const char *message) {
  (void)context, (void)level;
  strncat(messages, message, sizeof messages - strlen(messages) - 2);
  strcat(messages, "\n");
}
static const siam_dataset_options loud = {.logger = {keep, NULL}};

static const char *in(const char *name) {
  return siam_scratch_path(folder, name);
}
static void picture(const char *name) {
  siam_test_write_flat(in(name), 2, 100);
}
static void text(const char *name, const char *content) {
  siam_test_write(in(name), content, strlen(content));
}
static siam_status open_it(const char *name) {
  return siam_dataset_open(in(name), &loud, &dataset);
}
static void open_well(const char *name) {
  cr_assert_eq(open_it(name), SIAM_OK, "%s", siam_last_error());
}
static void refused(const char *name, siam_status expected, const char *reason) {
  cr_assert_eq(open_it(name), expected, "%s", siam_last_error());
  cr_assert_not_null(strstr(siam_last_error(), reason), "%s", siam_last_error());
  cr_assert_null(dataset);
}
static const char *path_of(uint32_t image) {
  return siam_dataset_get_image_path(dataset, image) + strlen(folder) + 1;
}

// Class folders

Test(dataset, class_folders_of_any_depth_become_classes_in_order_of_their_names) {
  picture("d/b/x.png");
  picture("d/b/w.PGM");
  picture("d/a/deep/er/1.ppm");
  picture("d/a/deep/er/2.ppm");
  picture("d/a/other/1.ppm");
  text("d/b/notes.txt", "no picture");
  picture("d/.hidden/1.ppm");
  picture("d/b/.hidden.ppm");
  mkdir(in("d/empty"), 0777);
  open_well("d");
  cr_assert_eq(siam_dataset_get_form(dataset), SIAM_DATASET_CLASS_FOLDERS);
  cr_assert_eq(siam_dataset_count_classes(dataset), 3);
  cr_assert_str_eq(siam_dataset_get_class_name(dataset, 0), "a/deep/er");
  cr_assert_str_eq(siam_dataset_get_class_name(dataset, 1), "a/other");
  cr_assert_str_eq(siam_dataset_get_class_name(dataset, 2), "b");
  static const char *const paths[] = {"d/a/deep/er/1.ppm", "d/a/deep/er/2.ppm", "d/a/other/1.ppm",
                                      "d/b/w.PGM", "d/b/x.png"};
  static const uint32_t classes[] = {0, 0, 1, 2, 2};
  cr_assert_eq(siam_dataset_count_images(dataset), 5);
  for (uint32_t i = 0; i < 5; i++) {
    cr_assert_str_eq(path_of(i), paths[i]);
    cr_assert_eq(siam_dataset_get_image_class(dataset, i), classes[i]);
  }
  uint32_t count = 0;
  const uint32_t *images = siam_dataset_get_class_images(dataset, 2, &count);
  cr_assert_eq(count, 2);
  cr_assert_eq(images[0], 3);
  cr_assert_eq(siam_dataset_count_pairs(dataset), 0);
}

Test(dataset, a_parent_is_the_folder_above_a_class) {
  picture("d/latin/a/1.ppm");
  picture("d/latin/a/2.ppm");
  picture("d/latin/a/inner/1.ppm");
  picture("d/latin/b/1.ppm");
  picture("d/greek/a/1.ppm");
  picture("d/top/1.ppm");
  picture("d/1.ppm");
  open_well("d");
  static const char *const classes[] = {".", "greek/a", "latin/a", "latin/a/inner", "latin/b", "top"};
  static const char *const parents[] = {NULL, "greek", "latin", "latin/a", "latin", "."};
  cr_assert_eq(siam_dataset_count_classes(dataset), 6);
  cr_assert_eq(siam_dataset_count_parents(dataset), 4);
  for (uint32_t c = 0; c < 6; c++) {
    cr_assert_str_eq(siam_dataset_get_class_name(dataset, c), classes[c]);
    uint32_t parent = siam_dataset_get_class_parent(dataset, c);
    if (parents[c] == NULL)
      cr_assert_eq(parent, SIAM_NO_CLASS);
    else
      cr_assert_str_eq(siam_dataset_get_parent_name(dataset, parent), parents[c]);
  }
}

Test(dataset, names_may_hold_spaces_control_characters_and_other_scripts) {
  picture("d/класс один/я я.ppm");
  picture("d/класс один/b\tc\nd.ppm");
  picture("d/äöü/名前.ppm");
  open_well("d");
  cr_assert_eq(siam_dataset_count_images(dataset), 3);
  cr_assert_eq(siam_dataset_count_skipped(dataset), 0);
}

Test(dataset, links_are_followed_and_loops_are_not) {
  picture("elsewhere/a/1.ppm");
  picture("elsewhere/a/2.ppm");
  picture("d/b/1.ppm");
  cr_assert_eq(symlink("../elsewhere/a", in("d/a")), 0);
  cr_assert_eq(symlink("1.ppm", in("d/b/2.ppm")), 0);
  cr_assert_eq(symlink("..", in("d/b/loop")), 0);
  cr_assert_eq(symlink(".", in("d/self")), 0);
  cr_assert_eq(symlink("nowhere", in("d/b/3.ppm")), 0);
  open_well("d");
  cr_assert_eq(siam_dataset_count_classes(dataset), 2);
  cr_assert_eq(siam_dataset_count_images(dataset), 4);
  cr_assert_eq(siam_dataset_count_skipped(dataset), 1);
  cr_assert_not_null(strstr(messages, "3.ppm"));
}

Test(dataset, folders_that_cannot_be_read_are_named_and_skipped) {
  if (geteuid() == 0) cr_skip("root reads every folder");
  picture("d/a/1.ppm");
  picture("d/a/2.ppm");
  picture("d/b/1.ppm");
  picture("d/locked/1.ppm");
  chmod(in("d/locked"), 0);
  open_well("d");
  chmod(in("d/locked"), 0777);
  cr_assert_eq(siam_dataset_count_classes(dataset), 2);
  cr_assert_eq(siam_dataset_count_skipped(dataset), 1);
  cr_assert_not_null(strstr(messages, "d/locked"));
}

Test(dataset, data_that_cannot_make_pairs_are_refused_with_the_reason) {
  mkdir(in("empty"), 0777);
  refused("empty", SIAM_ERROR_DATA, "no pictures here");
  picture("one/a/1.ppm");
  picture("one/a/2.ppm");
  refused("one", SIAM_ERROR_DATA, "no `different` pair is possible");
  picture("singles/a/1.ppm");
  picture("singles/b/1.ppm");
  refused("singles", SIAM_ERROR_DATA, "no `same` pair is possible");
  refused("missing", SIAM_ERROR_FILE, "missing");
}

Test(dataset, a_hundred_thousand_files_open_in_seconds) {
  enum { CLASSES = 1000, EACH = 100 };
  for (int c = 0; c < CLASSES; c++) {
    char first[64], name[64];
    snprintf(first, sizeof first, "d/p%d/c%d/0.ppm", c % 10, c);
    picture(first);
    for (int i = 1; i < EACH; i++) {
      snprintf(name, sizeof name, "d/p%d/c%d/%d.ppm", c % 10, c, i);
      cr_assert_eq(link(in(first), in(name)), 0);
    }
  }
  struct timespec from, to;
  clock_gettime(CLOCK_MONOTONIC, &from);
  open_well("d");
  clock_gettime(CLOCK_MONOTONIC, &to);
  cr_assert_eq(siam_dataset_count_images(dataset), CLASSES * EACH);
  cr_assert_eq(siam_dataset_count_parents(dataset), 10);
  // It takes a tenth of a second; the bound leaves room for sanitizers and busy machines, not for a quadratic
  // way.
  cr_assert_lt(to.tv_sec - from.tv_sec, 5);
}

// Pair folders

Test(dataset, pair_folders_hold_folders_of_two_or_files_with_a_and_b) {
  picture("d/same/x/1.ppm");
  picture("d/same/x/2.ppm");
  picture("d/same/more/y/left.ppm");
  picture("d/same/more/y/right.ppm");
  picture("d/same/k_1_a.ppm");
  picture("d/same/k_1_b.pgm");
  picture("d/different/z_a.ppm");
  picture("d/different/z_b.ppm");
  picture("d/different/z2_a.ppm");
  picture("d/different/z2_b.ppm");
  open_well("d");
  cr_assert_eq(siam_dataset_get_form(dataset), SIAM_DATASET_PAIR_FOLDERS);
  cr_assert_eq(siam_dataset_count_classes(dataset), 0);
  static const struct {
    const char *a, *b;
    bool same;
  } expected[] = {{"d/same/k_1_a.ppm", "d/same/k_1_b.pgm", true},
                  {"d/same/more/y/left.ppm", "d/same/more/y/right.ppm", true},
                  {"d/same/x/1.ppm", "d/same/x/2.ppm", true},
                  {"d/different/z2_a.ppm", "d/different/z2_b.ppm", false},
                  {"d/different/z_a.ppm", "d/different/z_b.ppm", false}};
  cr_assert_eq(siam_dataset_count_pairs(dataset), 5);
  const siam_pair *pairs = siam_dataset_get_pairs(dataset);
  for (int i = 0; i < 5; i++) {
    cr_assert_str_eq(path_of(pairs[i].a), expected[i].a);
    cr_assert_str_eq(path_of(pairs[i].b), expected[i].b);
    cr_assert_eq(pairs[i].same, expected[i].same);
    cr_assert_eq(siam_dataset_get_image_class(dataset, pairs[i].a), SIAM_NO_CLASS);
  }
}

Test(dataset, what_is_no_pair_is_named_and_skipped) {
  picture("d/same/three/1.ppm");
  picture("d/same/three/2.ppm");
  picture("d/same/three/3.ppm");
  picture("d/same/lonely_a.ppm");
  picture("d/same/widow_b.ppm");
  picture("d/same/plain.ppm");
  picture("d/same/x_a.ppm");
  picture("d/same/x_b.ppm");
  picture("d/different/y_a.ppm");
  picture("d/different/y_b.ppm");
  picture("d/different/twin/1.ppm");
  cr_assert_eq(symlink("1.ppm", in("d/different/twin/2.ppm")), 0);
  open_well("d");
  cr_assert_eq(siam_dataset_count_pairs(dataset), 2);
  cr_assert_eq(siam_dataset_count_skipped(dataset), 5);
  static const char *const named[] = {"three",     "lonely_a.ppm", "widow_b.ppm",
                                      "plain.ppm", "twin/2.ppm",   "5 entries"};
  for (int i = 0; i < 6; i++) cr_assert_not_null(strstr(messages, named[i]), "%s in %s", named[i], messages);
}

Test(dataset, pair_folders_with_one_kind_only_are_refused) {
  picture("d/same/x_a.ppm");
  picture("d/same/x_b.ppm");
  mkdir(in("d/different"), 0777);
  refused("d", SIAM_ERROR_DATA, "no `different` pair");
}

// Pair lists

static void three_pictures(void) {
  picture("d/a.ppm");
  picture("d/with, comma.ppm");
  picture("d/sub/c.ppm");
}

Test(dataset, a_pair_list_is_csv_with_marks_quotes_and_any_line_ends) {
  three_pictures();
  text("d/p.csv", "\xEF\xBB\xBFlabel,a,extra,b\r\n1,a.ppm,x,\"with, comma.ppm\"\r\n\r\nDifferent,sub/c.ppm,"
                  "\"two\nlines \"\"quoted\"\"\",./a.ppm\nsame,a.ppm,,sub/../sub/c.ppm");
  open_well("d/p.csv");
  cr_assert_eq(siam_dataset_get_form(dataset), SIAM_DATASET_PAIR_LIST);
  cr_assert_eq(siam_dataset_count_images(dataset), 3);
  const siam_pair *pairs = siam_dataset_get_pairs(dataset);
  cr_assert_eq(siam_dataset_count_pairs(dataset), 3);
  static const siam_pair expected[] = {{0, 1, true}, {2, 0, false}, {0, 2, true}};
  for (int i = 0; i < 3; i++) {
    cr_assert_eq(pairs[i].a, expected[i].a);
    cr_assert_eq(pairs[i].b, expected[i].b);
    cr_assert_eq(pairs[i].same, expected[i].same);
  }
}

Test(dataset, faults_of_a_pair_list_are_named_with_their_line) {
  three_pictures();
  static const struct {
    const char *content, *reason;
  } cases[] = {{"", "empty"},
               {"a;b;label\n", "no column \"a\""},
               {"a,b\n", "no column \"label\""},
               {"a,b,label\na.ppm,sub/c.ppm,yes\n", "line 2: label \"yes\""},
               {"a,b,label\n\na.ppm,sub/c.ppm\n", "line 3: 2 fields"},
               {"a,b,label\na.ppm,\"sub/c.ppm,1\n", "quote is not closed"},
               {"a,b,label\na.ppm,\"sub/c.ppm\"x,1\n", "line 2: text follows a closing quote"},
               {"a,b,label\na\"b.ppm,sub/c.ppm,1\n", "line 2: a quote stands inside"},
               {"a,b,label\na.ppm,sub/c.ppm,1\n", "no `different` pair"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    text("d/p.csv", cases[i].content);
    siam_status expected = i == 8 ? SIAM_ERROR_DATA : SIAM_ERROR_FORMAT;
    refused("d/p.csv", expected, cases[i].reason);
    cr_assert_not_null(strstr(siam_last_error(), "d/p.csv"));
  }
  siam_test_write(in("d/p.csv"), "a,b,label\na\0", 12);
  refused("d/p.csv", SIAM_ERROR_FORMAT, "NUL");
}

Test(dataset, a_pair_list_leaves_its_folder_only_where_that_is_allowed) {
  three_pictures();
  picture("outside.ppm");
  // NULL: the path from the top.
  static const char *const rows[] = {"../outside.ppm", "sub/../../outside.ppm", "./sub/.././../outside.ppm",
                                     NULL};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char list[1024];
    snprintf(list, sizeof list, "a,b,label\na.ppm,sub/c.ppm,1\na.ppm,%s,0\n",
             rows[i] != NULL ? rows[i] : in("outside.ppm"));
    text("d/p.csv", list);
    refused("d/p.csv", SIAM_ERROR_ARGUMENT, "line 3: ");
    cr_assert_not_null(strstr(siam_last_error(), "--allow-outside"));
    const siam_dataset_options allowing = {.allow_outside = true};
    cr_assert_eq(siam_dataset_open(in("d/p.csv"), &allowing, &dataset), SIAM_OK, "%s", siam_last_error());
    cr_assert_eq(siam_dataset_count_images(dataset), 3);
    siam_dataset_destroy(dataset);
    dataset = NULL;
  }
}

Test(dataset, a_pair_list_leaves_its_folder_by_no_link) {
  three_pictures();
  picture("outside.ppm");
  siam_test_write_flat(in("elsewhere/e.ppm"), 2, 100);
  cr_assert_eq(symlink("../outside.ppm", in("d/link.ppm")), 0);
  cr_assert_eq(symlink("link.ppm", in("d/twice.ppm")), 0);
  cr_assert_eq(symlink("../elsewhere", in("d/linked")), 0);
  static const char *const rows[] = {"link.ppm", "twice.ppm", "sub/../link.ppm", "linked/e.ppm"};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char list[256];
    snprintf(list, sizeof list, "a,b,label\na.ppm,sub/c.ppm,1\na.ppm,%s,0\n", rows[i]);
    text("d/p.csv", list);
    refused("d/p.csv", SIAM_ERROR_ARGUMENT, "leads by a link outside of the list's folder");
    cr_assert_not_null(strstr(siam_last_error(), "line 3: "));
    const siam_dataset_options allowing = {.allow_outside = true};
    cr_assert_eq(siam_dataset_open(in("d/p.csv"), &allowing, &dataset), SIAM_OK, "%s", siam_last_error());
    siam_dataset_destroy(dataset);
    dataset = NULL;
  }
}

Test(dataset, links_that_stay_in_the_folder_of_a_pair_list_are_followed_and_so_is_one_to_the_list) {
  three_pictures();
  picture("d-not/n.ppm");
  cr_assert_eq(symlink("a.ppm", in("d/link.ppm")), 0);
  cr_assert_eq(symlink("sub", in("d/linked")), 0);
  cr_assert_eq(symlink("d", in("whole")), 0);
  text("d/p.csv", "a,b,label\nlink.ppm,linked/c.ppm,1\na.ppm,sub/c.ppm,0\n");
  open_well("whole/p.csv");
  cr_assert_eq(siam_dataset_count_images(dataset), 2);
  // A folder whose name begins alike is another one.
  cr_assert_eq(symlink("../d-not/n.ppm", in("d/n.ppm")), 0);
  text("d/q.csv", "a,b,label\na.ppm,sub/c.ppm,1\na.ppm,n.ppm,0\n");
  siam_dataset_destroy(dataset);
  dataset = NULL;
  refused("d/q.csv", SIAM_ERROR_ARGUMENT, "by a link");
}

Test(dataset, a_pair_list_is_not_read_where_nobody_can_tell_whether_its_pictures_lie_in_its_folder) {
  enum { FOLDERS = 20, LETTERS = 250 };
  char name[LETTERS + 1];
  memset(name, 'f', LETTERS);
  name[LETTERS] = '\0';
  // The path from the top is longer than the system takes; that from here is not.
  cr_assert_eq(chdir(folder), 0);
  for (int i = 0; i < FOLDERS; i++) {
    cr_assert_eq(mkdir(name, 0777), 0);
    cr_assert_eq(chdir(name), 0);
  }
  siam_test_write_flat("d/a.ppm", 2, 1);
  siam_test_write_flat("d/b.ppm", 2, 2);
  siam_test_write_flat("d/c.ppm", 2, 3);
  const char *list = "a,b,label\na.ppm,b.ppm,1\nc.ppm,b.ppm,0\nb.ppm,c.ppm,1\n";
  siam_test_write("d/p.csv", list, strlen(list));
  const siam_status status = siam_dataset_open("d/p.csv", &loud, &dataset);
  char sentence[512];
  snprintf(sentence, sizeof sentence, "%s", siam_last_error());
  // Nor could it be removed by its path from the top.
  cr_assert(remove("d/a.ppm") == 0 && remove("d/b.ppm") == 0 && remove("d/c.ppm") == 0 &&
            remove("d/p.csv") == 0 && remove("d") == 0);
  for (int i = 0; i < FOLDERS; i++) {
    cr_assert_eq(chdir(".."), 0);
    cr_assert_eq(rmdir(name), 0);
  }
  cr_expect_eq(status, SIAM_ERROR_DATA, "%s", sentence);
  cr_expect_eq(strncmp(sentence, "d/p.csv: line 2: ", 17), 0, "%s", sentence);
  cr_expect_not_null(strstr(sentence, "cannot examine"), "%s", sentence);
  cr_expect_null(dataset);
}

Test(dataset, a_pipe_is_called_one) {
  cr_assert_eq(mkfifo(in("pipe.png"), 0600), 0);
  refused("pipe.png", SIAM_ERROR_FILE,
          "pipe.png: a device or a pipe; name a folder of pictures or a CSV file");
  const char *path = in("pipe.png");
  cr_assert_eq(siam_dataset_collect(&path, 1, &loud, &dataset), SIAM_ERROR_FILE);
  cr_assert_not_null(strstr(siam_last_error(), "pipe.png: a device or a pipe; name a folder or a picture"),
                     "%s", siam_last_error());
}

Test(dataset, missing_pictures_of_a_pair_list_are_skipped_until_they_are_more_than_half) {
  three_pictures();
  text("d/p.csv",
       "a,b,label\na.ppm,sub/c.ppm,1\nno.ppm,a.ppm,0\na.ppm,a.ppm,1\n\"with, comma.ppm\",a.ppm,0\n");
  open_well("d/p.csv");
  cr_assert_eq(siam_dataset_count_pairs(dataset), 2);
  cr_assert_eq(siam_dataset_count_skipped(dataset), 2);
  cr_assert_not_null(strstr(messages, "line 3: skipped: "));
  cr_assert_not_null(strstr(messages, "no.ppm"));
  siam_dataset_destroy(dataset);
  dataset = NULL;
  text("d/p.csv", "a,b,label\na.ppm,sub/c.ppm,1\nno.ppm,a.ppm,0\nneither.ppm,a.ppm,0\n");
  refused("d/p.csv", SIAM_ERROR_DATA, "2 of its 3 pairs");
}

// LFW

static void lfw_pictures(void) {
  picture("lfw/Ann_Other/Ann_Other_0001.jpg");
  picture("lfw/Ann_Other/Ann_Other_0002.jpg");
  picture("lfw/Bob/Bob_0001.jpg");
  picture("lfw/Bob/Bob_0012.pgm");
}

Test(dataset, lfw_pairs_come_with_folds_and_persons) {
  lfw_pictures();
  text("lfw/pairs.txt", "2\t1\nAnn_Other\t1\t2\nAnn_Other\t1\tBob\t1\nBob\t1\t12\nBob\t12\tAnn_Other\t2\n");
  open_well("lfw");
  cr_assert_eq(siam_dataset_get_form(dataset), SIAM_DATASET_LFW_PAIRS);
  cr_assert_eq(siam_dataset_count_pairs(dataset), 4);
  cr_assert_eq(siam_dataset_count_images(dataset), 4);
  cr_assert_eq(siam_dataset_count_classes(dataset), 2);
  static const bool same[] = {true, false, true, false};
  for (uint32_t p = 0; p < 4; p++) {
    cr_assert_eq(siam_dataset_get_pairs(dataset)[p].same, same[p]);
    cr_assert_eq(siam_dataset_get_pair_fold(dataset, p), p / 2);
  }
  const siam_pair *last = &siam_dataset_get_pairs(dataset)[3];
  cr_assert_str_eq(path_of(last->a), "lfw/Bob/Bob_0012.pgm");
  cr_assert_str_eq(siam_dataset_get_class_name(dataset, siam_dataset_get_image_class(dataset, last->a)),
                   "Bob");
}

Test(dataset, lfw_lists_without_folds_with_spaces_and_with_faults) {
  lfw_pictures();
  text("lfw/pairs.txt", "1\r\nAnn_Other 1 2\r\nAnn_Other 1 Bob 1\r\n");
  open_well("lfw");
  cr_assert_eq(siam_dataset_count_pairs(dataset), 2);
  siam_dataset_destroy(dataset);
  dataset = NULL;
  static const struct {
    const char *content, *reason;
  } cases[] = {{"", "promises 0 pairs"},
               {"x y\n", "line 1"},
               {"1 1\nAnn_Other 1 2\n", "promises 2 pairs, but 1 follow"},
               {"1\nAnn_Other 1\nAnn_Other 1 Bob 1\n", "line 2: a pair has three fields or four"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    text("lfw/pairs.txt", cases[i].content);
    refused("lfw", SIAM_ERROR_FORMAT, cases[i].reason);
  }
  text("lfw/pairs.txt", "1\nNo_One 1 2\nNo_One 1 Bob 1\n");
  refused("lfw", SIAM_ERROR_DATA, "2 of its 2 pairs");
  // Persons outside of the folder are none of its.
  picture("out_0001.jpg");
  picture("out_0002.jpg");
  mkdir(in("out"), 0700);
  text("lfw/pairs.txt", "2\nAnn_Other 1 2\n../out 1 2\nAnn_Other 1 Bob 1\nAnn_Other 2 /tmp 1\n");
  messages[0] = '\0';
  open_well("lfw");
  cr_expect_eq(siam_dataset_count_pairs(dataset), 2);
  const char *found = strstr(messages, "line 3: skipped: ");
  cr_assert_not_null(found, "%s", messages);
  cr_expect_not_null(strstr(found, "line 3: a person's folder lies outside of the data"), "%s", messages);
  cr_expect_not_null(strstr(messages, "line 5: a person's folder lies outside of the data"), "%s", messages);
  siam_dataset_destroy(dataset);
  dataset = NULL;
  // Without its list the same folder is class folders.
  cr_assert_eq(
      siam_dataset_open(in("lfw"), &(siam_dataset_options){.form = SIAM_DATASET_CLASS_FOLDERS}, &dataset),
      SIAM_OK);
  cr_assert_eq(siam_dataset_count_classes(dataset), 2);
}

// Pictures without labels

Test(dataset, pictures_are_collected_from_files_and_folders) {
  picture("d/b/2.ppm");
  picture("d/b/1.ppm");
  picture("d/3.ppm");
  text("odd name", "whatever its extension");
  char odd[256], deep[256];
  snprintf(odd, sizeof odd, "%s", in("odd name"));
  snprintf(deep, sizeof deep, "%s", in("d"));
  const char *paths[] = {odd, deep};
  cr_assert_eq(siam_dataset_collect(paths, 2, NULL, &dataset), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_dataset_count_images(dataset), 4);
  cr_assert_str_eq(path_of(0), "odd name");
  cr_assert_str_eq(path_of(1), "d/3.ppm");
  cr_assert_str_eq(path_of(3), "d/b/2.ppm");
  siam_dataset *none = NULL;
  const char *missing[] = {"/no/such/file.png"};
  cr_assert_eq(siam_dataset_collect(missing, 1, NULL, &none), SIAM_ERROR_FILE);
  cr_assert_not_null(strstr(siam_last_error(), "/no/such/file.png"));
}

// Removal

Test(dataset, broken_pictures_are_taken_out_and_numbers_close_up) {
  picture("d/p/a/1.ppm");
  picture("d/p/a/2.ppm");
  picture("d/p/b/1.ppm");
  picture("d/p/b/2.ppm");
  picture("d/q/c/1.ppm");
  picture("d/q/c/2.ppm");
  open_well("d");
  bool broken[6] = {[1] = true};
  cr_assert_eq(siam_dataset_remove(dataset, broken), SIAM_OK);
  cr_assert_eq(siam_dataset_count_images(dataset), 5);
  cr_assert_eq(siam_dataset_count_skipped(dataset), 1);
  cr_assert_str_eq(path_of(1), "d/p/b/1.ppm");
  cr_assert_eq(siam_dataset_get_image_class(dataset, 1), 1);
  bool more[5] = {[0] = true};
  cr_assert_eq(siam_dataset_remove(dataset, more), SIAM_ERROR_DATA);
  cr_assert_not_null(strstr(siam_last_error(), "1 of the 1 pictures of class p/a"));
  cr_assert_eq(siam_dataset_count_images(dataset), 5);
}

Test(dataset, a_pair_goes_with_its_broken_picture) {
  three_pictures();
  text("d/p.csv", "a,b,label\na.ppm,sub/c.ppm,1\na.ppm,\"with, comma.ppm\",1\na.ppm,sub/c.ppm,0\n");
  open_well("d/p.csv");
  bool broken[3] = {[2] = true};
  cr_assert_eq(siam_dataset_remove(dataset, broken), SIAM_OK);
  cr_assert_eq(siam_dataset_count_pairs(dataset), 2);
  bool all_of_a_kind[2] = {[1] = true};
  cr_assert_eq(siam_dataset_remove(dataset, all_of_a_kind), SIAM_ERROR_DATA);
  cr_assert_not_null(strstr(siam_last_error(), "more than half"));
}
