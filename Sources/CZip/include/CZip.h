// libzip, opened at first use: only archives need it, and it brings libcrypto, of which 17,000 pointers
// are set whenever it is loaded.
#ifndef ZIP_FUNCTIONS_H
#define ZIP_FUNCTIONS_H

#include <stdbool.h>

#include <zip.h>

/// The functions that are called, without `zip_` in front. Their types are those of libzip's header.
#define ZIP_FUNCTIONS(_) \
  _(close) _(discard) _(error_fini) _(error_init) _(error_strerror) _(fclose) _(file_add) \
  _(file_strerror) _(fopen_index) _(fread) _(get_num_entries) _(open_from_source) \
  _(register_cancel_callback_with_state) _(source_buffer) _(source_buffer_create) _(source_close) _(source_free) _(source_keep) _(source_open) \
  _(source_read) _(source_stat) _(stat_index) _(strerror)

#define ZIP_FIELD(name) __typeof__(zip_##name) *_Nonnull name;
typedef struct {
  ZIP_FUNCTIONS(ZIP_FIELD)
} ZipFunctions;
#undef ZIP_FIELD

/// Holds the functions once `czip_open` has returned true.
extern ZipFunctions libzip;

/// False where libzip.so.4 cannot be opened. To be called by one thread at a time.
bool czip_open(void);

#endif
