#!/usr/bin/env bash
# archive.sh RAW OUT: makes of the static library that cargo built (RAW) one that links beside any
# other. It holds one object in which only the functions of the header are global: another Rust
# archive brings a standard library of its own, of the same names. Only what these functions need is
# kept, and the unwinder is inside, so that nothing asks for libgcc_s at run time: GCC's, or the
# archive that UNWINDER names. LD, OBJCOPY and AR are those of the target.
set -euo pipefail
raw=${1:?the archive of cargo} out=${2:?where to}
header=$(dirname "$0")/../include/liter_llm.h

if [ "$(uname)" != Linux ]; then # what follows is GNU's linker and ELF
  install -C -m 644 "$raw" "$out"
  exit
fi
if [ "$out" -nt "$raw" ] && [ "$out" -nt "$header" ] && [ "$out" -nt "$0" ]; then exit; fi

unwinder=${UNWINDER:-$("${CC:-cc}" -print-file-name=libgcc_eh.a)}
[ -f "$unwinder" ] || { echo "archive.sh: no libgcc_eh.a; it comes with gcc" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed -nE 's/^[a-zA-Z_].*[ *](llm_[a-z_]+)\(.*/\1/p' "$header" >"$work/exports"
mapfile -t undefined < <(sed 's/^/--undefined=/' "$work/exports")
# No section groups: the linker keeps one of two groups of the same name, and this object's
# references to the other one would lead nowhere.
"${LD:-ld}" -r --gc-sections "${undefined[@]}" --force-group-allocation \
  -o "$work/whole.o" "$raw" "$unwinder"
# Leftovers of the compiler, joined from many objects, are read by nobody and stop some tools.
"${OBJCOPY:-objcopy}" --keep-global-symbols="$work/exports" --strip-debug \
  --remove-section=.llvmbc --remove-section=.llvmcmd --remove-section=.llvm_addrsig \
  "$work/whole.o" "$work/liter_llm.o"
rm -f "$out.new"
"${AR:-ar}" rcsD "$out.new" "$work/liter_llm.o"
mv "$out.new" "$out"
