# shellcheck shell=bash
# The release build that the launcher and the tests share; sourced with `root` set.

binary="$root/.build/release/moondrift"
# Holds the time at which the last good build *started*: an edit made while it ran counts as new,
# and a binary that is being written is never taken for a finished one.
# shellcheck disable=SC2034 # read by scripts/moondrift
stamp="$root/.build/moondrift.built"

is_up_to_date() {
  [[ -x $binary && -e $stamp ]] &&
    [[ -z $(find "$root/Package.swift" "$root/Sources" -newer "$stamp" -print -quit) ]]
}

# Runs one building command (argument 2 on; `swift build ...`, say) with its output in the file
# named by argument 1. To be called with the lock of scripts/moondrift held, or from the tests.
build_release() {
  local log="$1" started="$stamp.started"
  shift
  rm -f "$stamp"
  touch "$started"
  (cd "$root" && "$@") >"$log" 2>&1 </dev/null || return
  mv "$started" "$stamp"
}

# The lock is held until the calling shell ends.
take_build_lock() {
  mkdir -p "$root/.build"
  exec 9>"$root/.build/moondrift.lock"
  if command -v flock >/dev/null; then flock 9; fi
}
