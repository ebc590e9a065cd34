import { describe, expect, test } from "@jest/globals";

import type { NativeAddon } from "../../../src/backends/native/addon.js";
import { philoxNormal } from "../../../src/core/philox.js";
import { withAddon } from "./with-addon.js";

interface Shape {
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

const shapes: readonly Shape[] = [
  { batch: 1, m: 1, n: 1, k: 1 },
  { batch: 1, m: 7, n: 13, k: 31 },
  { batch: 1, m: 31, n: 67, k: 769 },
  { batch: 1, m: 3, n: 2111, k: 5 },
  { batch: 5, m: 17, n: 19, k: 23 },
  { batch: 2, m: 61, n: 64, k: 128 },
  { batch: 3, m: 45, n: 70, k: 1601 },
  { batch: 1, m: 35, n: 1060, k: 520 },
];

function memoize<A extends unknown[], R>(compute: (...args: A) => R): (...args: A) => R {
  const known = new Map<string, R>();
  return (...args) => {
    const key = JSON.stringify(args);
    const value = known.get(key) ?? compute(...args);
    known.set(key, value);
    return value;
  };
}

const normal = memoize((stream: number, size: number): Float32Array => philoxNormal([3, 9], stream, 0, size));

/** The product by plain loops in float64. */
function expected({ batch, m, n, k }: Shape, a: Float32Array, b: Float32Array, ta: boolean, tb: boolean): Float64Array {
  const c = new Float64Array(batch * m * n);
  for (let s = 0; s < batch; s++)
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let p = 0; p < k; p++) {
          const x = a[s * m * k + (ta ? p * m + i : i * k + p)] ?? NaN;
          sum += x * (b[s * k * n + (tb ? j * k + p : p * n + j)] ?? NaN);
        }
        c[s * m * n + i * n + j] = sum;
      }
  return c;
}

/** Each number as the nearest bf16, ties to even. */
function rounded(values: Float32Array): Float32Array {
  const bits = new Uint32Array(values.buffer.slice(0), values.byteOffset, values.length);
  return new Float32Array(bits.map((b) => (b + 0x7fff + ((b >>> 16) & 1)) & 0xffff0000).buffer);
}

function product(
  addon: NativeAddon,
  shape: Shape,
  a: Float32Array,
  b: Float32Array,
  ta: boolean,
  tb: boolean,
  bf16 = false,
): Float32Array {
  const { batch, m, n, k } = shape;
  const c = new Float32Array(batch * m * n).fill(NaN);
  addon.kernels["gemm"]?.(c, a, b, null, batch, m, n, k, Number(ta), Number(tb), m * k, k * n, 0, Number(bf16));
  return c;
}

/** The largest error beside the size that sums of k products of normal numbers have. */
function worst(got: Float32Array, wanted: Float64Array, k: number): number {
  return got.reduce((max, value, i) => {
    const error = Math.abs(value - (wanted[i] ?? NaN)) / Math.sqrt(k);
    return error > max || Number.isNaN(error) ? error : max;
  }, 0);
}

/** What the product of the numbers below is, computed once for all instruction sets. */
const wantedOf = memoize((shape: Shape, ta: boolean, tb: boolean, bf16: boolean): Float64Array => {
  const [a, b] = operands(shape).map((operand) => (bf16 ? rounded(operand) : operand)) as [Float32Array, Float32Array];
  return expected(shape, a, b, ta, tb);
});

function operands({ batch, m, n, k }: Shape): [Float32Array, Float32Array] {
  return [normal(1, batch * m * k), normal(2, batch * k * n)];
}

const forms = [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
] as const;

