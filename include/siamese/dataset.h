/// Data sets: folders of pictures, and lists of pairs of pictures.
///
/// A data set is names and numbers only; opening one decodes nothing. Pictures are numbered from 0 in an
/// order that is the same on every machine (paths compared byte by byte). A *class* is a set of pictures of
/// one thing; a *parent* is the folder that a class folder lies in. A set of class folders has classes and no
/// pairs of its own (pairs are drawn); a pair set has the pairs that its folders or its list name.
#ifndef SIAMESE_DATASET_H
#define SIAMESE_DATASET_H

#include <siamese/decode.h>
#include <siamese/log.h>
#include <siamese/status.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Opaque. Immutable after opening unless a function says otherwise; readable from several threads.
typedef struct siam_dataset siam_dataset;

/// How the data lies on the disk.
typedef enum siam_dataset_form {
  SIAM_DATASET_AUTOMATIC = 0, ///< As an option: told by what is there.
  SIAM_DATASET_CLASS_FOLDERS, ///< Any depth; a folder that holds pictures is a class.
  SIAM_DATASET_PAIR_FOLDERS, ///< `same/` and `different/`, with folders of two pictures or X_a.EXT + X_b.EXT.
  SIAM_DATASET_PAIR_LIST,    ///< A CSV file with the header a,b,label.
  SIAM_DATASET_LFW_PAIRS,    ///< A folder with pairs.txt beside folders of persons.
  SIAM_DATASET_PICTURES      ///< Pictures without labels (siam_dataset_collect()).
} siam_dataset_form;

/// How a picture of any size becomes one of the network's size.
typedef enum siam_resize_mode {
  SIAM_RESIZE_LETTERBOX = 0, ///< Keeps the aspect ratio and all of the picture; white fills the rest.
  SIAM_RESIZE_CROP,          ///< Keeps the aspect ratio and the middle; what stands over is cut off.
  SIAM_RESIZE_STRETCH        ///< Fills the size; the aspect ratio changes.
} siam_resize_mode;

/// Version of the way from a picture's file to bytes of the network's size, in every model file; raised
/// whenever the same picture would give other bytes. A model goes on with the version that it was trained
/// with. 1: JPEG files are decoded at their full size. 2: at a half, quarter or eighth of it, where each side
/// stays at least twice what the network wants.
#define SIAM_RESAMPLER_VERSION 2

/// "letterbox", "crop" or "stretch"; static storage. A value that is none of them gives NULL.
SIAM_API const char *siam_resize_mode_name(siam_resize_mode mode);
/// The mode of a name; SIAM_ERROR_ARGUMENT names the three there are.
SIAM_API siam_status siam_resize_mode_parse(const char *name, siam_resize_mode *mode);

/// Two pictures and whether they show the same thing.
typedef struct siam_pair {
  uint32_t a, b; ///< Numbers of pictures; never equal.
  bool same;
} siam_pair;

/// Class of a picture that has none, and parent of a class that lies at the top.
#define SIAM_NO_CLASS UINT32_MAX

typedef struct siam_dataset_options {
  siam_dataset_form form; ///< SIAM_DATASET_AUTOMATIC, or the form it must have.
  bool allow_outside;     ///< A pair list may name pictures outside of the folder that it lies in.
  siam_logger logger;     ///< Names what was skipped, one message each and a count.
} siam_dataset_options;

/// Opens a folder or a CSV file. `options` may be NULL. Links are followed, and a folder that was already
/// visited on the way down is not entered again. Files without a picture's extension are passed over, and so
/// is every name that begins with a dot. Unreadable folders are named and skipped. SIAM_ERROR_DATA when no
/// `same` or no `different` pair is possible, with what is missing. The caller releases it with
/// siam_dataset_destroy().
SIAM_API siam_status siam_dataset_open(const char *path, const siam_dataset_options *options,
                                       siam_dataset **dataset);

