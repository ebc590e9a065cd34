#!/usr/bin/env bash
# Measures the cuda backend on a machine with an NVIDIA GPU, beside PyTorch on the same card where there is one: conformance in fp32 and bf16,
# products, attention, norms and the optimizer, then the training steps in turns with PyTorch eager and compiled. Runs in a checkout
# (`npm ci`, `npm run build`) or in what bench/pack-cuda-device.sh packed. Writes JSON lines into the folder given (default: cuda-results).
# CONFIGS, PRECISIONS and ROUNDS choose less; BATCHES adds larger batches of xl, the first that does not fit ends the list.
set -uo pipefail
cd "$(dirname "$0")/.."
out=$(realpath -m "${1:-cuda-results}")
mkdir -p "$out"
configs=${CONFIGS:-mini mid s dh wide xl} precisions=${PRECISIONS:-bf16} rounds=${ROUNDS:-2} batches=${BATCHES:-}
node=${NODE:-node}
[ -x bin/node ] && node=$PWD/bin/node
export RAEGRAPH_CUDA_CACHE="${RAEGRAPH_CUDA_CACHE:-$out/kernels}" RAEGRAPH_CUDA_DEVICE=1
peer=${RAEGRAPH_PEER:-peers/torch_ditdh.py}
[ -f "$peer" ] || peer=../shared/peers/torch_ditdh.py
status=0
attempt() { echo "== $1" >&2; shift; "$@" || { status=1; echo "failed: $*" >&2; return 1; }; }
has_torch() { [ -f "$peer" ] && python3 -c 'import torch; assert torch.cuda.is_available()' 2>/dev/null; }
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

for suite in conformance bf16 base-kernels; do
  if [ -f "test/backends/cuda/$suite.mjs" ]; then
    attempt "$suite" "$node" --test --test-reporter=spec "test/backends/cuda/$suite.mjs" >"$out/$suite.txt"
  else
    NODE_OPTIONS=--experimental-vm-modules attempt "$suite" npx jest "test/backends/cuda/$suite" >"$out/$suite.txt" 2>&1
  fi
  tail -n 12 "$out/$suite.txt" >&2
done
for precision in fp32 bf16; do
  attempt "ops, $precision" "$node" bench/main.mjs cuda --precision $precision --json >"$out/ops-$precision.json"
done
if has_torch; then
  attempt "PyTorch's ops" python3 bench/peers/torch_cuda_ops.py >"$out/torch-ops.json"
else
  echo "no PyTorch with a GPU here: nothing to compare with" >&2
fi
step() { watched "$out/m" "$node" bench/main.mjs step --backend cuda --json "$@"; }
for precision in $precisions; do
  for config in $configs; do
    for round in $(seq "$rounds"); do
      attempt "step $config $precision, turn $round" step --config "$config" --precision "$precision" >>"$out/step-$config-$precision.json"
      has_torch || continue
      for how in "" --compile; do
        attempt "PyTorch's step $config $precision $how" watched "$out/m" python3 "$peer" --config "$config" --precision "$precision" --device cuda $how >>"$out/torch-step-$config-$precision.json"
      done
    done
  done
done
for batch in $batches; do
  attempt "step xl bf16, batch $batch" step --config xl --precision bf16 --batch "$batch" >"$out/step-xl-$batch.json" || break
  has_torch && attempt "PyTorch's step xl bf16, batch $batch" watched "$out/m" python3 "$peer" --config xl --precision bf16 --device cuda --compile --batch "$batch" >"$out/torch-step-xl-$batch.json"
done
attempt "100 starts and exits" "$node" - <<'JS'
const { spawnSync } = require("child_process");
const code = `
  const { builtinBackends } = await import("./dist/backends/index.js");
  const device = await builtinBackends.find(({ id }) => id === "cuda").open({ precision: "bf16" });
  await device.close();`;
for (let i = 0; i < 100; i++) {
  const { status, signal, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", code], { encoding: "utf8" });
  if (status !== 0) { console.error(`start ${i} ended with ${status ?? signal}: ${stderr}`); process.exit(1); }
}
console.log("100 starts and exits: no crash");
JS
cat "$out"/*.json
"$node" - "$out" <<'JS'
const { readdirSync, readFileSync } = require("fs");
const [out] = process.argv.slice(2);
const lines = (file) => readFileSync(`${out}/${file}`, "utf8").trim().split("\n").filter(Boolean).map((line) => JSON.parse(line));
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
// Dense bf16 and plain fp32 TFLOP/s of an H200's data sheet.
const peaks = { bf16: 989, fp32: 67 };
for (const file of readdirSync(out).filter((name) => /^step-.*\.json$/.test(name))) {
  const ours = lines(file).filter((line) => line.ours_ms);
  if (ours.length === 0) continue;
  const ms = median(ours.map((line) => line.ours_ms));
  const { config, precision, batch, flops } = ours[0];
  const use = flops / ms / 1e9 / peaks[precision];
  let text = `${config} ${precision} batch ${batch}: ${ms.toFixed(1)} ms, ${((1000 * batch) / ms).toFixed(0)} images/s, ${(100 * use).toFixed(1)} % of the data sheet's peak`;
  let theirs = [];
  try { theirs = lines(`torch-${file}`).filter((line) => line.ms_median); } catch { /* No PyTorch. */ }
  for (const compile of [false, true]) {
    const turns = theirs.filter((line) => line.compile === compile).map((line) => line.ms_median);
    if (turns.length > 0) text += `; PyTorch ${compile ? "compiled" : "eager"} ${median(turns).toFixed(1)} ms, ratio ${(ms / median(turns)).toFixed(2)}`;
  }
  console.log(text);
}
JS
exit $status
