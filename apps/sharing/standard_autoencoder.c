// The standard autoencoder, to compare with: two matrices at two places.
//
//   h = x·W + b      W [10,5]      y = h·V + c      V [5,10]
//
// Encoder and decoder know nothing of each other: 50 + 5 + 50 + 10 = 115 numbers to learn, and a value
// written into W leaves V as it is.
#include "sharing/evidence.h"
#include "sharing/systems.h"

enum { FEATURES = 10, CODE = 5, IMAGES = 4 };

static const char *const lines[] = {"linear 5 name=encode", "linear 10 name=decode", NULL};
static const exact_layer layers[] = {
    {.kind = EXACT_LINEAR, .name = "encode", .in = FEATURES, .out = CODE},
    {.kind = EXACT_LINEAR, .name = "decode", .in = CODE, .out = FEATURES},
};

/// Fills the encoder and finds the decoder as it was.
static siam_status prove_apart(sharing_lesson *lesson, const sharing_system *system) {
  siam_network *network = NULL;
  float *before = NULL, *after = NULL, tens[FEATURES * CODE];
  SHARING_TRY(sharing_build_system(lesson, system, &network));
  SHARING_TRY(sharing_read(lesson, network, "decode.weight", false, &before, NULL));
  for (size_t i = 0; i < FEATURES * CODE; i++) tens[i] = 10;
  SHARING_TRY(siam_network_write(network, "encode.weight", tens));
  SHARING_TRY(sharing_read(lesson, network, "decode.weight", false, &after, NULL));
  sharing_claim(lesson, sharing_same_bits(before, after, FEATURES * CODE), "a fill",
                "encode.weight filled with 10 leaves decode.weight as it was, bit for bit");
  return SIAM_OK;
}

siam_status sharing_standard_autoencoder(sharing_lesson *lesson) {
  float x[IMAGES * FEATURES];
  double target[IMAGES * FEATURES];
  sharing_draw(lesson, 1, IMAGES * FEATURES, x);
  for (int i = 0; i < IMAGES * FEATURES; i++) target[i] = x[i];
  const sharing_system system = {.lines = lines,
                                 .layers = layers,
                                 .layer_count = 2,
                                 .images = IMAGES,
                                 .loss = &exact_squares,
                                 .x = x,
                                 .target = target};
  siam_network *network = NULL;
  SHARING_TRY(sharing_build_system(lesson, &system, &network));
  SHARING_TRY(sharing_show_places(lesson, network, &system, NULL, 1, 115));
  SHARING_TRY(sharing_prove_gradients(lesson, network, &system));
  SHARING_TRY(prove_apart(lesson, &system));
  return sharing_prove_update(lesson, network, &system);
}
