#include <stdio.h>

#include <jerror.h>
#include <jpeglib.h>
#include <setjmp.h>
#include <string.h>

#include <CSupport.h>

#include "CImages.h"

#define JPEG_FUNCTIONS(_)                                                                       \
  _(std_error) _(CreateDecompress) _(destroy_decompress) _(mem_src) _(read_header)              \
  _(start_decompress) _(read_scanlines) _(finish_decompress)

#define NAME(name) "jpeg_" #name,
static const char *const names[] = {JPEG_FUNCTIONS(NAME)};
#define FIELD(name) __typeof__(jpeg_##name) *name;
static struct {
  JPEG_FUNCTIONS(FIELD)
} jpeg;

#if JPEG_LIB_VERSION >= 80
const char *const cimages_jpeg_name = "libjpeg.so.8";
#else
const char *const cimages_jpeg_name = "libjpeg.so.62";
#endif

bool cimages_open_jpeg(void) {
  return csupport_open_library(cimages_jpeg_name, names, sizeof names / sizeof names[0], &jpeg);
}

typedef struct {
  // First, so that a pointer to it is one to all of this.
  struct jpeg_error_mgr manager;
  jmp_buf jump;
  char *message;
} Errors;

static void fail(j_common_ptr file) {
  Errors *errors = (Errors *)file->err;
  char text[JMSG_LENGTH_MAX];
  errors->manager.format_message(file, text);
  strncpy(errors->message, text, CIMAGES_MESSAGE - 1);
  errors->message[CIMAGES_MESSAGE - 1] = 0;
  longjmp(errors->jump, 1);
}

/// Damage that libjpeg would paint over is an error here; bytes between two parts of the file are not.
static void warn(j_common_ptr file, int level) {
  if (level >= 0) return;
  switch (file->err->msg_code) {
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_JPEG_EOF:
    case JWRN_MUST_RESYNC:
    case JWRN_NOT_SEQUENTIAL:
    case JWRN_TOO_MUCH_DATA: fail(file);
  }
}

static void say_nothing(j_common_ptr file) { (void)file; }

bool cimages_read_jpeg(
    const uint8_t *bytes, size_t count, CImagesHeader *header, uint8_t *out, char *message) {
  struct jpeg_decompress_struct file;
  Errors errors = {.message = message};
  memset(&file, 0, sizeof file);
  file.err = jpeg.std_error(&errors.manager);
  errors.manager.error_exit = fail;
  errors.manager.emit_message = warn;
  errors.manager.output_message = say_nothing;
  if (setjmp(errors.jump)) {
    jpeg.destroy_decompress(&file);
    return false;
  }
  jpeg.CreateDecompress(&file, JPEG_LIB_VERSION, sizeof file);
  jpeg.mem_src(&file, (unsigned char *)bytes, count);
  jpeg.read_header(&file, TRUE);
  header->width = file.image_width;
  header->height = file.image_height;
  header->sample_bytes = 1;
  header->is_progressive = file.progressive_mode;
  switch (file.jpeg_color_space) {
    case JCS_GRAYSCALE:
      header->channels = 1;
      file.out_color_space = JCS_GRAYSCALE;
      break;
    case JCS_YCbCr:
    case JCS_RGB:
      header->channels = 3;
      file.out_color_space = JCS_RGB;
      break;
    default: header->channels = 0;
  }
  if (out && header->channels) {
    jpeg.start_decompress(&file);
    size_t row = (size_t)file.output_width * file.output_components;
    while (file.output_scanline < file.output_height) {
      JSAMPROW line = out + file.output_scanline * row;
      jpeg.read_scanlines(&file, &line, 1);
    }
    jpeg.finish_decompress(&file);
  }
  jpeg.destroy_decompress(&file);
  return true;
}
