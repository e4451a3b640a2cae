/// room.h: how large a batch the device has room for, found from plans, which take no room themselves.
#ifndef SIAM_PIPELINE_ROOM_H
#define SIAM_PIPELINE_ROOM_H

#include "device/device.h"

/// Device memory that a batch takes. Zero value: none.
typedef struct siam_need {
  uint64_t bytes;   ///< In all.
  uint64_t largest; ///< In the largest piece.
} siam_need;

/// Adds a piece.
void siam_need_add(siam_need *need, uint64_t bytes);

/// Whether the device has room beside what it holds.
bool siam_need_fits(const siam_device *device, const siam_need *need);

/// What a batch of `count` takes, more for more.
typedef siam_status siam_need_function(void *context, uint32_t count, siam_need *need);

/// The largest batch from `least` to `most` that fits; 0: none.
siam_status siam_room_search(const siam_device *device, uint32_t least, uint32_t most,
                             siam_need_function *need_of, void *context, uint32_t *largest);

/// Fails with what a batch of `count` such as "pair" needs, what the device has, and what fits: batches from
/// `least` on. Where that is not the trouble, with `failure` as it was said.
siam_status siam_room_refuse(const siam_device *device, const char *thing, uint32_t least, uint32_t count,
                             siam_need_function *need_of, void *context, siam_status failure);

#endif
