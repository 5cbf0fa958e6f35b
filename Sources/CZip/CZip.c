#include "CZip.h"

#include <CSupport.h>

#define NAME(name) "zip_" #name,
static const char *const names[] = {ZIP_FUNCTIONS(NAME)};

ZipFunctions libzip;

bool czip_open(void) {
  return csupport_open_library("libzip.so.4", names, sizeof names / sizeof names[0], &libzip);
}
