#!/usr/bin/env bash
# Measures the WebGPU backend on a machine with a GPU: adapter, features, limits; conformance; products; training steps beside PyTorch.
# Needs Node, the checkout with node_modules and dist (`npm ci`), the GPU's Vulkan driver and libvulkan.so.1. Carry the loader in
# VULKAN_LOADER_DIR where the machine has none. Writes JSON lines into the folder given (default: webgpu-results).
set -uo pipefail
cd "$(dirname "$0")/.."
out=$(realpath -m "${1:-webgpu-results}")
mkdir -p "$out"
[ -n "${VULKAN_LOADER_DIR:-}" ] && export LD_LIBRARY_PATH="$VULKAN_LOADER_DIR${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
# Not the processor's own driver.
export RAEGRAPH_WEBGPU="${RAEGRAPH_WEBGPU:-backend=vulkan}"
status=0

node bench/main.mjs webgpu --size 4096 --steps 20 --batch 64 --json >"$out/webgpu.json" || status=1
for config in mid s; do
  node bench/main.mjs step --config "$config" --backend webgpu --json >"$out/step-$config.json" || status=1
done
# PyTorch on the same card, where there is one.
python3 - <<'PY' >"$out/torch.json" || echo "no PyTorch with a GPU here: nothing to compare with" >&2
import json, time, torch
device = torch.device("cuda")
size = 4096
a, b = (torch.randn(size, size, device=device) for _ in range(2))
torch.backends.cuda.matmul.allow_tf32 = False
for _ in range(3): a @ b
torch.cuda.synchronize()
start = time.perf_counter()
for _ in range(20): a @ b
torch.cuda.synchronize()
print(json.dumps({"device": torch.cuda.get_device_name(), "fp32_gflops": 20 * 2 * size**3 / (time.perf_counter() - start) / 1e9}))
PY
if [ -d test ]; then NODE_OPTIONS=--experimental-vm-modules npx jest test/backends/webgpu || status=1; fi
cat "$out"/*.json
exit $status
