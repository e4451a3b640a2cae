/// Training: a Siamese network from a folder of pictures to a model file; or, before that and without labels,
/// its encoder as the first half of an autoencoder.
#ifndef SIAMESE_TRAIN_H
#define SIAMESE_TRAIN_H

#include <siamese/decode.h>
#include <siamese/model.h>

/// Where a run stands; given to siam_train_options.progress after every step.
typedef struct siam_train_progress {
  uint32_t step, steps;      ///< Steps done, and in all (an estimate where time is the limit).
  double seconds, remaining; ///< Spent, and likely left.
  float loss;                ///< Running mean of the last steps, as are the distances.
  float same_distance, different_distance;
  float rate;              ///< Learning rate.
  double pairs_per_second; ///< Of late: pairs of pictures that went through the encoder.
} siam_train_progress;

/// Zero means the default, so that only `data` and `output` must be set.
typedef struct siam_train_options {
  const char *data;       ///< Class folders, pair folders or a pair list (docs/data.md).
  const char *output;     ///< Model file to write; its checkpoint lies beside it, `output`.checkpoint.
  const char *validation; ///< Data for thresholds and calibration; NULL: part of `data` is held out.
  /// Share of the classes held out; 0: one in ten; below 0: none. Then thresholds and calibration are fitted
  /// on what is trained on, and the model gets no threshold for a false-accept rate.
  double holdout;
  bool holdout_parents; ///< Whole parent folders are held out, so that nothing of their kind is trained on.

  /// Encoder, size, channels, embedding, resize. Its seed is not used. The encoder "auto" is chosen by the
  /// size and number of pictures, with its size and channels where those are 0; the model file holds what was
  /// chosen.
  siam_model_options model;
  /// "fast", "balanced" or "best": fills in loss, rate, average, augmentation, length, patience and encoder
  /// where they are not set (docs/training.md). NULL or "plain": the defaults below.
  const char *recipe;
  /// A model file to start from: its parameters are taken over where the network has one of the same name and
  /// shape, with the normalisation of pictures that belongs to them. Without `model.encoder` the network is
  /// that of the file. NULL: first weights are drawn from the seed.
  const char *init;
  /// "tied" or "untied": the encoder learns to give back its pictures through its mirror image
  /// (siam_network_mirror()), with weights shared or of its own; labels are not looked at. `data` and
  /// `validation` are then folders with pictures at any depth, `holdout` a share of the pictures, and the
  /// options of pairs, from `loss` to `margin`, `recipe`, `turned_classes` and `images_per_class` must be 0.
  /// What is written is the encoder alone, a model file to start from (`init`). NULL: training on pairs.
  const char *reconstruct;
  /// A loss and its options, as in "contrastive margin=0.6" (docs/losses.md); NULL: "contrastive".
  const char *loss;
  const char *pairs;    ///< "drawn": half same, half different; "all": every two pictures of a batch of
                        ///< classes. NULL: all where there are classes, else drawn.
  const char *branches; ///< "fused" or "two-pass"; NULL: fused.
  uint32_t hardest;     ///< The loss's option of this name: of the different pictures of a batch, only the so
                        ///< many nearest of each picture count; 0: as `loss` says.
  double margin;        ///< The loss's option of this name; 0: as `loss` says.
  const char *optimizer; ///< NULL: "adamw".
  double rate;           ///< Learning rate; 0: the optimizer's own.
  double weight_decay;   ///< 0: the optimizer's own; below 0: none.
  double momentum;       ///< SGD's momentum, Adam's beta 1; 0: the optimizer's own; below 0: none.
  double clip;           ///< Largest norm of the gradient; 0: 5; below 0: no limit.
  /// The model has the moving average of the weights with this decay, such as 0.999, in place of those of the
  /// last step; 0: no average.
  double average;
  const char *schedule; ///< "cosine", "constant" or "step"; NULL: cosine.
  double warmup;        ///< Share of the run over which the rate rises; 0: 0.05; below 0: none.
  const char *augment;  ///< A set or fields (docs/augmentation.md); NULL: "light".

  bool allow_outside;  ///< A pair list may name pictures outside of the folder that it lies in.
  bool turned_classes; ///< A class turned by a quarter, half or three quarters is another class.
  /// Of 100 classes of a batch, so many are put together with another one of it, over it or beside it, which
  /// makes a new class of the two. For drawings on a plain ground, with all pairs of a batch.
  uint32_t composed_percent;
  uint32_t batch;            ///< Pairs of a step, so 2·batch pictures; 0: 64; SIAM_BATCH_AUTO.
  uint32_t images_per_class; ///< With all pairs: pictures of each class; 0: 4.
  /// Of 100 batches of classes, or of 100 different drawn pairs, so many are of one parent folder, which is
  /// harder. Above 0, thresholds and calibration are those of different pairs within parent folders, too.
  uint32_t within_parent_percent;
  /// What the model's verdicts go by where nobody chooses: its threshold for this false-accept rate, from
  /// 1e-5 to 0.1, which is fitted beside those for 0.01, 0.001 and 0.0001; 0: its threshold of best accuracy.
  /// SIAM_ERROR_ARGUMENT where nothing is held out, or `data` has more than one in a hundred of the pictures
  /// of `validation`.
  double far;
  /// What else than whole pictures is looked at when the model compares: "copies", for finding copies of
  /// pictures that were cut, framed, mirrored or turned; "closely": the same, and the colours and structure
  /// of near ones, how much they count fitted on what is held out (SIAM_ERROR_ARGUMENT where nothing is);
  /// "average": the picture moved a little each way, of which the mean is its embedding (docs/comparing.md).
  /// NULL: nothing.
  const char *views;
  uint32_t steps;         ///< Length of the run …
  double epochs, minutes; ///< … or in walks over the data, or in time. All 0: 2,000 steps.
  uint32_t patience;      ///< Looks at the validation data now and then, keeps the weights with the best ROC
                          ///< AUC and ends after so many looks without a better one; 0: does not look.
  uint32_t look_every;    ///< Steps between these looks; 0: 100.
  uint64_t picture_bytes; ///< Decoded pictures are kept in memory up to this, else decoded again for each
                          ///< step, with the same result; 0: 2 GiB; 1: never kept.
  const char *picture_cache; ///< A file that keeps decoded pictures from one run to the next (docs/data.md),
                             ///< and beside it, `picture_cache`.validation; NULL: none.
  siam_decoders *decoders;   ///< Decodes pictures in processes (siamese/decode.h); NULL: in this one.
  uint64_t seed;             ///< Of every random choice.

  bool resume; ///< Goes on from the checkpoint, bit for bit where steps or epochs limit the run.
  double checkpoint_seconds; ///< Time between checkpoints; 0: 60.
  const char *log;           ///< CSV file with a row per step; NULL: none.

  const char *report;  ///< HTML file with the curves of training and the figures on the validation data
                       ///< (docs/report.md); NULL: none.
  const char *command; ///< What was typed, for the report; may be NULL.

  siam_logger logger;
  /// Called after every step on the calling thread; false ends the run after a checkpoint, with
  /// SIAM_INTERRUPTED. May be NULL.
  bool (*progress)(void *context, const siam_train_progress *progress);
  /// Called while pictures are decoded or embedded: what, how many of how many. May be NULL.
  bool (*preparing)(void *context, const char *what, uint32_t done, uint32_t count);
  void *context;
} siam_train_options;

