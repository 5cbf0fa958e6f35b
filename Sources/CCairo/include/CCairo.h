// Cairo, opened at first use: only figures that go into a file need it, and it brings X11, fontconfig
// and a dozen libraries more.
#ifndef CAIRO_FUNCTIONS_H
#define CAIRO_FUNCTIONS_H

#include <stdbool.h>

#include <cairo/cairo-pdf.h>
#include <cairo/cairo-svg.h>
#include <cairo/cairo.h>

/// The functions that are called, without `cairo_` in front. Their types are those of Cairo's header.
#define CAIRO_FUNCTIONS(_) \
  _(clip) _(close_path) _(create) _(destroy) _(fill) _(font_options_create) \
  _(font_options_destroy) _(font_options_set_antialias) _(font_options_set_hint_metrics) \
  _(font_options_set_hint_style) _(get_source) _(identity_matrix) _(image_surface_create) \
  _(image_surface_get_data) _(image_surface_get_stride) _(line_to) _(mask_surface) _(move_to) \
  _(new_path) _(new_sub_path) _(paint) _(paint_with_alpha) _(pattern_destroy) \
  _(pattern_set_filter) _(pdf_surface_create_for_stream) _(pdf_surface_set_metadata) _(pop_group) \
  _(pop_group_to_source) _(push_group) _(rectangle) _(restore) _(rotate) _(save) _(scale) \
  _(select_font_face) _(set_dash) _(set_font_options) _(set_font_size) _(set_line_cap) \
  _(set_line_join) _(set_line_width) _(set_source_rgba) _(set_source_surface) _(show_text) \
  _(status) _(status_to_string) _(stroke) _(surface_destroy) _(surface_finish) \
  _(surface_mark_dirty) _(surface_status) _(surface_write_to_png_stream) \
  _(svg_surface_create_for_stream) _(svg_surface_set_document_unit) _(text_extents) _(translate)

#define CAIRO_FIELD(name) __typeof__(cairo_##name) *_Nonnull name;
typedef struct {
  CAIRO_FUNCTIONS(CAIRO_FIELD)
} CairoFunctions;
#undef CAIRO_FIELD

/// Holds the functions once `ccairo_open` has returned true.
extern CairoFunctions libcairo;

/// False where libcairo.so.2 cannot be opened. To be called by one thread at a time.
bool ccairo_open(void);

#endif
