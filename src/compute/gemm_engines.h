/// gemm_engines.h: the engines behind compute/gemm.h. Each takes a checked product whose leading dimensions
/// are filled in.
#ifndef SIAM_COMPUTE_GEMM_ENGINES_H
#define SIAM_COMPUTE_GEMM_ENGINES_H

#include "compute/gemm.h"
#include "compute/local_tile.h"
#include "compute/tunable.h"

struct siam_clblast_set;

/// How the tile kernel divides its work. A zero is the standard choice.
typedef struct siam_gemm_variant {
  int vectors; ///< Of the register tile.
  int depth;   ///< Rows of B copied at a time: 64, 128, 192 or 256.
  int rows;    ///< Most rows of the result for a work-item.
} siam_gemm_variant;

/// Whether the tile kernel can be built that way for the device.
bool siam_gemm_variant_fits(const siam_device *device, const siam_gemm_variant *variant);

/// The register-tile kernel, for devices of CPU form; the variant must fit.
siam_status siam_gemm_tile_add(siam_tape *tape, const siam_gemm *gemm, const siam_gemm_variant *variant);

/// Describes a checked product to the tuner.
void siam_gemm_tunable(const siam_gemm *gemm, siam_tunable *tunable);

/// CLBlast's Sgemm, any device.
siam_status siam_gemm_clblast_add(siam_tape *tape, const siam_gemm *gemm);
/// Tells CLBlast to work with other parameters from now on; clblast_parameters.h decides which and when.
siam_status siam_gemm_clblast_override(siam_device *device, const struct siam_clblast_set *set);

/// Tiles in local memory, for devices of GPU form; wherever work-groups are large enough for one of them.
bool siam_gemm_local_can(const siam_device *device);
siam_status siam_gemm_local_add(siam_tape *tape, const siam_gemm *gemm, const siam_local_tile *variant);

/// For engines that divide the sum: adds the `count` products [m, n] in `parts`, one behind the other, in
/// order to gemm->c, with its beta and all that follows.
siam_status siam_gemm_join(siam_tape *tape, const siam_gemm *gemm, siam_view parts, int count);

typedef enum siam_gemm_engine { SIAM_GEMM_CLBLAST, SIAM_GEMM_TILE, SIAM_GEMM_LOCAL } siam_gemm_engine;

/// An engine, and how it divides its work; zero: the standard choice.
typedef struct siam_gemm_way {
  siam_gemm_engine engine;
  siam_gemm_variant tile; ///< Of SIAM_GEMM_TILE.
  siam_local_tile local;  ///< Of SIAM_GEMM_LOCAL.
} siam_gemm_way;

/// What is taken where neither the environment nor tuning says otherwise.
siam_gemm_way siam_gemm_standard(const siam_device *device);

/// Reads a candidate of such a tunable, "clblast", "tile vectors=3 depth=256 rows=96" or "local 64x64x16 by
/// 8x8 width 4"; false where it is none of this version, or none for this device.
bool siam_gemm_read_choice(const siam_device *device, const char *choice, siam_gemm_way *way);

/// Adds a checked product to the tape that way.
siam_status siam_gemm_add_as(siam_tape *tape, const siam_gemm *gemm, const siam_gemm_way *way);

#endif
