#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <CSupport.h>

#include "CImages.h"

#define PNG_FUNCTIONS(_)                                                                            \
  _(create_read_struct) _(create_info_struct) _(destroy_read_struct) _(set_read_fn) _(read_info)    \
  _(get_IHDR) _(get_io_ptr) _(get_error_ptr) _(get_valid) _(set_expand) _(set_swap)                 \
  _(set_interlace_handling) _(read_update_info) _(get_channels) _(get_bit_depth) _(get_rowbytes)    \
  _(read_image) _(read_end)

#define NAME(name) "png_" #name,
static const char *const names[] = {PNG_FUNCTIONS(NAME)};
#define FIELD(name) __typeof__(png_##name) *name;
static struct {
  PNG_FUNCTIONS(FIELD)
} png;

const char *const cimages_png_name = "libpng16.so.16";

bool cimages_open_png(void) {
  return csupport_open_library(cimages_png_name, names, sizeof names / sizeof names[0], &png);
}

typedef struct {
  jmp_buf jump;
  const uint8_t *bytes;
  size_t left;
  char *message;
} Reading;

static void fail(png_structp file, png_const_charp reason) {
  Reading *reading = png.get_error_ptr(file);
  strncpy(reading->message, reason, CIMAGES_MESSAGE - 1);
  reading->message[CIMAGES_MESSAGE - 1] = 0;
  longjmp(reading->jump, 1);
}

static void warn(png_structp file, png_const_charp reason) {
  (void)file;
  (void)reason;
}

static void give(png_structp file, png_bytep out, size_t count) {
  Reading *reading = png.get_io_ptr(file);
  if (count > reading->left) fail(file, "ends too soon");
  memcpy(out, reading->bytes, count);
  reading->bytes += count;
  reading->left -= count;
}

bool cimages_read_png(
    const uint8_t *bytes, size_t count, CImagesHeader *header, uint8_t *out, char *message) {
  Reading reading = {.bytes = bytes, .left = count, .message = message};
  // Assigned before the jump is set and not after it, or volatile.
  png_bytep *volatile rows = NULL;
  png_infop volatile info = NULL;
  png_structp volatile file = png.create_read_struct(PNG_LIBPNG_VER_STRING, &reading, fail, warn);
  if (!file) {
    strcpy(message, "libpng gives no decoder");
    return false;
  }
  if (setjmp(reading.jump)) {
    png_structp f = file;
    png_infop i = info;
    png.destroy_read_struct(&f, &i, NULL);
    free(rows);
    return false;
  }
  info = png.create_info_struct(file);
  if (!info) fail(file, "libpng has no memory");
  png.set_read_fn(file, &reading, give);
  png.read_info(file, info);
  png_uint_32 width, height;
  int depth, colour, interlace;
  png.get_IHDR(file, info, &width, &height, &depth, &colour, &interlace, NULL, NULL);
  // Palettes become colours, fewer bits than 8 become 8, and a colour that means transparent becomes alpha.
  png.set_expand(file);
  if (depth == 16) png.set_swap(file);
  png.set_interlace_handling(file);
  png.read_update_info(file, info);
  header->width = width;
  header->height = height;
  header->channels = png.get_channels(file, info);
  header->sample_bytes = png.get_bit_depth(file, info) == 16 ? 2 : 1;
  header->is_progressive = false;
  if (out) {
    size_t row = png.get_rowbytes(file, info);
    rows = malloc(height * sizeof(png_bytep));
    if (!rows) fail(file, "there is no memory for its rows");
    for (png_uint_32 y = 0; y < height; y++) rows[y] = out + y * row;
    png.read_image(file, rows);
    png.read_end(file, NULL);
  }
  png_structp f = file;
  png_infop i = info;
  png.destroy_read_struct(&f, &i, NULL);
  free(rows);
  return true;
}
