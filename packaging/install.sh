#!/usr/bin/env bash
# install.sh ROOT: headers, both libraries, pkg-config and CMake files below ROOT, which is the prefix
# with DESTDIR before it. Nothing in them names a place, so the whole may be moved.
set -euo pipefail
cd "$(dirname "$0")/.."
root=${1:?where to}
version=$(sed -n 's/^version = "\(.*\)"/\1/p' core/Cargo.toml | head -n 1)
library=libliter_llm.so.$version

install -d "$root"/include "$root"/lib/pkgconfig "$root"/lib/cmake/liter_llm
install -m 644 include/liter_llm.h include/liter_llm.hpp include/liter_llm_json.h "$root"/include/
install -m 755 build/lib/libliter_llm.so.0 "$root/lib/$library"
strip --strip-unneeded "$root/lib/$library"
ln -sf "$library" "$root"/lib/libliter_llm.so.0
ln -sf libliter_llm.so.0 "$root"/lib/libliter_llm.so
install -m 644 build/lib/libliter_llm.a "$root"/lib/
sed "s/@VERSION@/$version/" packaging/liter_llm.pc.in >"$root"/lib/pkgconfig/liter_llm.pc
install -m 644 packaging/liter_llm-config.cmake "$root"/lib/cmake/liter_llm/
sed "s/@VERSION@/$version/" packaging/liter_llm-config-version.cmake.in \
  >"$root"/lib/cmake/liter_llm/liter_llm-config-version.cmake
echo "liter_llm $version is in $root"