/// Gathers pictures without labels: each path is a picture, taken whatever its extension, or a folder, of
/// which every picture at any depth is taken. In the order of `paths`; a folder's own in the order of names.
SIAM_API siam_status siam_dataset_collect(const char *const *paths, size_t count,
                                          const siam_dataset_options *options, siam_dataset **dataset);
SIAM_API void siam_dataset_destroy(siam_dataset *dataset);

/// Never SIAM_DATASET_AUTOMATIC.
SIAM_API siam_dataset_form siam_dataset_get_form(const siam_dataset *dataset);
/// The path it was opened with (for siam_dataset_collect() the first one); owned by the data set.
SIAM_API const char *siam_dataset_get_path(const siam_dataset *dataset);

SIAM_API uint32_t siam_dataset_count_images(const siam_dataset *dataset);
/// 0 for a pair list, pair folders and pictures without labels. LFW's persons are classes.
SIAM_API uint32_t siam_dataset_count_classes(const siam_dataset *dataset);
/// Folders that class folders lie in.
SIAM_API uint32_t siam_dataset_count_parents(const siam_dataset *dataset);
/// 0 for class folders.
SIAM_API uint32_t siam_dataset_count_pairs(const siam_dataset *dataset);
/// Entries that were named and skipped at opening, or removed since (siam_dataset_remove()).
SIAM_API uint32_t siam_dataset_count_skipped(const siam_dataset *dataset);

/// Path of a picture, usable from the working folder; owned by the data set.
SIAM_API const char *siam_dataset_get_image_path(const siam_dataset *dataset, uint32_t image);
/// Class of a picture, or SIAM_NO_CLASS.
SIAM_API uint32_t siam_dataset_get_image_class(const siam_dataset *dataset, uint32_t image);
/// Name of a class: its folder's path below the data set's, "." for the data set's own; owned by the data
/// set.
SIAM_API const char *siam_dataset_get_class_name(const siam_dataset *dataset, uint32_t class_index);
/// Parent of a class, or SIAM_NO_CLASS for a class that is the data set's own folder.
SIAM_API uint32_t siam_dataset_get_class_parent(const siam_dataset *dataset, uint32_t class_index);
/// Name of a parent as that of a class; owned by the data set.
SIAM_API const char *siam_dataset_get_parent_name(const siam_dataset *dataset, uint32_t parent);
/// Pictures of a class, ascending; writes how many. Owned by the data set.
SIAM_API const uint32_t *siam_dataset_get_class_images(const siam_dataset *dataset, uint32_t class_index,
                                                       uint32_t *count);
/// All pairs of a pair set, siam_dataset_count_pairs() of them; owned by the data set.
SIAM_API const siam_pair *siam_dataset_get_pairs(const siam_dataset *dataset);
/// Fold of a pair, 0 where the set has no folds (LFW's pairs.txt numbers its sets).
SIAM_API uint32_t siam_dataset_get_pair_fold(const siam_dataset *dataset, uint32_t pair);

typedef struct siam_read_options {
  uint32_t height, width;  ///< Have no default.
  uint32_t channels;       ///< 1 or 3; 0: 1, the luma of a coloured picture.
  siam_resize_mode resize; ///< How a picture comes to that size.
  siam_decoders *decoders; ///< Decodes pictures in processes (siamese/decode.h); NULL: in this one.
} siam_read_options;

/// Decodes a picture for those who build networks by hand (siamese/network.h): writes [height, width,
/// channels] numbers from 0 for black to 1 for white. Errors name the file.
SIAM_API siam_status siam_dataset_read(const siam_dataset *dataset, uint32_t image,
                                       const siam_read_options *options, float *values);

typedef struct siam_split_options {
  double fraction; ///< Share for validation: of the classes, pairs or unlabelled pictures; 0: one in ten.
  uint64_t seed;
  bool whole_parents; ///< Whole parent folders go to one side, so that nothing of their kind is on the other.
  siam_logger logger; ///< Told how many pairs were left out, if any.
} siam_split_options;

