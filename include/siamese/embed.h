/// Embeddings of many pictures as one file, for search and analysis by other programs.
#ifndef SIAMESE_EMBED_H
#define SIAMESE_EMBED_H

#include <siamese/decode.h>
#include <siamese/model.h>

/// Zero means the default.
typedef struct siam_embed_options {
  /// Pictures at a time, or views of them where the model looks more than once; 0: 128, or fewer on a device
  /// with little memory; SIAM_BATCH_AUTO.
  uint32_t batch;
  /// A row for each view that the model compares by (siam_train_options.views), the whole picture's first;
  /// siam_embed_report says how two pictures are compared by them.
  /// Views that are averaged leave one row, their mean, with or without this.
  bool views;
  siam_decoders *decoders; ///< Decodes pictures in processes (siamese/decode.h); NULL: in this one.
  siam_logger logger;
  /// As in siam_train_options; may be NULL.
  bool (*preparing)(void *context, const char *what, uint32_t done, uint32_t count);
  void *context;
} siam_embed_options;

/// Room for the rows of a picture.
enum { SIAM_MOST_VIEWS = 32 };

typedef struct siam_embed_report {
  uint32_t images, broken; ///< Embedded; left out because they could not be read.
  int embedding;           ///< Numbers of each row.
  uint32_t views;          ///< Rows of each picture.
  double part_factor;      ///< How many times the distance of a part counts; 1 without several rows.
  double seconds;          ///< Of reading and embedding.
  uint32_t batch;          ///< Pictures, or views of them, that were embedded at a time.
  /// The distance of two pictures is the least of those of their first rows and, part_factor times, of any
  /// other row v of either and the other's row against[v]; a closer look makes it greater, never less.
  uint32_t against[SIAM_MOST_VIEWS];
} siam_embed_report;

/// Embeds pictures, and every picture in folders, in the order of `paths` and of names within a folder.
/// `output` ends in .npy (float32 [images · views, embedding]; the paths, a line each, go to the same name
/// with .txt in place of .npy) or in .csv (a header, then path and numbers). `options` may be NULL.
SIAM_API siam_status siam_embed(siam_model *model, const char *const *paths, size_t count, const char *output,
                                const siam_embed_options *options, siam_embed_report *report);

#endif
