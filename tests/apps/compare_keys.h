/// What siamese-compare --json has, for the files of tests that read it.
#ifndef SIAM_TEST_COMPARE_KEYS_H
#define SIAM_TEST_COMPARE_KEYS_H

/// Of two pictures.
#define PAIR_KEYS                                                                                            \
  "a b distance similarity threshold operating_point best_accuracy calibrated_on_training same blank "       \
  "blank_a blank_b shown_of_a shown_of_b model device"

/// Of a picture and a folder.
#define NEAREST_KEYS                                                                                         \
  "a folder files broken blank_files same_files nearest threshold operating_point best_accuracy "            \
  "calibrated_on_training model device"

#endif
