/// Marks what a shared libsiamese shows; everything else stays hidden.
#ifndef SIAMESE_EXPORT_H
#define SIAMESE_EXPORT_H

#if defined(__GNUC__)
#define SIAM_API __attribute__((visibility("default")))
#else
#define SIAM_API
#endif

#endif