/// Name and one line for people of recipe number `index`; NULL past the last.
SIAM_API const char *siam_recipe_get_name(size_t index);
SIAM_API const char *siam_recipe_get_summary(size_t index);

/// What a run did.
typedef struct siam_train_report {
  uint32_t steps;
  double preparing_seconds; ///< From the call to the first step: looking for pictures, decoding, compiling.
  double seconds;           ///< Of training, without preparing and validation.
  double pairs_per_second;
  uint32_t images, classes;             ///< Trained on.
  uint32_t batch;                       ///< Pairs of a step.
  uint32_t broken;                      ///< Pictures that could not be read and were left out.
  uint32_t init_taken, init_parameters; ///< With `init`: parameters taken over, and those of the network.
  uint32_t validation_images, validation_classes;
  uint32_t validation_common; ///< Validation pictures that are training files too, and too hopeful.
  /// Nothing was held out, or more than one in a hundred of the validation pictures is a training picture:
  /// thresholds are too hopeful, and there is none for a false-accept rate.
  bool calibrated_on_training;
  double auc, eer, accuracy; ///< On the validation pairs.
  /// With `reconstruct`, of the validation pictures, or the training pictures where nothing was held out: the
  /// mean squared difference of what comes out, in values from 0 to 1; and that of the mean picture of
  /// training in its place.
  double reconstruction_error, mean_picture_error;
  uint32_t best_step;                 ///< With `patience`: the step that the weights come from; else 0.
  double threshold;                   ///< At which the accuracy is best.
  size_t arena_bytes, separate_bytes; ///< Memory of a step, and of its tensors without reuse.
  uint32_t log_lost_step;             ///< From this step on the log could not be written; 0: it is whole.
  /// A failure of training that was recognised, and what to try; where there is none, why the log was lost;
  /// "" if neither. It was logged too.
  char warning[512];
} siam_train_report;

/// Trains and writes the model file. SIAM_ERROR_NUMERIC: the loss was not finite; the sentence names the step
/// and the last good checkpoint stays. SIAM_INTERRUPTED: a checkpoint was written; set `resume` to go on.
SIAM_API siam_status siam_train(siam_device *device, const siam_train_options *options,
                                siam_train_report *report);

/// Steps of a search for a learning rate, if none breaks it off.
enum { SIAM_RATE_STEPS = 120 };

/// What a search for a learning rate found.
typedef struct siam_rate_search {
  uint32_t count; ///< Steps that were run.
  float rates[SIAM_RATE_STEPS], losses[SIAM_RATE_STEPS];
  float lowest;    ///< Rate at which the smoothed loss is lowest: higher ones are too high.
  float suggested; ///< A tenth of that; 0: the loss does not fall.
} siam_rate_search;

/// Runs at most SIAM_RATE_STEPS steps of a training with `options`, while the learning rate rises from 1e-6
/// to 3 (Smith 2017). Writes no file, and of the options does not use `output`, length, `rate`, `resume`,
/// `log` and `report`.
SIAM_API siam_status siam_find_rate(siam_device *device, const siam_train_options *options,
                                    siam_rate_search *search);

#endif
