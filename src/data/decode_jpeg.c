/// JPEG through libjpeg-turbo, with the accurate integer transform, which every build of it computes alike.
/// Its decoder fills up what is missing and goes on with a warning; here a warning means that the file is
/// broken, and so does an end without the end marker. What follows the end marker is ignored.
#include "base/memory.h"
#include "data/formats.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jerror.h>
#include <jpeglib.h>

enum { SCAN_LIMIT = 500, APP1 = JPEG_APP0 + 1 };

/// One decoder; the libjpeg structs come first so that their callbacks can find the rest.
typedef struct jpeg_reader {
  struct jpeg_decompress_struct library;
  struct jpeg_error_mgr errors;
  struct jpeg_source_mgr source;
  struct jpeg_progress_mgr progress;
  const siam_picture_file *file;
  siam_stored_picture *stored;
  siam_status status;
  jmp_buf leave;
} jpeg_reader;

static jpeg_reader *reader_of(j_common_ptr library) {
  return library->client_data;
}

static _Noreturn void leave_with(jpeg_reader *reader, siam_status status) {
  reader->status = status;
  longjmp(reader->leave, 1);
}

static _Noreturn void leave_broken(jpeg_reader *reader, const char *reason) {
  leave_with(reader, siam_picture_broken(reader->file, "JPEG", reason));
}

static _Noreturn void leave_with_message(j_common_ptr library) {
  jpeg_reader *reader = reader_of(library);
  char message[JMSG_LENGTH_MAX];
  library->err->format_message(library, message);
  switch (library->err->msg_code) {
  case JERR_BAD_PRECISION:
  case JERR_SOF_UNSUPPORTED:
  case JERR_ARITH_NOTIMPL:
  case JERR_CONVERSION_NOTIMPL:
    leave_with(reader, siam_fail(SIAM_ERROR_UNSUPPORTED,
                                 "%s: a kind of JPEG that is not read (%s); save it as a plain JPEG or PNG",
                                 reader->file->name, message));
  case JERR_OUT_OF_MEMORY:
    leave_with(reader, siam_fail(SIAM_ERROR_MEMORY, "%s: out of memory while decoding", reader->file->name));
  default:
    leave_broken(reader, message);
  }
}

static void on_error(j_common_ptr library) {
  leave_with_message(library);
}

/// Level −1 is a warning. An unknown revision number is the one that says nothing about damage.
static void on_message(j_common_ptr library, int level) {
  if (level < 0 && library->err->msg_code != JWRN_JFIF_MAJOR) leave_with_message(library);
}

static void on_output(j_common_ptr library) {
  (void)library;
}

static void on_source(j_decompress_ptr library) {
  (void)library;
}

static boolean on_source_empty(j_decompress_ptr library) {
  leave_broken(reader_of((j_common_ptr)library), "it ends before its end marker");
}

static void on_skip(j_decompress_ptr library, long count) {
  if (count <= 0) return;
  if ((size_t)count > library->src->bytes_in_buffer) on_source_empty(library);
  library->src->next_input_byte += count;
  library->src->bytes_in_buffer -= (size_t)count;
}

/// A progressive file may name thousands of scans of one picture, each costing a pass over all of it.
static void on_progress(j_common_ptr library) {
  if (((j_decompress_ptr)library)->input_scan_number > SCAN_LIMIT)
    leave_broken(reader_of(library), "it has more than 500 scans");
}

static void prepare(jpeg_reader *reader) {
  reader->library.err = jpeg_std_error(&reader->errors);
  reader->library.client_data = reader;
  reader->errors.error_exit = on_error;
  reader->errors.emit_message = on_message;
  reader->errors.output_message = on_output;
}

static void begin(jpeg_reader *reader) {
  j_decompress_ptr library = &reader->library;
  jpeg_create_decompress(library);
  // jpeg_create_decompress() keeps client_data and err, and clears all else.
  reader->source = (struct jpeg_source_mgr){.next_input_byte = reader->file->bytes,
                                            .bytes_in_buffer = reader->file->count,
                                            .init_source = on_source,
                                            .fill_input_buffer = on_source_empty,
                                            .skip_input_data = on_skip,
                                            .resync_to_restart = jpeg_resync_to_restart,
                                            .term_source = on_source};
  reader->progress.progress_monitor = on_progress;
  library->src = &reader->source;
  library->progress = &reader->progress;
  jpeg_save_markers(library, APP1, 0xFFFF);
  jpeg_read_header(library, TRUE);
}

static unsigned find_orientation(const jpeg_reader *reader) {
  for (jpeg_saved_marker_ptr marker = reader->library.marker_list; marker != NULL; marker = marker->next)
    if (marker->marker == APP1 && marker->data_length >= 6 && memcmp(marker->data, "Exif\0\0", 6) == 0)
      return siam_exif_orientation(marker->data, marker->data_length);
  return 1;
}

