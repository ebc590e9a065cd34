import { performance } from "node:perf_hooks";
import { nativeArray } from "../machine.mjs";
import { median } from "../numbers.mjs";

/** Parameters of the optimizer's case, in as many tensors as a model of that size has. */
const parameters = 20_000_000;
const tensors = 100;

/**
 * Milliseconds of an AdamW step with clipping and moving average over 20 M parameters. It reads the gradients twice, once for their norm,
 * then reads p, m, v and the average and writes them: ten passes over the numbers.
 */
export function timeAdamW(addon) {
  const group = () =>
    Array.from({ length: tensors }, (_, t) => nativeArray(addon, parameters / tensors, (i) => 1e-3 * Math.sin(i + t)));
  const groups = [group(), group(), group(), group().map((array) => array.map(Math.abs)), group()];
  const norm = new Float32Array(1);
  let step = 0;
  const times = timesOf(11, () => addon.kernels.adamw(norm, ...groups, tensors, 2e-4, 0.9, 0.95, 1e-8, 0, ++step, 1, 0.9995));
  return { ms: median(times), bytes: 10 * 4 * parameters };
}

/**
 * Bytes per second, read and written, of copying the optimizer's numbers on all threads. The best of several sizes of one piece, and of
 * several times: a limit is what the machine can do undisturbed.
 */
export function copyBandwidth(addon) {
  const [to, from] = [nativeArray(addon, parameters, () => 0), nativeArray(addon, parameters, (i) => i)];
  const rates = [12_500, 200_000, 2_500_000, parameters / addon.threads()].map((piece) => {
    const rows = Math.floor(parameters / piece);
    const times = timesOf(7, () => addon.kernels.copy(to, from, 0, 0, 2, rows, piece, piece, 1, piece, 1));
    return (2 * 4 * rows * piece) / (Math.min(...times) / 1000);
  });
  return Math.max(...rates);
}

/** Milliseconds of several calls after one that warms up. */
function timesOf(count, work) {
  work();
  return Array.from({ length: count }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
}
