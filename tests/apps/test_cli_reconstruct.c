// Training an encoder to reconstruct, without labels.
#include "cli.h"
#include "train_lines.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define RECONSTRUCT TRAIN "--reconstruct tied "

#define RECONSTRUCT_KEYS                                                                                     \
  "model device init steps best_step batch preparing_seconds seconds pairs_per_second images classes "       \
  "broken validation_images validation_classes validation_common reconstruct measured_on_training "          \
  "reconstruction_error mean_picture_error arena_bytes separate_bytes warning log_lost_step"

static void begin(void) {
  siam_cli_begin(false);
}
TestSuite(cli_reconstruct, .init = begin, .fini = siam_cli_end, .timeout = 600);

Test(cli_reconstruct, an_encoder_learns_to_reconstruct_and_says_so_wherever_it_is_used) {
  char *out = siam_cli_out(0, RECONSTRUCT "-o start.siamese --log log.csv -q");
  cr_expect_not_null(strstr(out, " pictures/s\nPictures  65\nMeasured  on 7 pictures never trained on\n"
                                 "          mean squared error 0."),
                     "%s", out);
  cr_expect_not_null(strstr(out, "\nModel     start.siamese, an encoder to start from with --init\n"), "%s",
                     out);
  free(out);
  cr_expect_eq(siam_cli_count_lines("log.csv"), 6);
  free(siam_cli_out(0, TRAIN "-o next.siamese --init start.siamese -q"));
  free(siam_cli_out(0, "siamese-embed -m start.siamese data -o matrix.npy -q"));
  free(siam_cli_out(0, "siamese-eval -m start.siamese held-out --trials 20 -q"));
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {"siamese-compare -m start.siamese " PICTURES "00.pgm " PICTURES "01.pgm",
       {"start.siamese: was trained to reconstruct pictures", "siamese-train --init", "--threshold"}},
      {NULL, {0}}});
}

Test(cli_reconstruct, a_reconstruction_in_json_has_errors_in_place_of_figures_of_pairs) {
  json_t *object = siam_cli_json(0, RECONSTRUCT "-o start.siamese --holdout 0", RECONSTRUCT_KEYS);
  cr_expect_str_eq(json_string_value(json_object_get(object, "reconstruct")), "tied");
  cr_expect(json_is_true(json_object_get(object, "measured_on_training")));
  cr_expect_gt(siam_cli_number(object, "reconstruction_error"), 0);
  cr_expect_gt(siam_cli_number(object, "mean_picture_error"), 0);
  cr_expect_eq(siam_cli_integer(object, "images"), 72);
  json_decref(object);
}

Test(cli_reconstruct, what_reconstructing_has_no_use_for_is_refused) {
  siam_cli_write("nothing.txt", "input 16 16 1\nflatten\n");
  mkdir(siam_cli_path("empty"), 0700);
  siam_cli_expect_refusals((siam_cli_refusal[]){
      {TRAIN "-o m.siamese --reconstruct some", {"--reconstruct some: must be one of tied, untied"}},
      {RECONSTRUCT "-o m.siamese --margin 0.5", {"without pairs and classes", "--margin"}},
      {RECONSTRUCT "-o m.siamese --composed-classes 20", {"without pairs and classes", "--composed-classes"}},
      {RECONSTRUCT "-o m.siamese --pairs all", {"without pairs and classes", "--pairs"}},
      {"siamese-train tiny.txt -o m.siamese --reconstruct tied",
       {"tiny.txt: a file", "a folder with pictures"}},
      {"siamese-train nowhere -o m.siamese --reconstruct tied", {"nowhere"}},
      {"siamese-train empty -o m.siamese --reconstruct tied", {"empty"}},
      {"siamese-train data -o m.siamese -e nothing.txt --reconstruct tied",
       {"cannot be trained to reconstruct", "nothing to learn"}},
      {NULL, {0}}});
}
