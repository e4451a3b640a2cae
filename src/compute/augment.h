/// augment.h: 8-bit pictures in, the network's float input out: augmented and normalised by one kernel.
/// docs/augmentation.md has the formulas. Every draw depends on (seed, step, position in the batch) alone,
/// so a resumed run continues bit for bit, and a picture comes out the same whichever others are in its batch
/// and wherever its bytes lie.
#ifndef SIAM_COMPUTE_AUGMENT_H
#define SIAM_COMPUTE_AUGMENT_H

#include "base/text.h"
#include "device/tape.h"

/// How pictures are varied. A range r means a number drawn evenly from −r … r for each picture. Zero value:
/// no augmentation. A probability that belongs to a range and is 0 means 1: the range alone switches a part
/// on.
typedef struct siam_augment_options {
  float shift;              ///< Range of the shift along each axis, as a part of width or height.
  float rotation;           ///< Range of the rotation, in degrees.
  float scale;              ///< Range of the logarithm of the scale: 0.2 is a factor of 0.82 … 1.22.
  float aspect;             ///< Range of the logarithm of width over height, at equal area.
  float shear;              ///< Range of the shear along each axis, in pixels per pixel.
  float affine_probability; ///< Of each of the seven parts above, each by itself (Koch et al. 2015); 0: 1.

  float flip_horizontal; ///< Probability of a left-right mirror image.
  float flip_vertical;   ///< Probability of an upside-down mirror image.
  float quarter_turn;    ///< Probability of a turn by 90, 180 or 270 degrees; square images only.

  float elastic;             ///< Standard deviation of a smooth random displacement, as a part of the side.
  float elastic_grid;        ///< Spans of its control grid along each axis, whole, 1 … 8; 0: 4.
  float elastic_probability; ///< 0: 1.

  float brightness;        ///< Range of what is added to a picture whose values lie in 0 … 1.
  float contrast;          ///< Range of the logarithm of the factor around the mean of the normalisation.
  float tone;              ///< Range of the shift in log-odds: thickens or thins strokes by grey values.
  float light_probability; ///< Of each of the three parts above, each by itself; 0: 1.

  float noise;             ///< Largest standard deviation of pixel noise, evenly drawn from 0 up.
  float noise_probability; ///< 0: 1.

  float erase;          ///< Probability that a rectangle is blotted out (Zhong et al. 2020).
  float erase_smallest; ///< Smallest area of it, as a part of the picture; 0: 0.02.
  float erase_largest;  ///< Largest area of it; 0: 0.2.
  float erase_noise;    ///< 0: filled with the mean of the normalisation; 1: with noise of its deviation.
} siam_augment_options;

#define SIAM_AUGMENT_ERASE_SMALLEST 0.02F
#define SIAM_AUGMENT_ERASE_LARGEST 0.2F

/// What goes through the kernel.
typedef struct siam_augment_shape {
  int height, width, channels; ///< Of one picture; 1 or 3 channels.
  int images;                  ///< N of y [N,H,W,C].
  int first;   ///< Place in the step's batch of the first of them: of its index and its draws.
  bool turned; ///< Indices carry quarter turns: SIAM_INDEX_TURN_SHIFT. Square pictures only.
  float mean[3], deviation[3]; ///< y = (v / 255 − mean) / deviation by channel; a deviation of 0 means 1.
} siam_augment_shape;

/// An index into the pictures, and above it quarter turns, 0 … 3.
#define SIAM_INDEX_TURN_SHIFT 30
#define SIAM_INDEX_MASK 0x3fffffffu

/// Adds ONE kernel to the tape: y[n] = normalised, augmented picture number indices[first + n] of `images`.
/// - `options`: NULL or zero: exact normalisation, the same bits on every device; no clock is read.
/// - `images`: bytes [count,H,W,C] (see pixels.h), all of the data or the pictures of one step.
/// - `indices`: int32, at least first + N of them; each must be below count. With `shape->turned` its two
///   highest bits are the quarter turns that the picture gets before all else.
/// - `clock`: uint32 words: number of the step, seed low, seed high. May be NULL without options.
/// - `y`: N·H·W·C floats.
/// The buffers must outlive the tape; the host may change their content between runs.
siam_status siam_augment_add(siam_tape *tape, const siam_augment_options *options,
                             const siam_augment_shape *shape, cl_mem images, cl_mem indices, cl_mem clock,
                             siam_view y);

/// A set of options with a name for people.
typedef struct siam_augment_set {
  const char *name, *summary;
  siam_augment_options options;
} siam_augment_set;

/// The named sets; ends with a row without a name.
extern const siam_augment_set siam_augment_sets[];

/// Looks a set up; an unknown name is SIAM_ERROR_ARGUMENT and names those there are.
siam_status siam_augment_find(const char *name, const siam_augment_set **set);

/// Reads "characters", "none", "rotation=15,scale=0.2" or "characters,rotation=20": the name of a set, fields
/// of siam_augment_options by name, or both. Refuses what it does not know and what siam_augment_check()
/// refuses.
siam_status siam_augment_parse(const char *text, siam_augment_options *options);

/// Adds the options as text that siam_augment_parse() reads back to the same bits: every field that is not 0,
/// or "none". For model files and logs.
void siam_augment_describe(const siam_augment_options *options, siam_text *text);

/// SIAM_ERROR_ARGUMENT with the field's name, its value and what is allowed, where a field is out of bounds.
siam_status siam_augment_check(const siam_augment_options *options);

#endif
