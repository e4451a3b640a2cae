#include "data/encode_jpeg.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

/// One encoder; its error manager comes first so that libjpeg's callback can find the rest.
typedef struct jpeg_writer {
  struct jpeg_error_mgr errors;
  struct jpeg_compress_struct library;
  unsigned char *bytes; ///< From malloc, by libjpeg.
  unsigned long count;
  jmp_buf leave;
} jpeg_writer;

/// libjpeg's own would end the program.
static void on_error(j_common_ptr library) {
  jpeg_writer *writer = (jpeg_writer *)library->err;
  longjmp(writer->leave, 1);
}

static void write_rows(jpeg_writer *writer, const uint8_t *pixels, uint32_t width, uint32_t height,
                       int quality) {
  struct jpeg_compress_struct *library = &writer->library;
  jpeg_create_compress(library);
  jpeg_mem_dest(library, &writer->bytes, &writer->count);
  library->image_width = width;
  library->image_height = height;
  library->input_components = 3;
  library->in_color_space = JCS_RGB;
  jpeg_set_defaults(library);
  jpeg_set_quality(library, quality, TRUE);
  jpeg_start_compress(library, TRUE);
  while (library->next_scanline < height) {
    JSAMPROW row = (JSAMPROW)(pixels + (size_t)library->next_scanline * width * 3);
    jpeg_write_scanlines(library, &row, 1);
  }
  jpeg_finish_compress(library);
}

siam_status siam_jpeg_encode(const uint8_t *pixels, uint32_t width, uint32_t height, int quality,
                             siam_text *jpeg) {
  siam_status status = SIAM_OK;
  jpeg_writer writer = {0};
  writer.library.err = jpeg_std_error(&writer.errors);
  writer.errors.error_exit = on_error;
  if (setjmp(writer.leave) == 0) {
    write_rows(&writer, pixels, width, height, quality);
    siam_text_add_bytes(jpeg, (const char *)writer.bytes, writer.count);
    status = siam_text_status(jpeg);
  } else {
    status = siam_fail(SIAM_ERROR_MEMORY, "out of memory while packing a picture of %u x %u", width, height);
  }
  jpeg_destroy_compress(&writer.library);
  free(writer.bytes);
  return status;
}
