#!/usr/bin/env bash
# install.sh ROOT: headers, both libraries, pkg-config and CMake files, and the licences below ROOT,
# which is the prefix with DESTDIR before it. Nothing in them names a place, so the whole may be moved.
#
#   LIBDIR      where libraries go below the prefix: lib, or Debian's lib/x86_64-linux-gnu
#   LIBRARIES   where they come from: build/lib
#   STRIP       the tool that removes symbols, of the libraries' own machine
set -euo pipefail
libraries=$(realpath "${LIBRARIES:-$(dirname "$0")/../build/lib}")
cd "$(dirname "$0")/.."
root=${1:?where to}
libdir=${LIBDIR:-lib}
version=$(sed -n 's/^  "version": "\(.*\)",/\1/p' packaging/release.json)
library=libliter_llm.so.$version
up=$(sed 's|[^/]\+|..|g' <<<"$libdir") # from libdir to the prefix
filled() { sed "s|@VERSION@|$version|; s|@LIBDIR@|$libdir|; s|@UP@|$up|" "$1"; }

install -d "$root/include" "$root/$libdir/pkgconfig" "$root/$libdir/cmake/liter_llm" \
  "$root/share/doc/liter_llm"
install -m 644 include/liter_llm.h include/liter_llm.hpp include/liter_llm_json.h "$root/include/"
install -m 755 "$libraries/libliter_llm.so.0" "$root/$libdir/$library"
"${STRIP:-strip}" --strip-unneeded "$root/$libdir/$library"
ln -sf "$library" "$root/$libdir/libliter_llm.so.0"
ln -sf libliter_llm.so.0 "$root/$libdir/libliter_llm.so"
install -m 644 "$libraries/libliter_llm.a" "$root/$libdir/"
filled packaging/liter_llm.pc.in >"$root/$libdir/pkgconfig/liter_llm.pc"
for file in liter_llm-config.cmake liter_llm-config-version.cmake; do
  filled "packaging/$file.in" >"$root/$libdir/cmake/liter_llm/$file"
done
install -m 644 LICENSE LICENSE-APACHE LICENSE-MIT "$root/share/doc/liter_llm/"
echo "liter_llm $version is in $root"
