/// The processes without rights in which the commands decode pictures.
#ifndef SIAM_APPS_DECODERS_H
#define SIAM_APPS_DECODERS_H

#include <siamese/decode.h>
#include <stdint.h>

/// What pictures may be at most; zeros: as the library has it. Options set it.
typedef struct app_picture_limits {
  int64_t pixels, side, megabytes;
} app_picture_limits;

/// What the options say; siam_decoders of app_begin_decoders() go by it.
extern app_picture_limits app_limits;

/// For the table of a command that decodes pictures.
#define APP_OPTIONS_LIMITS                                                                                   \
  {.name = "max-pixels",                                                                                     \
   .value = "N",                                                                                             \
   .integer = &app_limits.pixels,                                                                            \
   .least = 1,                                                                                               \
   .most = 1 << 30,                                                                                          \
   .help = "Read pictures of at most so many pixels; decoding takes up to 27 bytes for each. Default: "      \
           "67108864."},                                                                                     \
      {.name = "max-side",                                                                                   \
       .value = "N",                                                                                         \
       .integer = &app_limits.side,                                                                          \
       .least = 1,                                                                                           \
       .most = 65535,                                                                                        \
       .help = "Read pictures of at most so many pixels in width and height. Default: 16384."},              \
  {                                                                                                          \
    .name = "max-file", .value = "MIB", .integer = &app_limits.megabytes, .least = 1, .most = 2047,          \
    .help = "Read picture files of at most so many MiB. Default: 256."                                       \
  }

/// Starts the first process, so that it begins while the program prepares; all of them end with the program.
/// Returns an exit code, after a message where it is trouble.
int app_begin_decoders(void);

/// What app_begin_decoders() made.
siam_decoders *app_decoders(void);

#endif