/// Divides a data set into two new ones that share no class and no picture. Class sets go by whole classes.
/// Pair sets go by groups of pictures that pairs connect; where that leaves one group too big, by groups that
/// `same` pairs connect, and the `different` pairs from one side to the other are left out. Pictures without
/// labels go one by one. SIAM_ERROR_DATA where either side could not have both kinds of pairs, or no picture.
/// The caller releases both.
SIAM_API siam_status siam_dataset_split(const siam_dataset *dataset, const siam_split_options *options,
                                        siam_dataset **training, siam_dataset **validation);

typedef struct siam_pairs_options {
  uint32_t count; ///< At most this many, half of them `same`; 0: 6,000. A pair set gives its own pairs.
  uint64_t seed;
  bool within_parent; ///< Both classes of a `different` pair lie in one parent folder.
} siam_pairs_options;

/// Chooses pairs to evaluate on; the same options give the same pairs. All pairs are distinct, classes take
/// part evenly, and every kind is used up before it repeats: where fewer exist, fewer come. `*pairs` is a new
/// array that the caller frees with siam_pairs_free(). SIAM_ERROR_DATA where one kind has none.
SIAM_API siam_status siam_dataset_draw_pairs(const siam_dataset *dataset, const siam_pairs_options *options,
                                             siam_pair **pairs, uint32_t *count);
SIAM_API void siam_pairs_free(siam_pair *pairs);

/// Something in the data that a person should look at.
typedef enum siam_finding_kind {
  SIAM_FINDING_BROKEN,        ///< A picture that cannot be read.
  SIAM_FINDING_CONTRADICTION, ///< The same content under two labels.
  SIAM_FINDING_LEAK,          ///< The same content in training and in validation.
  SIAM_FINDING_REPEATED,      ///< The same content twice under one label.
  SIAM_FINDING_KINDS          ///< How many kinds there are.
} siam_finding_kind;

typedef struct siam_finding {
  siam_finding_kind kind;
  const char *path;
  const char *other;  ///< The other picture, the one of training for a leak; NULL for a broken one.
  const char *reason; ///< A sentence.
} siam_finding;

/// What a look at all pictures of a data set found. Owns all it points to; needs the data set no more.
/// "Content" is the decoded, upright picture.
typedef struct siam_check_report {
  uint32_t pictures, readable, skipped; ///< Skipped: entries that opening passed over with a message.
  uint32_t rotated, alpha, grey, sixteen_bit;
  uint32_t blank; ///< Pictures of one shade all over.
  uint32_t classes, parents, singletons;
  uint32_t class_size[3];       ///< Pictures of the smallest, the middle and the largest class.
  uint32_t width[3], height[3]; ///< Smallest, middle, largest of the readable pictures.
  uint64_t same, different;     ///< Pairs of a pair set; possible ones of a class set.
  uint32_t found[SIAM_FINDING_KINDS];
  const siam_finding *findings; ///< By kind, then by path.
  uint32_t finding_count;
  bool can_train;     ///< Enough is left without the broken pictures.
  const char *reason; ///< Why not; "" where it can.
  const char *text;   ///< All of this for people, with line ends; the first findings of each kind.
} siam_check_report;

/// Zero means the default.
typedef struct siam_check_options {
  const siam_dataset *validation; ///< Looked over for the training set's content; NULL: none.
  uint32_t threads;               ///< 0: one per processor, at most 16.
  siam_decoders *decoders;        ///< Decodes pictures in processes (siamese/decode.h); NULL: in this one.
  /// As in training: called every now and then, false stops with SIAM_INTERRUPTED. May be NULL.
  bool (*progress)(void *context, uint32_t done, uint32_t count);
  void *progress_context;
} siam_check_options;

/// Decodes every picture and reports; changes and trains nothing. `options` may be NULL. What is wrong with
/// the data is in the report, not in the status. The caller frees it with siam_check_report_free().
SIAM_API siam_status siam_dataset_check(const siam_dataset *dataset, const siam_check_options *options,
                                        siam_check_report **report);
SIAM_API void siam_check_report_free(siam_check_report *report);

#endif
