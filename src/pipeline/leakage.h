/// leakage.h: test pictures that the training data have too, the usual reason for figures that are too good.
///
/// Equal pictures are found by the hash of what they show. For almost equal ones the model proposes: each
/// test picture's nearest training pictures by embedding; and the pixels decide, since a good model also
/// brings different pictures of one thing together. Crops, mirror images and other edits the pixels cannot
/// confirm, so that what a model of edits takes for one picture (alike.h) is a kind of its own.
#ifndef SIAM_PIPELINE_LEAKAGE_H
#define SIAM_PIPELINE_LEAKAGE_H

#include "pipeline/judge.h"

/// From this correlation on, at the network's size, two pictures are near-duplicates. Saving again, scaling,
/// brightness and slight blur keep it above; different pictures of one thing, as a rule, do not reach it.
#define SIAM_NEAR_CORRELATION 0.95

/// Reads options->training and compares. Free with siam_leakage_clear().
siam_status siam_leakage_find(const siam_judgement *judgement, siam_leakage *leakage);
void siam_leakage_clear(siam_leakage *leakage);

/// Pearson's correlation of two pictures' bytes; 0 where one is of a single value.
double siam_picture_correlation(const uint8_t *a, const uint8_t *b, size_t count);

#endif
