/// Fuzz targets: one parser, one file `fuzz_*.c`, one function that libFuzzer calls with any bytes. Nothing
/// that it is given may make it crash, hang, leak, read or write where it must not, or break a promise that
/// the target asks for with FUZZ_REQUIRE. `script/fuzz` runs them under clang's sanitizers; without libFuzzer
/// each is a plain program (replay.c) by which ctest runs the seeds and changed copies of them under any
/// compiler.
#ifndef SIAM_FUZZ_TARGET_H
#define SIAM_FUZZ_TARGET_H

#include "data/dataset_build.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/// The target. Always 0.
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

/// What a target may bring for inputs whose parts depend on each other, such as checksums: changes the
/// `count` bytes in place into at most `capacity` others, by chance drawn from `seed`, and gives how many
/// they are.
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t count, size_t capacity, unsigned seed);

/// libFuzzer's, or replay.c's, own change of some bytes in place.
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t count, size_t capacity);

/// A promise that must hold whatever the input is.
#define FUZZ_REQUIRE(promise)                                                                                \
  do {                                                                                                       \
    if (!(promise)) {                                                                                        \
      fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #promise);                            \
      abort();                                                                                               \
    }                                                                                                        \
  } while (0)

/// A folder of this run's own, with empty files a.png, b.png and c.png. Static storage.
const char *fuzz_folder(void);

/// Writes the bytes to the file `name` in that folder, over what was there, and returns its path, which lasts
/// until the program ends. A target uses one name.
const char *fuzz_file(const char *name, const uint8_t *bytes, size_t count);

/// The bytes as text, with one NUL behind them, in a block of just that size. Free with free().
char *fuzz_text(const uint8_t *bytes, size_t count);

/// Every pair of a data set is of two pictures that it has.
void fuzz_check_pairs(const siam_dataset *dataset);

/// A mutator for safetensors: changes the header's text or the data, then makes the header's length and,
/// where there is one, the checksum agree.
size_t fuzz_mutate_safetensors(uint8_t *bytes, size_t count, size_t capacity, unsigned seed);

#endif
