#include "device/upload.h"

#include "base/memory.h"

enum { SLOTS = 2 };

struct siam_upload {
  siam_device *device;
  cl_mem buffer;
  size_t bytes;
  void *slots[SLOTS];
  cl_event sent[SLOTS]; ///< The copy that last used the slot; NULL when none is under way.
  int next;
};

static siam_status wait_for_slot(siam_upload *upload, int slot) {
  if (upload->sent[slot] == NULL) return SIAM_OK;
  cl_int error = clWaitForEvents(1, &upload->sent[slot]);
  clReleaseEvent(upload->sent[slot]);
  upload->sent[slot] = NULL;
  return siam_opencl(error, "send to the device");
}

siam_status siam_upload_create(siam_device *device, size_t bytes, siam_upload **upload) {
  siam_status status = SIAM_OK;
  siam_upload *made = NULL;
  SIAM_TRY_ALLOCATE(made, 1);
  made->device = device;
  made->bytes = bytes;
  for (int i = 0; i < SLOTS; i++) {
    made->slots[i] = siam_allocate(bytes, 1);
    if (made->slots[i] == NULL) {
      status = SIAM_ERROR_MEMORY;
      goto cleanup;
    }
  }
  SIAM_TRY(
      siam_buffer_reserve(device, CL_MEM_READ_ONLY, bytes, NULL, "what is sent each step", &made->buffer));
  *upload = made;
  made = NULL;
cleanup:
  siam_upload_destroy(made);
  return status;
}

void siam_upload_destroy(siam_upload *upload) {
  if (upload == NULL) return;
  for (int i = 0; i < SLOTS; i++) {
    wait_for_slot(upload, i);
    siam_free(upload->slots[i]);
  }
  siam_buffer_release(upload->device, upload->buffer);
  siam_free(upload);
}

cl_mem siam_upload_buffer(const siam_upload *upload) {
  return upload->buffer;
}

siam_status siam_upload_begin(siam_upload *upload, void **slot) {
  SIAM_RETURN_IF_FAILED(wait_for_slot(upload, upload->next));
  *slot = upload->slots[upload->next];
  return SIAM_OK;
}

siam_status siam_upload_send(siam_upload *upload) {
  int slot = upload->next;
  if (upload->bytes == 0) return SIAM_OK;
  upload->next = (slot + 1) % SLOTS;
  return siam_opencl(clEnqueueWriteBuffer(upload->device->queue, upload->buffer, CL_FALSE, 0, upload->bytes,
                                          upload->slots[slot], 0, NULL, &upload->sent[slot]),
                     "send to the device");
}
