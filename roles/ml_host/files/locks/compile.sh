#!/bin/sh
# Makes the locks anew from the .in files; UPGRADE=1 takes the newest releases that these allow. Needs uv.
set -eu
cd "$(dirname "$0")"
unset UV_FIND_LINKS

compile() {
  name=$1
  shift
  uv pip compile "$name.in" --output-file "$name.txt" ${UPGRADE:+--upgrade} --quiet \
    --generate-hashes --no-annotate --python-version 3.11 \
    --custom-compile-command roles/ml_host/files/locks/compile.sh "$@"
}

# PyTorch's CPU builds of one version differ by index (2.13.0, 2.13.0+cpu) and so do their hashes: the version is
# pinned, the hash is left to the index. Every other hash is checked.
without_torch_hash() {
  awk '/^[^ ]/ { torch = /^torch==/ }
       torch && /--hash/ { next }
       torch { sub(/ \\$/, "") }
       { print }' "$1.txt" > "$1.tmp"
  mv "$1.tmp" "$1.txt"
}

# On top of the others, whose packages it leaves out: so it fits each of them, whatever their releases are.
compile_on_top() {
  name=$1
  set -- --constraints cpu.txt
  while read -r package; do
    set -- "$@" --no-emit-package "$package"
  done <<PACKAGES
$(sed -n 's/^\([A-Za-z0-9._-]*\)==.*/\1/p' cpu.txt | sort -u)
PACKAGES
  compile "$name" --universal "$@"
}

compile uv --universal
compile cuda --universal
compile cuda12 --universal
compile cpu --universal --excludes without-cuda.txt
compile al2 --python-platform x86_64-manylinux_2_17 --only-binary :all: --excludes without-cuda.txt
without_torch_hash cpu
without_torch_hash al2
compile_on_top ray
