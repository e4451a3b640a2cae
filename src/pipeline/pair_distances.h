/// pair_distances.h: the pairs that were judged, each with its distance, as a file for figures of one's own.
#ifndef SIAM_PIPELINE_PAIR_DISTANCES_H
#define SIAM_PIPELINE_PAIR_DISTANCES_H

#include "pipeline/judge.h"

/// Finds out before the work whether the file can be written.
siam_status siam_pair_distances_check_place(const char *path);

/// Writes a,b,label,distance: a row for each pair of judgement->pairs, pictures by their paths, labels as in
/// pair lists, and distances that read back as the same float.
siam_status siam_pair_distances_write(const char *path, const siam_judgement *judgement);

#endif
