#!/usr/bin/env bash
# Packs all that bench/cuda-device.sh needs on a bare Linux x64 machine with an NVIDIA GPU into one archive of at most 60 MB (default:
# cuda-device.tar.xz): Node, the build, the kernels' sources, the libraries it loads, the test suites for Node's own test runner and, where
# it lies beside this checkout, the PyTorch peer. There: tar -xJf ARCHIVE && cuda-device/bench/cuda-device.sh OUT
set -euo pipefail
cd "$(dirname "$0")/.."
out=$(realpath -m "${1:-cuda-device.tar.xz}")
[ -f dist/index.js ] || { echo "dist is missing; run npm run build" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pack=$work/cuda-device
mkdir -p "$pack/bin" "$pack/peers" "$pack/src/backends/cuda"
cp package.json "$pack/"
cp -r bench "$pack/"
cp -r src/backends/cuda/cu "$pack/src/backends/cuda/"
rsync_js() { tar -C "$1" --exclude='*.map' --exclude='*.d.ts' --exclude='page' --exclude='bundle' -cf - . | tar -C "$2" -xf -; }
mkdir "$pack/dist" && rsync_js dist "$pack/dist"
# Node itself, and production's libraries but those for images, Python packages and other systems.
cp "$(node -p process.execPath)" "$pack/bin/node"
npm ls --omit=dev --all --parseable 2>/dev/null | sed -n 's|^.*/node_modules/|node_modules/|p' | sort -u |
  grep -Ev '/(sharp|@img/|@resvg/|koffi|@koromix/|webgpu$|@tensorflow/tfjs-backend-webgpu|bare-)' | while read -r module; do
  mkdir -p "$pack/$module" && rsync_js "$module" "$pack/$module"
done
mkdir -p "$pack/node_modules/@koromix"
cp -r node_modules/koffi "$pack/node_modules/" && rm -rf "$pack/node_modules/koffi/"{doc,vendor}
cp -r node_modules/@koromix/koffi-linux-x64 "$pack/node_modules/@koromix/"
# The suites, with Node's test runner in the place of Jest; where they lie, they find the kernels' sources.
for suite in conformance bf16 base-kernels; do
  npx esbuild "test/backends/cuda/$suite.test.ts" --bundle --format=esm --platform=node --log-level=warning \
    --alias:@jest/globals=./bench/jest-on-node.mjs --packages=external --outfile="$pack/test/backends/cuda/$suite.mjs"
done
cp -r node_modules/expect "$pack/node_modules/"
node -e '
  // What the library "expect" asks for, and what that asks for.
  const { cpSync, readFileSync } = require("fs");
  const [pack] = process.argv.slice(1);
  const seen = new Set();
  const take = (name) => {
    if (seen.has(name)) return;
    seen.add(name);
    cpSync(`node_modules/${name}`, `${pack}/node_modules/${name}`, { recursive: true });
    const { dependencies = {} } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8"));
    Object.keys(dependencies).filter((next) => !next.startsWith("@types/")).forEach(take);
  };
  take("expect");
' "$pack"
if [ -f ../shared/peers/torch_ditdh.py ]; then cp ../shared/peers/torch_ditdh.py "$pack/peers/"; fi
tar -C "$work" -c cuda-device | xz -2 -T0 >"$out"
echo "$out: $(du -h "$out" | cut -f1)"
