#!/usr/bin/env bash
# Packs all that bench/cuda-device.sh needs on a bare Linux x64 machine with an NVIDIA GPU into one archive of at most 60 MB (default:
# cuda-device.tar.xz): Node, the build, the kernels' sources, the libraries it loads, the test suites for Node's own test runner and, where
# it lies beside this checkout, the PyTorch peer. There: tar -xJf ARCHIVE && cuda-device/bench/cuda-device.sh OUT
set -euo pipefail
name=cuda-device without=@tensorflow/tfjs-backend-webgpu
. "$(dirname "$0")/pack-device.sh"
mkdir -p "$pack/src/backends/cuda" "$pack/node_modules/@koromix"
cp -r src/backends/cuda/cu "$pack/src/backends/cuda/"
cp -r node_modules/koffi "$pack/node_modules/" && rm -rf "$pack/node_modules/koffi/"{doc,vendor}
cp -r node_modules/@koromix/koffi-linux-x64 "$pack/node_modules/@koromix/"
# Where the suites lie, they find the kernels' sources.
for suite in conformance bf16 base-kernels; do
  bundle_suite "test/backends/cuda/$suite.test.ts" "test/backends/cuda/$suite.mjs"
done
pack_expect
if [ -f ../shared/peers/torch_ditdh.py ]; then cp ../shared/peers/torch_ditdh.py "$pack/peers/"; fi
finish_pack
