#!/usr/bin/env bash
# Packs all that bench/webgpu-device.sh needs on a bare Linux x64 machine with a GPU's driver into one archive of some 50 MB (default:
# webgpu-device.tar.xz): Node, the build, the libraries it loads, the conformance suite for Node's own test runner, the Vulkan loader and,
# where it lies beside this checkout, the PyTorch peer. There: tar -xJf ARCHIVE && webgpu-device/bench/webgpu-device.sh OUT
set -euo pipefail
name=webgpu-device
. "$(dirname "$0")/pack-device.sh"
mkdir -p "$pack/lib" "$pack/node_modules/webgpu/dist"
cp node_modules/webgpu/{package.json,index.js} "$pack/node_modules/webgpu/"
cp -r node_modules/webgpu/dist/linux-x64 "$pack/node_modules/webgpu/dist/"
bundle_suite test/backends/webgpu/conformance.test.ts conformance.mjs
pack_expect
# The Vulkan loader, for machines without.
loader=$(ldconfig -p | sed -n 's|.*libvulkan\.so\.1 .*x86-64.* => ||p' | head -1)
[ -n "$loader" ] || loader=/usr/lib/chromium/libvulkan.so.1
if [ -f "$loader" ]; then cp -L "$loader" "$pack/lib/libvulkan.so.1"; else echo "no Vulkan loader to carry along; install libvulkan1" >&2; fi
for peer in ../shared/peers/torch_ditdh.py bench/peers/torch_step.py; do
  [ -f "$peer" ] && cp "$peer" "$pack/peers/torch_step.py" && break
done
finish_pack
