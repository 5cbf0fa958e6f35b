// Pictures from bytes in memory: PNG by libpng, JPEG by libjpeg-turbo, both opened at first use. The libraries
// report errors by a long jump, which stays within this module.
#ifndef CIMAGES_H
#define CIMAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Room for a message, with its zero.
#define CIMAGES_MESSAGE 200

typedef struct {
  uint32_t width, height;
  /// 1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha; 0 for colours that are not decoded.
  int32_t channels;
  /// Bytes of a sample: 1, or 2 in the machine's order.
  int32_t sample_bytes;
  /// Whether decoding holds all coefficients of the picture, as progressive JPEG does.
  bool is_progressive;
} CImagesHeader;

/// False where libpng or libjpeg cannot be opened. To be called by one thread at a time.
bool cimages_open_png(void);
bool cimages_open_jpeg(void);
/// The names of the library files.
extern const char *_Nonnull const cimages_png_name, *_Nonnull const cimages_jpeg_name;

/// Reads a picture's header, and where `out` is not null its samples, row by row without gaps.
///
/// On false `message` holds the reason. `out` has room for width × height × channels × sample_bytes.
bool cimages_read_png(
    const uint8_t *_Nonnull bytes, size_t count, CImagesHeader *_Nonnull header, uint8_t *_Nullable out,
    char *_Nonnull message);
bool cimages_read_jpeg(
    const uint8_t *_Nonnull bytes, size_t count, CImagesHeader *_Nonnull header, uint8_t *_Nullable out,
    char *_Nonnull message);

#endif