static void choose_colours(jpeg_reader *reader) {
  j_decompress_ptr library = &reader->library;
  switch (library->jpeg_color_space) {
  case JCS_GRAYSCALE:
    library->out_color_space = JCS_GRAYSCALE;
    break;
  case JCS_CMYK:
  case JCS_YCCK:
    library->out_color_space = JCS_CMYK;
    break;
  default:
    library->out_color_space = JCS_RGB;
    break;
  }
  library->dct_method = JDCT_ISLOW;
}

static uint32_t shrunk(uint32_t size, unsigned divisor) {
  return (size + divisor - 1) / divisor;
}

/// The smallest picture that is enough: of each block of 8×8 the decoder then computes 4×4, 2×2 or one pixel.
static void choose_scale(jpeg_reader *reader) {
  j_decompress_ptr library = &reader->library;
  const siam_picture_options *limits = &reader->file->limits;
  const bool turned = reader->stored->orientation >= 5;
  const uint32_t width = turned ? limits->enough_height : limits->enough_width;
  const uint32_t height = turned ? limits->enough_width : limits->enough_height;
  unsigned divisor = 1;
  while (width > 0 && height > 0 && divisor < DCTSIZE && shrunk(library->image_width, 2 * divisor) >= width &&
         shrunk(library->image_height, 2 * divisor) >= height)
    divisor *= 2;
  library->scale_num = 1;
  library->scale_denom = divisor;
}

/// Ink to light, without a profile: R = (1 − C)(1 − K). Adobe stores 255 − ink and says so by its marker.
/// Works in place: a sample is written no later than the last one of its pixel is read.
static void convert_inks(uint8_t *pixels, size_t count, bool inverted) {
  for (size_t i = 0; i < count; i++) {
    unsigned black = inverted ? pixels[4 * i + 3] : 255u - pixels[4 * i + 3];
    for (size_t c = 0; c < 3; c++) {
      unsigned light = inverted ? pixels[4 * i + c] : 255u - pixels[4 * i + c];
      pixels[3 * i + c] = (uint8_t)((light * black + 127) / 255);
    }
  }
}

/// A progressive file sends each coefficient's high bits first. What was never sent, or not to its last bit,
/// was cut off between two scans: the library would show it blurred. All scans are read before the first row.
static void check_scans(jpeg_reader *reader) {
  j_decompress_ptr library = &reader->library;
  if (library->coef_bits == NULL) return;
  for (int c = 0; c < library->num_components; c++)
    for (int k = 0; k < DCTSIZE2; k++)
      if (library->coef_bits[c][k] != 0) leave_broken(reader, "its last scans are missing");
}

static void read_pixels(jpeg_reader *reader) {
  j_decompress_ptr library = &reader->library;
  siam_stored_picture *stored = reader->stored;
  choose_colours(reader);
  choose_scale(reader);
  jpeg_start_decompress(library);
  stored->width = library->output_width;
  stored->height = library->output_height;
  check_scans(reader);
  size_t row_bytes = (size_t)library->output_width * (size_t)library->output_components;
  uint8_t *pixels = siam_samples_allocate(reader->file, library->output_height, row_bytes);
  if (pixels == NULL) leave_with(reader, SIAM_ERROR_MEMORY);
  stored->samples = pixels;
  while (library->output_scanline < library->output_height) {
    JSAMPROW row = pixels + library->output_scanline * row_bytes;
    jpeg_read_scanlines(library, &row, 1);
  }
  jpeg_finish_decompress(library);
  stored->channels = library->output_components == 1 ? 1 : 3;
  if (library->output_components == 4)
    convert_inks(pixels, (size_t)stored->width * stored->height, library->saw_Adobe_marker);
}

static void decode(jpeg_reader *reader) {
  begin(reader);
  siam_stored_picture *stored = reader->stored;
  stored->width = reader->library.image_width;
  stored->height = reader->library.image_height;
  stored->orientation = find_orientation(reader);
  siam_status status = siam_picture_check_size(reader->file, stored->width, stored->height);
  if (status != SIAM_OK) leave_with(reader, status);
  read_pixels(reader);
}

siam_status siam_decode_jpeg(const siam_picture_file *file, siam_stored_picture *stored) {
  // Nothing that changes after setjmp lives outside this struct, as C asks (7.13.2.1).
  jpeg_reader reader = {.file = file, .stored = stored};
  prepare(&reader);
  if (setjmp(reader.leave) == 0) decode(&reader);
  jpeg_destroy_decompress(&reader.library);
  return reader.status;
}
