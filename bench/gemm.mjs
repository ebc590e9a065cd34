import { performance } from "node:perf_hooks";
import { measurePeak, nativeArray, openAddon, threadCount } from "./machine.mjs";
import { alternate, median, percent, ratioText, table } from "./numbers.mjs";
import { wholeNumber } from "./options.mjs";
import { openPeer } from "./torch/open-peer.mjs";

export const note = "Matrix products of the native backend against the measured multiply-add peak.";

export const options = {
  size: { value: "n", note: "one n³ product (default: 1024³ in all forms, and a transformer block's)", check: wholeNumber },
};

/** m, n, k, a transposed, b transposed; after the first four, shapes of a block forward, of the input's and of the weights' gradient. */
function shapesOf(size) {
  const n = size ?? 1024;
  const square = [n, n, n, 0, 0];
  if (size !== undefined) return [square];
  return [
    square,
    [n, n, n, 0, 1],
    [n, n, n, 1, 0],
    [n, n, n, 1, 1],
    [2048, 384, 128, 0, 1],
    [2048, 128, 384, 0, 0],
    [384, 128, 2048, 1, 0],
    [2048, 682, 128, 0, 1],
    [32, 768, 128, 0, 1],
    [512, 6144, 2048, 0, 1],
  ];
}

/** Times every shape; the object's own times are those of the first, the square one. */
export async function run({ size, precision, threads: asked, vsTorch, rounds, python }, say) {
  const threads = threadCount(asked);
  const addon = await openAddon(threads);
  const shapes = shapesOf(size);
  const args = (some) => ["--precision", precision, "--shapes", JSON.stringify(some)];
  const time = ({ ms }) => ms[0];
  const trial = args(shapes.slice(0, 1));
  const peer = vsTorch
    ? await openPeer({ name: "torch_gemm", threads, python, compile: false, trial, time, note: say })
    : undefined;
  const peaks = [];
  const ourTurn = async () => {
    peaks.push(await measurePeak(addon, precision));
    return shapes.map((shape) => timeProduct(addon, shape, precision === "bf16"));
  };
  const theirTurn = async () => (await peer.run(args(shapes))).ms;
  const [ours, theirs] = await alternate(peer ? rounds : 1, ourTurn, ...(peer ? [theirTurn] : []));
  const peak = Math.max(...peaks);
  const rows = shapes.map((shape, i) => {
    const [m, n, k, ta, tb] = shape;
    const ms = median(ours.map((turn) => turn[i]));
    const gflops = (2 * m * n * k) / ms / 1e6;
    const row = { m, n, k, form: `${ta ? "T" : "N"}${tb ? "T" : "N"}`, ours_ms: ms, gflops, of_peak: gflops / peak };
    if (!theirs) return row;
    const torchMs = median(theirs.map((turn) => turn[i]));
    return { ...row, torch_ms: torchMs, ratio: ms / torchMs };
  });
  const { ours_ms, gflops, of_peak, torch_ms, ratio } = rows[0];
  const about = { isa: addon.isa(), threads, precision, peak_gflops: peak };
  return { ...about, ours_ms, gflops, of_peak, ...(peer ? { torch_ms, ratio, torch: peer.about } : {}), rows };
}

/** Median milliseconds of a product, over about half a second. */
function timeProduct(addon, [m, n, k, ta, tb], bf16) {
  const [a, b, c] = [
    nativeArray(addon, m * k, Math.sin),
    nativeArray(addon, k * n, Math.cos),
    nativeArray(addon, m * n, () => 0),
  ];
  const once = () => {
    const start = performance.now();
    addon.kernels.gemm(c, a, b, null, 1, m, n, k, ta, tb, 0, 0, 0, bf16 ? 1 : 0);
    return performance.now() - start;
  };
  once();
  const count = Math.max(5, Math.min(200, Math.round(500 / once())));
  return median(Array.from({ length: count }, once));
}

export function text({ isa, threads, precision, peak_gflops: peak, rows, ratio, torch }) {
  const head = ["product", "form", "ms", "GFLOP/s", "of peak", ...(torch ? ["PyTorch ms", "ratio"] : [])];
  const lines = rows.map((row) => [
    `${row.m}x${row.n}x${row.k}`,
    row.form,
    row.ours_ms.toFixed(3),
    row.gflops.toFixed(1),
    percent(row.of_peak),
    ...(torch ? [row.torch_ms.toFixed(3), row.ratio.toFixed(2)] : []),
  ]);
  const end = torch ? [`the first in ${ratioText(ratio, torch)}; ${torch.version}`] : [];
  return [`${isa}, ${precision}, ${threads} threads, peak ${peak.toFixed(0)} GFLOP/s`, table([head, ...lines]), ...end].join(
    "\n",
  );
}
