/// PoCL's programs by way of LLVM's bitcode, which can be kept between runs.
///
/// PoCL keeps what it compiled, but finds it by the preprocessed source: for every program of every run its
/// front end reads OpenCL's headers, a megabyte, anew. Its binary of a whole program would do without, and
/// costs seconds, since asking for it compiles every kernel once more for work-groups of any size. The binary
/// of a program that is compiled and not linked costs nothing. It holds the bitcode, and PoCL takes that as a
/// binary too: it links it once, and finds it by its bytes from then on.
#ifndef SIAM_DEVICE_BITCODE_H
#define SIAM_DEVICE_BITCODE_H

#include "device/binary.h"

/// Compiles a program to bitcode, builds `*built` from that and keeps it. NULL where that cannot be, which is
/// no error: the program is then to be built from its source. A device whose driver does not go along is not
/// tried again.
void siam_bitcode_build(siam_device *device, const siam_binary_origin *origin, cl_program *built);

/// Finds the bitcode in the binary of a program that is compiled and not linked; NULL where there is none.
const uint8_t *siam_bitcode_find(const uint8_t *binary, size_t size, size_t *count);

#endif
