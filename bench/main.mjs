/**
 * Benchmarks of the built package: `npm run bench -- step|gemm|ops|webgpu|cuda|weights|cache|frechet [options]`. Each prints its options with
 * --help, and one JSON object with --json. With --vs-torch the same work is timed in PyTorch too, in turns.
 */
import { BenchError } from "./bench-error.mjs";
import { busyCores, tooBusy } from "./busy-cores.mjs";
import { parseOptions, usage } from "./options.mjs";

const benchmarks = {
  step: () => import("./step/step.mjs"),
  gemm: () => import("./gemm.mjs"),
  ops: () => import("./ops/ops.mjs"),
  webgpu: () => import("./webgpu.mjs"),
  cuda: () => import("./cuda.mjs"),
  weights: () => import("./weights/weights.mjs"),
  cache: () => import("./cache.mjs"),
  frechet: () => import("./frechet.mjs"),
};

async function main([name, ...words]) {
  const load = Object.hasOwn(benchmarks, name ?? "") ? benchmarks[name] : undefined;
  if (!load) throw new BenchError(`npm run bench -- ${Object.keys(benchmarks).join("|")} [--help]`, 2);
  const benchmark = await load();
  if (words.includes("--help")) return usage(name, benchmark);
  const options = parseOptions(name, benchmark, words);
  const say = (line) => process.stderr.write(`${line}\n`);
  const before = await busyCores();
  const found = await benchmark.run(options, say);
  const busy = Math.max(before, await busyCores());
  if (busy > tooBusy) say(`warning: other work keeps ${busy.toFixed(1)} cores busy; do not trust these times and ratios`);
  const result = { ...found, busy_cores: busy };
  return options.json ? JSON.stringify(result) : benchmark.text(result);
}

try {
  process.stdout.write(`${await main(process.argv.slice(2))}\n`);
} catch (error) {
  process.stderr.write(`bench: ${error instanceof BenchError ? error.message : error.stack}\n`);
  process.exitCode = error instanceof BenchError ? error.code : 1;
}
