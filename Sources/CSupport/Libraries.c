#include "CSupport.h"

#include <dlfcn.h>
#include <string.h>

bool csupport_open_library(const char *file, const char *const names[], size_t count,
                           void *addresses) {
  void *library = dlopen(file, RTLD_LAZY | RTLD_LOCAL);
  if (library == NULL) return false;
  for (size_t i = 0; i < count; i++) {
    void *address = dlsym(library, names[i]);
    if (address == NULL) return false;
    memcpy((char *)addresses + i * sizeof address, &address, sizeof address);
  }
  return true;
}
