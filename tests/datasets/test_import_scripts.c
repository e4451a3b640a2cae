/// The importers that are shell scripts: Omniglot, LFW and AT&T, each on a small or made-up copy.
#include "command.h"
#include "scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *folder;
static void begin(void) {
  folder = siam_scratch_create();
}
static void end(void) {
  siam_scratch_remove(folder);
}
TestSuite(import_scripts, .init = begin, .fini = end);

/// Runs lines of shell in the scratch folder; they are the test's own, so a failure is the test's.
static void prepare(const char *lines) {
  siam_command_options options = {.folder = folder};
  siam_command_result result = SIAM_RUN(&options, "/bin/bash", "-euc", lines);
  cr_assert_eq(result.code, 0, "%s", result.err);
  siam_command_release(&result);
}

static void expect(int code, const char *words, const char *const *arguments) {
  siam_command_options options = {.folder = folder};
  siam_command_result result = siam_command_run(&options, arguments);
  cr_expect_eq(result.code, code, "%s%s", result.out, result.err);
  const char *said = code == 0 ? result.out : result.err;
  cr_expect_not_null(strstr(said, words), "%s", said);
  siam_command_release(&result);
}
#define EXPECT(code, words, ...) expect((code), (words), (const char *const[]){__VA_ARGS__, NULL})

static void require_zip(void) {
  if (access("/usr/bin/zip", X_OK) != 0 || access("/usr/bin/unzip", X_OK) != 0)
    cr_skip("zip and unzip are not installed");
}

static const char make_set[] = "mkdir -p set/Greek/character0{1,2}\n"
                               "for drawer in {01..20}; do\n"
                               "  touch set/Greek/character0{1,2}/0001_$drawer.png\n"
                               "done\n";

Test(import_scripts, omniglot_is_unpacked_and_counted) {
  require_zip();
  prepare(make_set);
  prepare("zip -qr set.zip set; rm -r set");
  EXPECT(0, "1 alphabets, 2 characters, 40 pictures", "siamese-import-omniglot", "set.zip", "-o", "out");
  cr_expect_eq(access(siam_scratch_path(folder, "out/set/Greek/character02/0001_20.png"), F_OK), 0);
  EXPECT(2, "not empty", "siamese-import-omniglot", "set.zip", "-o", "out");
}

Test(import_scripts, omniglot_with_a_picture_missing_or_a_damaged_zip_is_refused) {
  require_zip();
  prepare(make_set);
  prepare("rm set/Greek/character02/0001_07.png; zip -qr set.zip set; head -c 300 set.zip >cut.zip");
  EXPECT(2, "19 pictures instead of 20", "siamese-import-omniglot", "set.zip", "-o", "out");
  EXPECT(2, "cut.zip: damaged", "siamese-import-omniglot", "cut.zip", "-o", "out2");
  EXPECT(2, "absent.zip", "siamese-import-omniglot", "absent.zip", "-o", "out3");
}

Test(import_scripts, omniglot_runs_are_checked_line_by_line) {
  require_zip();
  prepare("mkdir -p run01/test run01/training\n"
          "for n in {01..20}; do\n"
          "  touch run01/test/item$n.png run01/training/class$n.png\n"
          "  echo run01/test/item$n.png run01/training/class$n.png >>run01/class_labels.txt\n"
          "done\n"
          "zip -qr runs.zip run01; rm run01/test/item05.png; zip -qr broken.zip run01");
  EXPECT(0, "all_runs: 1 runs", "siamese-import-omniglot", "runs.zip", "-o", "out");
  cr_expect_eq(access(siam_scratch_path(folder, "out/all_runs/run01/class_labels.txt"), F_OK), 0);
  EXPECT(2, "item05.png is missing", "siamese-import-omniglot", "broken.zip", "-o", "out2");
}

Test(import_scripts, omniglot_like_runs_are_drawn_from_any_alphabets) {
  prepare("mkdir -p set/{Big,Small}/character{01..21}; rm -r set/Small/character0*\n"
          "for folder in set/*/*; do for drawer in {01..20}; do touch $folder/00_$drawer.png; done; done");
  EXPECT(0, "runs: 3 runs of 20 queries", "siamese-omniglot-runs", "set", "-o", "runs", "--runs", "3");
  EXPECT(0, "Small: 12 characters, too few", "siamese-omniglot-runs", "set", "-o", "again", "--runs", "3");
  // The same seed draws the same runs, another seed others; a query is another drawer's picture of the
  // character of its support.
  prepare("diff -r --no-dereference runs again");
  EXPECT(0, "3 runs", "siamese-omniglot-runs", "set", "-o", "other", "--runs", "3", "--seed", "2");
  prepare("! diff -qr --no-dereference runs other");
  prepare("cd runs && [ $(cat */class_labels.txt | wc -l) = 60 ] && cat */class_labels.txt | while read -r q "
          "s; do\n"
          "  a=$(readlink $q) b=$(readlink $s)\n"
          "  [ -f $q ] && [ $(dirname $a) = $(dirname $b) ] && [ $a != $b ] || exit 1\n"
          "done");
  EXPECT(2, "not empty", "siamese-omniglot-runs", "set", "-o", "runs");
  EXPECT(2, "needs a whole number", "siamese-omniglot-runs", "set", "-o", "new", "--runs", "x");
  EXPECT(2, "no alphabet has 20", "siamese-omniglot-runs", "runs", "-o", "new");
  prepare("rm set/Big/character*/00_07.png");
  EXPECT(2, "no picture by drawer 07", "siamese-omniglot-runs", "set", "-o", "cut", "--runs", "40");
}

