/// supply.h: what each training step is given. Pictures live on the device where they fit; otherwise they are
/// decoded ahead of the step that needs them. Both give the same bits.
#ifndef SIAM_PIPELINE_SUPPLY_H
#define SIAM_PIPELINE_SUPPLY_H

#include "data/images.h"
#include "data/sampler.h"
#include "pipeline/composition.h"
#include "pipeline/step.h"

typedef struct siam_supply siam_supply;

/// How batches are made.
typedef struct siam_supply_options {
  siam_sampler_options sampler;
  /// A class turned by 90, 180 or 270 degrees is another class: every class of a batch, or every pair, comes
  /// in one of the four turns. Square pictures only.
  bool turned_classes;
  /// With classes alone; put together on the host, so the pictures of every step go to the device.
  siam_composition_options composition;
} siam_supply_options;

/// How many classes come of one by turning. With all pairs, the label of a picture is the number of its class
/// times this, plus its quarter turns; those of classes put together of two come behind all of these.
uint32_t siam_supply_turns(const siam_supply_options *options);

/// Moves resident pictures to `device` where they fit. `images` and `dataset` must outlive the supply.
siam_status siam_supply_create(siam_device *device, const siam_dataset *dataset, siam_images *images,
                               const siam_supply_options *options, siam_supply **supply);
void siam_supply_destroy(siam_supply *supply);

/// Bytes of all pictures on the device, for siam_step_options.resident; NULL when streaming.
cl_mem siam_supply_resident(const siam_supply *supply);

/// Pictures of a step, and steps until every picture was seen once.
uint32_t siam_supply_rows(const siam_supply *supply);
uint64_t siam_supply_epoch_steps(const siam_supply *supply);

/// Fills `input` (all but `rate`) and, when streaming, the step's pictures, for step `number` (from 1).
siam_status siam_supply_give(siam_supply *supply, uint32_t number, siam_step *step, siam_step_input *input);

/// Mean and deviation of each channel over (at most 2,000 of) the pictures, of values in 0 … 1.
siam_status siam_images_statistics(siam_images *images, float *mean, float *deviation);

#endif
