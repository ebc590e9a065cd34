import type { Launcher } from "../issue.js";
import { i32, i64, packed, pointer } from "../numbers.js";
import type { DeviceNumbers } from "../numbers.js";
import { storageBytes } from "../numbers.js";
import { Arguments, blocksFor } from "./arguments.js";

const mostAxes = 6;

/** Copies, rows by index, one-hot: cu/move.cu. */
export const moveLaunchers: Readonly<Record<string, Launcher>> = {
  copy(issue, args) {
    const a = new Arguments("copy", args);
    const [target, source, offsetTo, offsetFrom, rank] = [a.numbers(), a.numbers(), a.number(), a.number(), a.number()];
    const [sizes, to, from] = [a.all(rank), a.all(rank), a.all(rank)];
    const converts = target.storage !== source.storage && (target.storage === "bf16" || source.storage === "bf16");
    const bytes = storageBytes[target.storage];
    // Neighbours move together, as many as the sizes and steps of all axes allow: 16 bytes at most.
    const together = converts ? 1 : widest(16 / bytes, sizes, to, from, [offsetTo, offsetFrom]);
    const n = sizes.reduce((x, y) => x * y, 1) / together;
    if (n === 0) return;
    const scaled = (steps: readonly number[]): number[] => steps.map((step, i) => (i === rank - 1 ? step : step / together));
    const filler = new Array<number>(mostAxes - rank);
    const axes = packed(
      [...filler.fill(1), ...sizes.map((size, i) => (i === rank - 1 ? size / together : size))],
      [...filler.fill(0), ...scaled(to), ...filler, ...scaled(from)],
    );
    const name = converts ? (target.storage === "bf16" ? "copy_narrow" : "copy_widen") : `copy_${bytes * together}`;
    const at = (numbers: DeviceNumbers, offset: number): ReturnType<typeof i64> =>
      i64(numbers.buffer.address + offset * storageBytes[numbers.storage]);
    const list = [at(target, offsetTo), at(source, offsetFrom), i64(n), axes];
    issue.launch("move", name, [blocksFor(n, 1, issue.multiprocessors)], list);
  },
  fill(issue, args) {
    const a = new Arguments("fill", args);
    const [y, value, n, whole] = [a.numbers(), a.number(), a.number(), a.number()];
    const word = whole === 1 ? new Uint32Array(Int32Array.of(value).buffer) : new Uint32Array(Float32Array.of(value).buffer);
    if (n > 0) issue.fill(y.buffer.address, word[0] ?? 0, n);
  },
  gather(issue, args) {
    const a = new Arguments("gather", args);
    const [y, table, index, rows, width, limit] = [a.numbers(), a.numbers(), a.numbers(), a.number(), a.number(), a.number()];
    if (rows === 0 || width === 0) return;
    const grid = [Math.min(rows, 65535), Math.ceil(rows / 65535)] as const;
    const list = [pointer(y), pointer(table), pointer(index), i32(rows), i32(width), i32(limit), i64(issue.fault)];
    issue.launch("move", "gather", grid, list);
  },
  gatherNd(issue, args) {
    const a = new Arguments("gatherNd", args);
    const [y, x, index, rows, width, axes] = [a.numbers(), a.numbers(), a.numbers(), a.number(), a.number(), a.number()];
    const [sizes, steps] = [a.all(axes), a.all(axes)];
    const unused = new Array<number>(mostAxes - axes).fill(0);
    const strides = packed([...sizes, ...unused, ...steps, ...unused]);
    const n = rows * width;
    const list = [pointer(y), pointer(x), pointer(index), i64(n), i32(axes), i32(width), strides, i64(issue.fault)];
    if (n > 0) issue.launch("move", "gatherNd", [blocksFor(n, 1, issue.multiprocessors)], list);
  },
  segmentSum(issue, args) {
    const a = new Arguments("segmentSum", args);
    const [y, x, index, rows, width, segments] = [a.numbers(), a.numbers(), a.numbers(), a.number(), a.number(), a.number()];
    const list = [pointer(y), pointer(x), pointer(index), i32(rows), i32(width), i32(segments)];
    if (width > 0) issue.launch("move", "segmentSum", [segments, Math.ceil(width / 256)], list);
  },
  oneHot(issue, args) {
    const a = new Arguments("oneHot", args);
    const [y, index, rows, depth, on, off, whole] = [
      a.numbers(),
      a.numbers(),
      a.number(),
      a.number(),
      a.number(),
      a.number(),
      a.number(),
    ];
    const word = (value: number): number => (whole === 1 ? value : (new Int32Array(Float32Array.of(value).buffer)[0] ?? 0));
    const n = rows * depth;
    const list = [pointer(y), pointer(index), i64(n), i32(depth), i32(word(on)), i32(word(off))];
    if (n > 0) issue.launch("move", "oneHot", [blocksFor(n, 1, issue.multiprocessors)], list);
  },
};

/** The largest power of two up to `most` that divides the last size, every other step and the offsets, where the last axis runs on. */
function widest(
  most: number,
  sizes: readonly number[],
  to: readonly number[],
  from: readonly number[],
  offsets: readonly number[],
): number {
  const last = sizes.length - 1;
  if (to[last] !== 1 || from[last] !== 1) return 1;
  const all = [sizes[last] ?? 1, ...to.slice(0, last), ...from.slice(0, last), ...offsets];
  let width = most;
  while (width > 1 && all.some((value) => value % width !== 0)) width /= 2;
  return width;
}
