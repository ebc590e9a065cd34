#!/usr/bin/env bash
# Measures the WebGPU backend on a machine with a GPU: adapter, features, limits; conformance; products against the card's peak; training
# steps beside PyTorch on the same card. Runs in a checkout (`npm ci`, `npm run build`) or in what bench/pack-webgpu-device.sh packed. Needs
# the GPU's Vulkan driver; where the machine lacks libvulkan.so.1, a carried one is found in lib/ or VULKAN_LOADER_DIR. Writes JSON lines
# into the folder given (default: webgpu-results). A try on any adapter, small: SIZE=64 STEPS=2 BATCH=2 CONFIGS=tiny
set -uo pipefail
cd "$(dirname "$0")/.."
out=$(realpath -m "${1:-webgpu-results}")
mkdir -p "$out"
size=${SIZE:-4096} steps=${STEPS:-20} batch=${BATCH:-64} configs=${CONFIGS:-mid s}
node=${NODE:-node}
[ -x bin/node ] && node=$PWD/bin/node
loader=${VULKAN_LOADER_DIR:-$PWD/lib}
if [ -f "$loader/libvulkan.so.1" ] && ! ldconfig -p | grep -q 'libvulkan\.so\.1 '; then
  export LD_LIBRARY_PATH="$loader${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
fi
# Drivers that lie where a container mounts them.
icd=/usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json
[ -z "${VK_ICD_FILENAMES:-}${VK_DRIVER_FILES:-}" ] && [ -f $icd ] && export VK_DRIVER_FILES=$icd
# Not the processor's own driver.
export RAEGRAPH_WEBGPU="${RAEGRAPH_WEBGPU:-backend=vulkan}" XDG_RUNTIME_DIR="${XDG_RUNTIME_DIR:-/tmp}"
status=0
attempt() { echo "== $1" >&2; shift; "$@" || { status=1; echo "failed: $*" >&2; }; }
has_torch() { python3 -c 'import torch; assert torch.cuda.is_available()' 2>/dev/null; }

attempt "features, limits, products, small step" "$node" bench/main.mjs webgpu --size "$size" --steps "$steps" --batch "$batch" --json >"$out/webgpu.json"
if grep -q '"shader-f16"' "$out/webgpu.json"; then
  attempt "half floats" "$node" bench/main.mjs webgpu --precision f16 --size "$size" --steps "$steps" --batch "$batch" --json >"$out/webgpu-f16.json"
fi
for config in $configs; do
  attempt "step $config" "$node" bench/main.mjs step --config "$config" --backend webgpu --json >"$out/step-$config.json"
done
peer=${RAEGRAPH_PEER:-peers/torch_step.py}
[ -f "$peer" ] || peer=../shared/peers/torch_ditdh.py
[ -f "$peer" ] || peer=bench/peers/torch_step.py
if has_torch; then
  # The product in single precision, and the peak: 128 multiply-adds per multiprocessor and clock.
  attempt "PyTorch's product" python3 - "$size" >"$out/torch.json" <<'PY'
import json, subprocess, sys, time, torch
size = int(sys.argv[1])
torch.backends.cuda.matmul.allow_tf32 = False
a, b = (torch.randn(size, size, device="cuda") for _ in range(2))
for _ in range(3): a @ b
torch.cuda.synchronize()
start = time.perf_counter()
for _ in range(20): a @ b
torch.cuda.synchronize()
found = {"device": torch.cuda.get_device_name(), "fp32_gflops": 20 * 2 * size**3 / (time.perf_counter() - start) / 1e9}
try:
    clock = subprocess.run(["nvidia-smi", "--query-gpu=clocks.max.sm", "--format=csv,noheader,nounits"], capture_output=True, text=True)
    found["fp32_peak_gflops"] = torch.cuda.get_device_properties(0).multi_processor_count * 128 * 2 * float(clock.stdout.split()[0]) / 1e3
except Exception as error:
    found["fp32_peak_gflops"] = None
print(json.dumps(found))
PY
  for config in $configs; do
    for how in "" --compile; do
      attempt "PyTorch's step $config $how" python3 "$peer" --config "$config" --precision fp32 --device cuda $how >>"$out/torch-step-$config.json"
    done
  done
else
  echo "no PyTorch with a GPU here: nothing to compare with" >&2
fi
if [ -f conformance.mjs ]; then
  attempt "conformance" "$node" --test --test-reporter=spec conformance.mjs >"$out/conformance.txt"
else
  NODE_OPTIONS=--experimental-vm-modules attempt "conformance" npx jest test/backends/webgpu/conformance >"$out/conformance.txt" 2>&1
fi
tail -n 12 "$out/conformance.txt" >&2
cat "$out"/*.json
"$node" - "$out" <<'JS'
const { existsSync, readFileSync } = require("fs");
const [out] = process.argv.slice(2);
const read = (name) => (existsSync(`${out}/${name}.json`) ? readFileSync(`${out}/${name}.json`, "utf8").trim().split("\n").at(-1) : "");
const parse = (text) => (text ? JSON.parse(text) : undefined);
const [ours, theirs] = [parse(read("webgpu")), parse(read("torch"))];
if (ours && theirs?.fp32_peak_gflops)
  console.log(`product ${ours.size}³: ${(100 * ours.gflops / theirs.fp32_peak_gflops).toFixed(1)} % of the card's fp32 peak (the aim: 35 %), ${(100 * ours.gflops / theirs.fp32_gflops).toFixed(1)} % of PyTorch`);
JS
exit $status
