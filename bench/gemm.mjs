/** Matrix product of the native addon in GFLOP/s beside the measured multiply-add peak: `node bench/gemm.mjs [--threads n] [--isa name] [--bf16] [--json]`. */
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: { threads: { type: "string" }, isa: { type: "string" }, bf16: { type: "boolean" }, json: { type: "boolean" } },
});
const addon = createRequire(import.meta.url)("../build/raegraph-native.node");
addon.setThreads(Number(values.threads ?? availableParallelism()));
if (values.isa && !addon.setIsa(values.isa)) throw new Error(`--isa ${values.isa}: expected one of ${addon.isas().join(" ")}`);

/** m, n, k and transposes; the shapes of a transformer block forward, for the input's and for the weights' gradient. */
const cases = [
  [1024, 1024, 1024, 0, 0],
  [1024, 1024, 1024, 0, 1],
  [1024, 1024, 1024, 1, 0],
  [1024, 1024, 1024, 1, 1],
  [2048, 384, 128, 0, 1],
  [2048, 128, 384, 0, 0],
  [384, 128, 2048, 1, 0],
  [2048, 682, 128, 0, 1],
  [32, 768, 128, 0, 1],
  [512, 6144, 2048, 0, 1],
];

function peak() {
  const result = new Float32Array(1);
  addon.kernels.peak(result, 200);
  return result[0];
}

function median(times) {
  return times.sort((a, b) => a - b)[times.length >> 1];
}

/** GFLOP/s by the median of the wall time, and per core by the processor time, which busy neighbours disturb less. */
function rate([m, n, k, ta, tb]) {
  const array = (size) => new Float32Array(addon.allocate(size * 4), 0, size);
  const [a, b, c] = [array(m * k), array(k * n), array(m * n)];
  a.forEach((_, i) => (a[i] = Math.sin(i)));
  b.forEach((_, i) => (b[i] = Math.cos(i)));
  const run = () => addon.kernels.gemm(c, a, b, null, 1, m, n, k, ta, tb, 0, 0, 0, values.bf16 ? 1 : 0);
  run();
  const flops = 2 * m * n * k;
  const before = process.cpuUsage();
  const times = Array.from({ length: Math.max(7, Math.min(200, Math.round(2e10 / flops))) }, () => {
    const start = performance.now();
    run();
    return performance.now() - start;
  });
  const { user, system } = process.cpuUsage(before);
  return { wall: flops / median(times) / 1e6, core: (flops * times.length) / (user + system) / 1e3 };
}

const limit = peak();
const rows = cases.map((shape) => ({ shape, ...rate(shape) }));
if (values.json) console.log(JSON.stringify({ isa: addon.isa(), threads: addon.threads(), peak: limit, rows }));
else {
  console.log(`${addon.isa()}, ${addon.threads()} threads, peak ${limit.toFixed(0)} GFLOP/s`);
  for (const { shape, wall, core } of rows) {
    const [m, n, k, ta, tb] = shape;
    const form = `${ta ? "T" : "N"}${tb ? "T" : "N"}`;
    const share = `${((100 * wall) / limit).toFixed(0)}% of peak`;
    const line = `${wall.toFixed(1).padStart(7)} GFLOP/s, ${share.padEnd(12)}; ${core.toFixed(1)} per core of processor time`;
    console.log(`${`${m}x${n}x${k}`.padEnd(16)} ${form} ${line}`);
  }
}
