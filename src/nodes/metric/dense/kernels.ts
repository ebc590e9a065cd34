import { added, assemble, constant, get, load, plus, repeat, set, splat, store, sums, times } from "./assemble.js";
import type { Code, Routine } from "./assemble.js";
import { engine } from "./engine.js";
import type { Memory } from "./engine.js";

/** Inner loops over doubles in a memory. Places and strides are in bytes. */
export interface Kernels {
  /** C `[4,4]`, its rows `stride` apart, += Σ over `count` of aᵀ·b, with a and b `[count,4]`. */
  tile(count: number, a: number, b: number, c: number, stride: number): void;
  /** y `[count]` += Σ of 4 rows, `stride` apart, each times its number of v `[4]`; `count` a positive multiple of 4. */
  addRows(count: number, y: number, rows: number, stride: number, v: number): void;
  /** out `[4]` = products of 4 rows, `stride` apart, with x `[count]`; `count` a positive multiple of 4. */
  dotRows(count: number, x: number, rows: number, stride: number, out: number): void;
}

const four = [0, 1, 2, 3] as const;
const [count, first, second, third, fourth] = [0, 1, 2, 3, 4];
const advance = (local: number, bytes: number): Code => set(local, plus(get(local), constant(bytes)));
const grow = (local: number, value: Code): Code => set(local, added(get(local), value));

/** Eight sums of pairs stay in registers: 16 multiply-adds for 6 loads. */
const tile: Routine = {
  name: "tile",
  wholes: 0,
  pairs: 11,
  body: (() => {
    const [a, b, c, stride] = [first, second, third, fourth];
    const sum = (row: number, half: number): number => 5 + 2 * row + half;
    const [left, right, factor] = [13, 14, 15];
    return [
      repeat(count, 1, [
        set(left, load(get(b))),
        set(right, load(get(b), 16)),
        ...four.flatMap((row) => [
          set(factor, splat(get(a), 8 * row)),
          grow(sum(row, 0), times(get(factor), get(left))),
          grow(sum(row, 1), times(get(factor), get(right))),
        ]),
        advance(a, 32),
        advance(b, 32),
      ]),
      ...four.flatMap((row) => [
        ...[0, 1].map((half) => store(get(c), added(load(get(c), 16 * half), get(sum(row, half))), 16 * half)),
        ...(row < 3 ? [set(c, plus(get(c), get(stride)))] : []),
      ]),
    ];
  })(),
};

/** Places of 4 rows in locals, from that of the first and their distance. */
function places(row: (i: number) => number, start: number, stride: number): Code[] {
  return four.map((i) => set(row(i), i === 0 ? get(start) : plus(get(row(i - 1)), get(stride))));
}

const addRows: Routine = {
  name: "addRows",
  wholes: 4,
  pairs: 5,
  body: (() => {
    const [y, rows, stride, v] = [first, second, third, fourth];
    const row = (i: number): number => 5 + i;
    const factor = (i: number): number => 9 + i;
    const sum = 13;
    return [
      ...places(row, rows, stride),
      ...four.map((i) => set(factor(i), splat(get(v), 8 * i))),
      repeat(count, 4, [
        ...[0, 16].flatMap((half) => [
          set(sum, load(get(y), half)),
          ...four.map((i) => grow(sum, times(get(factor(i)), load(get(row(i)), half)))),
          store(get(y), get(sum), half),
        ]),
        ...[y, ...four.map(row)].map((local) => advance(local, 32)),
      ]),
    ];
  })(),
};

const dotRows: Routine = {
  name: "dotRows",
  wholes: 4,
  pairs: 9,
  body: (() => {
    const [x, rows, stride, out] = [first, second, third, fourth];
    const row = (i: number): number => 5 + i;
    const sum = (i: number, half: number): number => 9 + 2 * i + half;
    const factor = 17;
    return [
      ...places(row, rows, stride),
      repeat(count, 4, [
        ...[0, 1].flatMap((half) => [
          set(factor, load(get(x), 16 * half)),
          ...four.map((i) => grow(sum(i, half), times(get(factor), load(get(row(i)), 16 * half)))),
        ]),
        ...[x, ...four.map(row)].map((local) => advance(local, 32)),
      ]),
      ...[0, 2].map((i) =>
        store(get(out), sums(added(get(sum(i, 0)), get(sum(i, 1))), added(get(sum(i + 1, 0)), get(sum(i + 1, 1)))), 8 * i),
      ),
    ];
  })(),
};

let compiled: object | undefined;

/** The kernels on a memory. */
export function openKernels(memory: Memory): Kernels {
  compiled ??= assemble([tile, addRows, dotRows]);
  // The module exports these three by their names, with the parameters of `Kernels`.
  return new engine.Instance(compiled, { room: { memory } }).exports as Kernels;
}
