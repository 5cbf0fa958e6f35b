#include "CCairo.h"

#include <CSupport.h>

#define NAME(name) "cairo_" #name,
static const char *const names[] = {CAIRO_FUNCTIONS(NAME)};

CairoFunctions libcairo;

bool ccairo_open(void) {
  return csupport_open_library("libcairo.so.2", names, sizeof names / sizeof names[0], &libcairo);
}
