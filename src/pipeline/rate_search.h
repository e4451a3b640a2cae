/// rate_search.h: what the losses of a search for a learning rate say.
#ifndef SIAM_PIPELINE_RATE_SEARCH_H
#define SIAM_PIPELINE_RATE_SEARCH_H

#include <siamese/train.h>

/// From `count`, `rates` and `losses` to `suggested` and `lowest`.
void siam_rate_search_judge(siam_rate_search *search);

#endif