Test(import_scripts, omniglot_as_published_has_the_published_counts) {
  require_zip();
  const char *data = getenv("SIAMESE_OMNIGLOT");
  if (data == NULL || access(siam_scratch_path(data, "images_background_small1.zip"), R_OK) != 0)
    cr_skip("SIAMESE_OMNIGLOT names no folder with Omniglot's zip files");
  EXPECT(0, "5 alphabets, 136 characters, 2720 pictures", "siamese-import-omniglot",
         siam_scratch_path(data, "images_background_small1.zip"), "-o", "out");
}

static const char make_faces[] = "mkdir -p lfw/Ada_Lovelace lfw/Alan_Turing\n"
                                 "touch lfw/Ada_Lovelace/Ada_Lovelace_000{1,2}.jpg\n"
                                 "touch lfw/Alan_Turing/Alan_Turing_0001.jpg\n";

Test(import_scripts, lfw_gets_its_list_beside_the_persons) {
  prepare(make_faces);
  prepare("printf '1\\t1\\nAda_Lovelace\\t1\\t2\\nAda_Lovelace\\t2\\tAlan_Turing\\t1\\n' >list.txt");
  EXPECT(0, "2 pairs of 3 pictures", "siamese-import-lfw", "lfw", "list.txt");
  cr_expect_eq(access(siam_scratch_path(folder, "lfw/pairs.txt"), R_OK), 0);
  EXPECT(0, "2 pairs of 3 pictures", "siamese-import-lfw", "lfw", "lfw/pairs.txt");
}

Test(import_scripts, lfw_lists_that_do_not_fit_are_refused_with_the_line) {
  prepare(make_faces);
  prepare("printf '1\\t1\\nAda_Lovelace\\t1\\t2\\nAda_Lovelace\\t9\\tAlan_Turing\\t1\\n' >missing.txt\n"
          "printf '1\\t1\\nAda_Lovelace\\t1\\t2\\nAda_Lovelace 2 Alan_Turing 1\\n' >spaces.txt\n"
          "printf '1\\t1\\nAda_Lovelace\\t1\\t2\\n' >few.txt\n"
          "printf '1\\t1\\nAda_Lovelace\\t1\\t2\\n../../etc\\t1\\t2\\n' >climbing.txt\n"
          "printf 'persons\\n' >words.txt\n");
  EXPECT(2, "Ada_Lovelace_0009.jpg", "siamese-import-lfw", "lfw", "missing.txt");
  EXPECT(2, "spaces.txt:3: ", "siamese-import-lfw", "lfw", "spaces.txt");
  EXPECT(2, "1 pairs, but the first line tells of 2", "siamese-import-lfw", "lfw", "few.txt");
  EXPECT(2, "climbing.txt:3: ", "siamese-import-lfw", "lfw", "climbing.txt");
  EXPECT(2, "words.txt:1: ", "siamese-import-lfw", "lfw", "words.txt");
  EXPECT(2, "absent", "siamese-import-lfw", "absent", "words.txt");
  cr_expect_neq(access(siam_scratch_path(folder, "lfw/pairs.txt"), F_OK), 0);
}

static const char make_att[] = "for person in {1..40}; do\n"
                               "  mkdir -p att/s$person\n"
                               "  for n in {1..10}; do cp picture att/s$person/$n.pgm; done\n"
                               "done\n";

Test(import_scripts, att_is_linked_with_the_last_ten_persons_apart) {
  prepare("{ printf 'P5\\n92 112\\n255\\n'; head -c 10304 /dev/zero; } >picture");
  prepare(make_att);
  EXPECT(0, "30 persons in train", "siamese-import-att", "att", "-o", "out");
  struct stat information;
  cr_expect_eq(stat(siam_scratch_path(folder, "out/train/s30/10.pgm"), &information), 0);
  cr_expect_eq(information.st_size, 10318);
  cr_expect_eq(stat(siam_scratch_path(folder, "out/validation/s31/1.pgm"), &information), 0);
  cr_expect_neq(access(siam_scratch_path(folder, "out/train/s31"), F_OK), 0);
}

Test(import_scripts, att_with_a_picture_missing_short_or_of_another_kind_is_refused) {
  prepare("{ printf 'P5\\n92 112\\n255\\n'; head -c 10304 /dev/zero; } >picture");
  prepare(make_att);
  prepare("head -c 10317 picture >att/s2/3.pgm");
  EXPECT(2, "s2/3.pgm: 10317 bytes", "siamese-import-att", "att", "-o", "out");
  prepare("echo 'P2 92 112 255 0 0 0' >att/s2/3.pgm");
  EXPECT(2, "s2/3.pgm: not a raw PGM", "siamese-import-att", "att", "-o", "out");
  prepare("rm att/s2/3.pgm");
  EXPECT(2, "missing", "siamese-import-att", "att", "-o", "out");
  cr_expect_neq(access(siam_scratch_path(folder, "out"), F_OK), 0);
}
