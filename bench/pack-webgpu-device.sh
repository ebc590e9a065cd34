#!/usr/bin/env bash
# Packs all that bench/webgpu-device.sh needs on a bare Linux x64 machine with a GPU's driver into one archive of some 50 MB (default:
# webgpu-device.tar.xz): Node, the build, the libraries it loads, the conformance suite for Node's own test runner, the Vulkan loader and,
# where it lies beside this checkout, the PyTorch peer. There: tar -xJf ARCHIVE && webgpu-device/bench/webgpu-device.sh OUT
set -euo pipefail
cd "$(dirname "$0")/.."
out=$(realpath -m "${1:-webgpu-device.tar.xz}")
[ -f dist/index.js ] || { echo "dist is missing; run npm run build" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pack=$work/webgpu-device
mkdir -p "$pack/bin" "$pack/lib" "$pack/peers"
cp package.json "$pack/"
cp -r bench "$pack/"
rsync_js() { tar -C "$1" --exclude='*.map' --exclude='*.d.ts' --exclude='page' --exclude='bundle' -cf - . | tar -C "$2" -xf -; }
mkdir "$pack/dist" && rsync_js dist "$pack/dist"
# Node itself, and production's libraries but those for images, Python packages and other systems.
cp "$(node -p process.execPath)" "$pack/bin/node"
npm ls --omit=dev --all --parseable 2>/dev/null | sed -n 's|^.*/node_modules/|node_modules/|p' | sort -u |
  grep -Ev '/(sharp|@img/|@resvg/|koffi|@koromix/|webgpu$|bare-)' | while read -r module; do
  mkdir -p "$pack/$module" && rsync_js "$module" "$pack/$module"
done
mkdir -p "$pack/node_modules/webgpu/dist"
cp node_modules/webgpu/{package.json,index.js} "$pack/node_modules/webgpu/"
cp -r node_modules/webgpu/dist/linux-x64 "$pack/node_modules/webgpu/dist/"
# The conformance suite, with Node's test runner in the place of Jest.
npx esbuild test/backends/webgpu/conformance.test.ts --bundle --format=esm --platform=node --log-level=warning \
  --alias:@jest/globals=./bench/jest-on-node.mjs --packages=external --outfile="$pack/conformance.mjs"
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
# The Vulkan loader, for machines without.
loader=$(ldconfig -p | sed -n 's|.*libvulkan\.so\.1 .*x86-64.* => ||p' | head -1)
[ -n "$loader" ] || loader=/usr/lib/chromium/libvulkan.so.1
if [ -f "$loader" ]; then cp -L "$loader" "$pack/lib/libvulkan.so.1"; else echo "no Vulkan loader to carry along; install libvulkan1" >&2; fi
for peer in ../shared/peers/torch_ditdh.py bench/peers/torch_step.py; do
  [ -f "$peer" ] && cp "$peer" "$pack/peers/torch_step.py" && break
done
tar -C "$work" -c webgpu-device | xz -2 -T0 >"$out"
echo "$out: $(du -h "$out" | cut -f1)"