withAddon((addon, fastest) => {
  describe.each(addon.isas())("matrix product on %s", (isa) => {
    test.each(shapes)("equals float64 loops in all transposes, $batch x $m x $n x $k", (shape) => {
      addon.setIsa(isa);
      addon.setThreads(2);
      const [a, b] = operands(shape);
      for (const [ta, tb] of forms) {
        expect(worst(product(addon, shape, a, b, ta, tb), wantedOf(shape, ta, tb, false), shape.k)).toBeLessThan(5e-6);
        expect(worst(product(addon, shape, a, b, ta, tb, true), wantedOf(shape, ta, tb, true), shape.k)).toBeLessThan(5e-6);
      }
    });

    test.each([
      { batch: 1, m: 45, n: 96, k: 37 },
      { batch: 1, m: 45, n: 50, k: 37 },
      { batch: 2, m: 9, n: 16, k: 1 },
    ])("reads nothing that lies behind an operand, $batch x $m x $n x $k", (shape) => {
      addon.setIsa(isa);
      addon.setThreads(2);
      const before = (data: Float32Array): Float32Array => {
        const memory = new Float32Array(data.length + 4096).fill(NaN);
        memory.set(data);
        return memory.subarray(0, data.length);
      };
      const [a, b] = operands(shape).map(before) as [Float32Array, Float32Array];
      for (const [ta, tb] of forms) {
        expect(worst(product(addon, shape, a, b, ta, tb), wantedOf(shape, ta, tb, false), shape.k)).toBeLessThan(5e-6);
        expect(worst(product(addon, shape, a, b, ta, tb, true), wantedOf(shape, ta, tb, true), shape.k)).toBeLessThan(5e-6);
      }
    });

    test.each([
      ["read where they lie", { batch: 1, m: 97, n: 211, k: 769 }, false, true],
      ["beside columns that lie", { batch: 1, m: 97, n: 211, k: 769 }, true, false],
      ["summed up in two halves", { batch: 1, m: 97, n: 50, k: 1601 }, true, false],
      ["one by one", { batch: 9, m: 30, n: 50, k: 1601 }, true, false],
    ])("gives the same bits on 1, 2 and 7 threads: rows %s", (_, shape, ta, tb) => {
      addon.setIsa(isa);
      const [a, b] = operands(shape);
      for (const bf16 of [false, true]) {
        const [one, ...others] = [1, 2, 7].map((threads) => {
          addon.setThreads(threads);
          return product(addon, shape, a, b, ta, tb, bf16);
        });
        for (const other of others) expect(other).toEqual(one);
      }
    });

    test("bf16 rounds each operand to eight bits", () => {
      addon.setIsa(isa);
      // 1 + 2^-8 is half way between two bf16 numbers and goes to the even one, 1; 1 + 3*2^-8 goes to 1 + 2^-6.
      const a = Float32Array.of(1 + 2 ** -8, 1 + 3 * 2 ** -8);
      expect([...product(addon, { batch: 1, m: 2, n: 1, k: 1 }, a, Float32Array.of(1), false, false, true)]).toEqual([
        1,
        1 + 2 ** -6,
      ]);
    });

    test("NaN and infinity pass through, rows beside them stay clean", () => {
      addon.setIsa(isa);
      const shape = { batch: 1, m: 3, n: 2, k: 2 };
      const a = Float32Array.of(1, 2, NaN, 1, Infinity, 1);
      for (const bf16 of [false, true]) {
        const c = product(addon, shape, a, Float32Array.of(1, 1, 1, 1), false, false, bf16);
        expect([...c]).toEqual([3, 3, NaN, NaN, Infinity, Infinity]);
      }
    });

    test("adds a bias per column and rectifies in the same pass", () => {
      addon.setIsa(isa);
      const c = new Float32Array(4);
      const [a, b, bias] = [Float32Array.of(1, 2), Float32Array.of(3, 4), Float32Array.of(-5, 1)];
      addon.kernels["gemm"]?.(c, a, b, bias, 1, 2, 2, 1, 0, 0, 0, 0, 4, 0);
      expect([...c]).toEqual([0, 5, 1, 9]); // [3-5, 4+1; 6-5, 8+1] with -2 cut to 0
    });

    test("adds a bias once where the sum has two halves", () => {
      addon.setIsa(isa);
      addon.setThreads(2);
      const [m, n, k] = [5, 7, 1601];
      const [a, b, bias] = [normal(1, m * k), normal(2, k * n), normal(3, n)];
      const [without, given] = [new Float32Array(m * n), new Float32Array(m * n)];
      addon.kernels["gemm"]?.(without, a, b, null, 1, m, n, k, 1, 0, 0, 0, 0, 0);
      addon.kernels["gemm"]?.(given, a, b, bias, 1, m, n, k, 1, 0, 0, 0, 0, 0);
      given.forEach((value, i) => expect(value - (bias[i % n] ?? NaN)).toBeCloseTo(without[i] ?? NaN, 3));
    });

    test("an empty inner axis gives the bias", () => {
      addon.setIsa(isa);
      const [none, bias] = [new Float32Array(0), Float32Array.of(7, 8)];
      for (const bf16 of [0, 1]) {
        const c = new Float32Array(2).fill(NaN);
        addon.kernels["gemm"]?.(c, none, none, bias, 1, 1, 2, 0, 0, 0, 0, 0, 0, bf16);
        expect([...c]).toEqual([7, 8]);
      }
    });
  });

  test("an unknown instruction set is refused and changes nothing", () => {
    addon.setIsa(fastest);
    expect(addon.setIsa("mmx")).toBe(false);
    expect(addon.isa()).toBe(fastest);
  });
});
