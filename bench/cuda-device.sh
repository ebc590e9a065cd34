#!/usr/bin/env bash
# Measures the cuda backend on a machine with an NVIDIA GPU, beside PyTorch on the same card where there is one: conformance in fp32 and bf16,
# products, attention, norms and the optimizer, then the training steps, all in turns with PyTorch (the steps with it eager and compiled). Runs
# in a checkout (`npm ci`, `npm run build`) or in what bench/pack-cuda-device.sh packed. Writes JSON lines into the folder given (default:
# cuda-results; turns of earlier calls there count along), and summary.json of all. CONFIGS, PRECISIONS, ROUNDS, STEPS, OPS (options of the ops) and SUITES choose less; BATCHES adds
# larger batches of xl, of which the first that does not fit ends the list. PYTHON names another Python; TORCH_DEVICE=cpu tries the peer
# without a GPU. A try on a slow device: CONFIGS=tiny ROUNDS=1 STEPS=2 STARTS=2 OPS="--size 64 --batch 1 --parameters 10000 --steps 1"
set -uo pipefail
cd "$(dirname "$0")/.."
out=$(realpath -m "${1:-cuda-results}")
mkdir -p "$out"
configs=${CONFIGS:-mini mid s dh wide xl} precisions=${PRECISIONS:-bf16} rounds=${ROUNDS:-2} batches=${BATCHES:-}
steps=${STEPS:+--steps $STEPS} ops=${OPS:-} suites=${SUITES-conformance bf16 base-kernels} starts=${STARTS:-100}
python=${PYTHON:-python3} torch_device=${TORCH_DEVICE:-cuda}
node=${NODE:-node}
[ -x bin/node ] && node=$PWD/bin/node
export RAEGRAPH_CUDA_CACHE="${RAEGRAPH_CUDA_CACHE:-$out/kernels}" RAEGRAPH_CUDA_DEVICE=1
peer=${RAEGRAPH_PEER:-peers/torch_ditdh.py}
[ -f "$peer" ] || peer=../shared/peers/torch_ditdh.py
status=0
attempt() { echo "== $1" >&2; shift; "$@" || { status=1; echo "failed: $*" >&2; return 1; }; }
# PyTorch brings NVIDIA's libraries, which the backend finds in the Python environment that is active.
VIRTUAL_ENV=${VIRTUAL_ENV:-$("$python" -c "import sys; print(sys.prefix)" 2>/dev/null)} && export VIRTUAL_ENV
has_torch=false
"$python" -c "import torch; assert '$torch_device' == 'cpu' or torch.cuda.is_available()" 2>/dev/null && has_torch=true
$has_torch || echo "no PyTorch with a GPU here: nothing to compare with" >&2
# The most memory of the card while a command runs, in MiB, as one more JSON line.
watched() {
  local file=$1; shift
  nvidia-smi --query-gpu=memory.used --format=csv,noheader,nounits -lms 200 >"$file.memory" 2>/dev/null &
  local watcher=$!
  "$@"; local code=$?
  kill $watcher 2>/dev/null; wait $watcher 2>/dev/null
  echo "{\"most_memory_mib\": $(sort -n "$file.memory" | tail -1 | grep -E '^[0-9]+$' || echo null)}"
  rm -f "$file.memory"
  return $code
}

for suite in $suites; do
  if [ -f "test/backends/cuda/$suite.mjs" ]; then
    attempt "$suite" "$node" --test --test-reporter=spec "test/backends/cuda/$suite.mjs" >"$out/$suite.txt"
  else
    NODE_OPTIONS=--experimental-vm-modules attempt "$suite" npx jest "test/backends/cuda/$suite" >"$out/$suite.txt" 2>&1
  fi
  tail -n 12 "$out/$suite.txt" >&2
done
for round in $(seq "$rounds"); do
  for precision in fp32 bf16; do
    attempt "ops, $precision, turn $round" "$node" bench/main.mjs cuda --precision $precision --json $ops >>"$out/ops-$precision.json"
  done
  $has_torch && attempt "PyTorch's ops, turn $round" "$python" bench/peers/torch_cuda_ops.py --device "$torch_device" $ops >>"$out/torch-ops.json"
done
step() { watched "$out/m" "$node" bench/main.mjs step --backend cuda --json $steps "$@"; }
torch_step() { watched "$out/m" "$python" "$peer" --device "$torch_device" $steps "$@"; }
for precision in $precisions; do
  for config in $configs; do
    for round in $(seq "$rounds"); do
      attempt "step $config $precision, turn $round" step --config "$config" --precision "$precision" >>"$out/step-$config-$precision.json"
      $has_torch && [ -f "$peer" ] || continue
      for how in "" --compile; do
        attempt "PyTorch's step $config $precision $how" torch_step --config "$config" --precision "$precision" $how >>"$out/torch-step-$config-$precision.json"
      done
    done
  done
done
for batch in $batches; do
  attempt "step xl bf16, batch $batch" step --config xl --precision bf16 --batch "$batch" >"$out/step-xl-bf16-$batch.json" || break
  $has_torch && [ -f "$peer" ] && attempt "PyTorch's step xl bf16, batch $batch" torch_step --config xl --precision bf16 --compile --batch "$batch" >"$out/torch-step-xl-bf16-$batch.json"
done
attempt "$starts starts and exits" "$node" - "$starts" <<'JS'
const { spawnSync } = require("child_process");
const starts = Number(process.argv[2]);
const code = `
  const { builtinBackends } = await import("./dist/backends/index.js");
  const device = await builtinBackends.find(({ id }) => id === "cuda").open({ precision: "bf16" });
  await device.close();`;
for (let i = 0; i < starts; i++) {
  const { status, signal, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", code], { encoding: "utf8" });
  if (status !== 0) { console.error(`start ${i} ended with ${status ?? signal}: ${stderr}`); process.exit(1); }
}
console.log(`${starts} starts and exits: no crash`);
JS
"$node" bench/cuda-summary.mjs "$out" || status=1
exit $status
