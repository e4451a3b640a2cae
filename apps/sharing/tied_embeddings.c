// Tied embeddings: a language model whose output projection is its table of words (Press and Wolf 2017,
// "Using the output embedding to improve language models").
//
//   e = the rows of E that two words name      E [vocabulary, features]
//   h = tanh(e·M + b)                          a row of features that should resemble the next word's
//   y = h·Eᵀ + c                               how well it fits each word; softmax makes them probabilities
//
// The look-up's way back adds ∂L/∂e to the rows that were named, the projection's adds ∂L/∂yᵀ·h to all rows:
// two different kernels, one range of the gradient buffer.
#include "sharing/evidence.h"
#include "sharing/systems.h"

enum { VOCABULARY = 7, FEATURES = 4, WORDS = 2, IMAGES = 5 };

static const char *const lines[] = {"embedding 7 4 name=embedding", "linear 4 name=mix", "tanh",
                                    "linear 7 name=project weight=embedding.weight^T", NULL};
static const exact_layer layers[] = {
    {.kind = EXACT_LOOK_UP, .name = "embedding", .in = WORDS, .out = WORDS * FEATURES, .rows = VOCABULARY},
    {.kind = EXACT_LINEAR, .name = "mix", .in = WORDS * FEATURES, .out = FEATURES},
    {.kind = EXACT_TANH, .name = "tanh", .in = FEATURES, .out = FEATURES},
    {.kind = EXACT_LINEAR,
     .name = "project",
     .in = FEATURES,
     .out = VOCABULARY,
     .weight = "embedding.weight",
     .transposed = true},
};

siam_status sharing_tied_embeddings(sharing_lesson *lesson) {
  // "0 1 2 1 0 6 …": words come again, also within one context; words 4 and 5 are never looked up.
  static const float words[IMAGES * WORDS] = {0, 1, 1, 2, 2, 1, 3, 3, 0, 6};
  static const double next[IMAGES] = {2, 1, 0, 4, 3};
  const sharing_system system = {.lines = lines,
                                 .layers = layers,
                                 .layer_count = 4,
                                 .images = IMAGES,
                                 .loss = &exact_cross_entropy,
                                 .x = words,
                                 .target = next};
  siam_network *network = NULL;
  SHARING_TRY(sharing_build_system(lesson, &system, &network));
  SHARING_TRY(
      sharing_show_places(lesson, network, &system, "embedding.weight", 2,
                          VOCABULARY * FEATURES + WORDS * FEATURES * FEATURES + FEATURES + VOCABULARY));
  SHARING_TRY(sharing_prove_gradients(lesson, network, &system));

  // Without the layer between, which no arithmetic in the head follows: a row of 4 tens times itself.
  static const char *const direct[] = {"embedding 7 4 name=embedding",
                                       "linear 7 name=project weight=embedding.weight^T", NULL};
  SHARING_TRY(sharing_prove_fill(lesson, 1, direct, "embedding.weight", words, FEATURES * 100));
  SHARING_TRY(sharing_prove_update(lesson, network, &system));

  SHARING_TRY(sharing_show_saving(lesson, WORDS, lines, "project.weight", VOCABULARY, FEATURES));
  static const char *const large[] = {"embedding 50000 512 name=embedding",
                                      "linear 50000 name=project weight=embedding.weight^T", NULL};
  return sharing_show_saving(lesson, 1, large, "project.weight", 50000, 512);
}
