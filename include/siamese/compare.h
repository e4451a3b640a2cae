/// Comparing pictures: distance, similarity and verdict.
#ifndef SIAMESE_COMPARE_H
#define SIAMESE_COMPARE_H

#include <siamese/decode.h>
#include <siamese/metrics.h>
#include <siamese/model.h>

/// Where the line between same and different is drawn, and how pictures are read. Zero: what the model's
/// verdicts go by, its threshold of best accuracy or for the false-accept rate that its training chose.
typedef struct siam_compare_options {
  const double *threshold; ///< This distance, 0 included; NULL: one of the model's.
  double far;              ///< The model's threshold for this false-accept rate, such as 0.001.
  siam_decoders *decoders; ///< Decodes pictures in processes (siamese/decode.h); NULL: in this one.
} siam_compare_options;

/// Why a picture cannot be compared: it shows too little, at the size and in the colours that the network
/// sees.
typedef enum siam_blank {
  SIAM_BLANK_NOT = 0,    ///< It can.
  SIAM_BLANK_ONE_COLOUR, ///< One colour all over.
  SIAM_BLANK_NEARLY,     ///< One colour but for grain, or for marks that are too small or too faint.
  SIAM_BLANK_COLOURS     ///< Colours of one brightness, for a network that does not see colour.
} siam_blank;

/// What is wrong with such a picture, to stand behind its name: "is one colour all over". NULL for
/// SIAM_BLANK_NOT. Static storage.
SIAM_API const char *siam_blank_describe(siam_blank blank);

typedef struct siam_comparison {
  double distance;   ///< Euclidean distance of the embeddings, by views and greater by a closer
                     ///< look where the model takes one (docs/comparing.md); 0: nothing between them.
  double similarity; ///< Probability that the pair is `same`; NAN where the model was never calibrated.
  double threshold;  ///< Up to which distance a pair is `same`.
  char point[32];    ///< What the threshold is: "best accuracy", "far 1e-3", "given".
  /// The model's threshold of best accuracy; NAN where it was never calibrated. One for a false-accept rate
  /// may lie above it: then verdicts are laxer than by this one.
  double best_accuracy;
  bool same; ///< distance <= threshold, and neither is blank.
  /// The model's own thresholds and its similarity were fitted on pictures that it was trained on: more pairs
  /// of other things are called same.
  bool on_training;
  /// The first, the second picture shows nothing, and the model compares no such pictures: the distance says
  /// nothing, and the similarity is NAN.
  siam_blank blank[2];
  /// A model may look at parts of pictures, too (siam_train_options.views). What the first, the second
  /// picture shows where the two are nearest, such as "the middle 80 %"; NULL: the whole. Static storage.
  const char *shown[2];
} siam_comparison;

/// Compares pictures with one model; keeps its kernels ready between calls. Opaque.
typedef struct siam_comparer siam_comparer;

/// The model must outlive the comparer. A rate that the model has no threshold for is SIAM_ERROR_DATA and
/// names those it has; a model whose thresholds were fitted on what it was trained on has none for any rate.
/// `options` may be NULL. Release with siam_comparer_destroy().
SIAM_API siam_status siam_comparer_create(siam_model *model, const siam_compare_options *options,
                                          siam_comparer **comparer);
SIAM_API void siam_comparer_destroy(siam_comparer *comparer);

/// Compares two picture files. The same picture twice gives distance 0, and swapping the two changes nothing,
/// to the bit. Errors name the file.
SIAM_API siam_status siam_compare(siam_comparer *comparer, const char *a, const char *b,
                                  siam_comparison *comparison);

/// Compares every two of `count` picture files: `table` [count · (count − 1) / 2] gets 0 with 1, 0 with 2, …,
/// 1 with 2, …. Each file is read and embedded once; the numbers are those of siam_compare().
SIAM_API siam_status siam_compare_all(siam_comparer *comparer, const char *const *paths, size_t count,
                                      siam_comparison *table);

/// A file near another. Owns its path.
typedef struct siam_near_file {
  char *path;
  siam_comparison comparison;
} siam_near_file;

/// What a search in a folder found. Free with siam_nearest_clear().
typedef struct siam_nearest {
  uint32_t files;  ///< Compared.
  uint32_t broken; ///< Left out because they could not be read, each named to the logger.
  uint32_t blank;  ///< Left out because they show nothing.
  uint32_t same;   ///< Of all that were compared, those within the threshold.
  uint32_t count;
  siam_near_file *near; ///< [count], nearest first; equal ones in the order of names.
} siam_nearest;

/// Zero means the default.
typedef struct siam_nearest_options {
  uint32_t count; ///< Most files to keep; 0: 10.
  siam_logger logger;
  /// As in siam_train_options; may be NULL.
  bool (*preparing)(void *context, const char *what, uint32_t done, uint32_t count);
  void *context;
} siam_nearest_options;

/// Compares a picture with every picture in a folder, at any depth, but for itself. A picture that shows
/// nothing has no nearest ones: SIAM_ERROR_DATA. `options` may be NULL.
SIAM_API siam_status siam_compare_nearest(siam_comparer *comparer, const char *path, const char *folder,
                                          const siam_nearest_options *options, siam_nearest *nearest);
SIAM_API void siam_nearest_clear(siam_nearest *nearest);

/// A place in a picture that says most about a pair, in pixels of the picture itself, upright.
typedef struct siam_telling_place {
  uint32_t x, y;
  double change; ///< Of the distance, in the mean over the patches on it.
} siam_telling_place;

typedef struct siam_explanation {
  siam_comparison comparison;
  siam_telling_place most_for[2]; ///< Hidden, it takes the two farthest apart; in either picture.
  siam_telling_place
      most_against[2]; ///< Showing what the other does there (or hidden), it brings them nearest.
} siam_explanation;

/// Says why two pictures match, of what the network compared: the view that was nearest, or all looks that
/// are averaged, but not of a closer look. Changes are of the network's distance. Hides each place of either
/// picture in turn, in the picture's middle shade (occlusion: Zeiler & Fergus 2014), and, of a model that
/// looks at views of copies, gives it what the other picture shows there (counterfactuals: Goyal et al.
/// 2019), which says what speaks against. Writes both pictures side by side to a PNG file, whose name must
/// say so, with what speaks for `same` in green, against it in orange, and an outline where a view lies.
SIAM_API siam_status siam_explain(siam_comparer *comparer, const char *a, const char *b, const char *output,
                                  siam_explanation *explanation);

/// Embeds one picture file, as a whole, to `embedding`, siam_model_info.embedding floats.
SIAM_API siam_status siam_comparer_embed(siam_comparer *comparer, const char *path, float *embedding);

#endif
