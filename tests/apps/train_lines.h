/// Words of command lines that several files of tests of siamese-train share.
#ifndef SIAM_TEST_TRAIN_LINES_H
#define SIAM_TEST_TRAIN_LINES_H

#define TRAIN "siamese-train data -e tiny.txt -b 8 --steps 5 "
#define PICTURES "data/group0/class00/"

#endif
