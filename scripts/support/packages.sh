# shellcheck shell=bash
# What building and testing need from the system; sourced by scripts/setup and scripts/moondrift.
# One line a package: Debian's name, who needs it, and the files that prove it is there.
# Files are looked for rather than packages, so that the check costs a millisecond
# and also holds where the libraries did not come from apt.

system_packages=(
  "liblua5.4-dev   build  include/lua5.4/lua.h         lib/liblua5.4.a"
  "libreadline-dev build  include/readline/readline.h  lib/libreadline.so"
  "libcairo2-dev   build  include/cairo/cairo.h        lib/libcairo.so"
  "zlib1g-dev      build  include/zlib.h               lib/libz.so"
  "libzip-dev      build  include/zip.h                lib/libzip.so"
  "libpng-dev      build  include/png.h                lib/libpng16.so"
  "libjpeg-dev     build  include/jpeglib.h         lib/libjpeg.so"
  "libmimalloc-dev build  include/mimalloc.h           lib/libmimalloc.so"
  "libopenblas-dev build  lib/libopenblas.so.0"
  "libfftw3-double3 build lib/libfftw3.so.3"
  "libfftw3-single3 build lib/libfftw3f.so.3"
  "g++             build  include/stdio.h              gcc/libstdc++.so"
  "lua5.4          tests  bin/lua5.4"
  "shellcheck      tests  bin/shellcheck"
)

# Is a file of the table above on this machine? `lib/x` means x in any usual library folder.
is_present() {
  local name="${1#*/}" candidates=() candidate
  case "$1" in
    include/*) candidates=(/usr/include/"$name" /usr/local/include/"$name") ;;
    gcc/*) candidates=(/usr/lib/gcc/*/*/"$name" /usr/lib64/"$name") ;;
    lib/*)
      candidates=(/usr/lib/*/"$name" /usr/lib/"$name" /usr/lib64/"$name" /usr/local/lib/"$name"
        /lib/*/"$name")
      ;;
    bin/*)
      command -v "$name" >/dev/null
      return
      ;;
  esac
  for candidate in "${candidates[@]}"; do
    [[ -e $candidate ]] && return 0
  done
  return 1
}

# Sets `missing` to the packages that are not there. Argument: `build`, or `tests` for all of them.
find_missing_packages() {
  missing=()
  local line fields file
  for line in "${system_packages[@]}"; do
    read -ra fields <<<"$line"
    [[ $1 == tests || ${fields[1]} == build ]] || continue
    for file in "${fields[@]:2}"; do
      is_present "$file" || {
        missing+=("${fields[0]}")
        break
      }
    done
  done
}
