// Shared libraries that are opened at first use.
#ifndef CSUPPORT_LIBRARIES_H
#define CSUPPORT_LIBRARIES_H

#include <stdbool.h>
#include <stddef.h>

/// Opens a shared library for good and stores the addresses of its functions, in the order of their
/// names. False, with some of them perhaps stored, where the library or one of them is missing.
bool csupport_open_library(const char *file, const char *const names[], size_t count, void *addresses);

#endif
