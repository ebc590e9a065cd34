import { createHash } from "node:crypto";

import { expect, test } from "@jest/globals";

import { philoxNormal, philoxWords } from "../../../src/core/philox.js";
import { tf } from "../../../src/core/tensor.js";
import type { NamedAttrMap, NamedTensorMap, Tensor } from "../../../src/core/tensor.js";
import { baseCases } from "./base-cases.js";
import type { KernelCase, KernelInput } from "./base-cases.js";
import { withNative } from "./with-native.js";

const specials = [0, -0, 1, -1, 2, NaN, Infinity, -Infinity, 0.5, -3, 88, -88, 1e-30];

const drawn = new Map<string, Float32Array | Int32Array | Uint8Array>();

/** Numbers by the input's place alone, so both backends get the same; drawn once, because that takes longer than the kernels. */
function numbersOf({ shape, kind = "normal", below = 2 }: KernelInput, place: number): Float32Array | Int32Array | Uint8Array {
  const size = shape.reduce((a, b) => a * b, 1);
  const name = [kind, below, place, size].join();
  const known = drawn.get(name);
  if (known) return known;
  const words = kind === "normal" ? [] : philoxWords([1, 2], place, 0, size).subarray(0, size);
  const make = {
    normal: () => philoxNormal([1, 2], place, 0, size),
    special: () => Float32Array.from(words, (word) => specials[word % specials.length] ?? 0),
    index: () => Int32Array.from(words, (word) => word % below),
    bool: () => Uint8Array.from(words, (word) => word % 2),
  };
  const numbers = make[kind]();
  drawn.set(name, numbers);
  return numbers;
}

function tensorOf(input: KernelInput, place: number): Tensor {
  const dtypes = { normal: "float32", special: "float32", index: "int32", bool: "bool" } as const;
  return tf.tensor(numbersOf(input, place), [...input.shape], dtypes[input.kind ?? "normal"]);
}

interface Result {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly values: Float32Array | Int32Array | Uint8Array;
  /** Of the values' bytes. */
  readonly digest: string;
}

function run(backend: string, { kernel, inputs, attrs }: KernelCase): Result[] {
  tf.setBackend(backend);
  return tf.tidy(() => {
    const given = Array.isArray(inputs)
      ? (inputs as readonly KernelInput[]).map(tensorOf)
      : Object.fromEntries(Object.entries(inputs).map(([name, input], i) => [name, tensorOf(input as KernelInput, i)]));
    const out: Tensor | Tensor[] = tf.engine().runKernel(kernel, given as NamedTensorMap, attrs as unknown as NamedAttrMap);
    return [out].flat().map((tensor) => {
      const values = tensor.dataSync();
      return { shape: tensor.shape, dtype: tensor.dtype, values, digest: createHash("sha256").update(values).digest("hex") };
    });
  });
}

/** The place of the first number that differs by more than rounding; -1 where none does. */
function firstFar(got: ArrayLike<number>, wanted: ArrayLike<number>, terms: number): number {
  const limit = 2e-6 * Math.sqrt(terms);
  for (let i = 0; i < got.length; i++) {
    const [a, b] = [got[i] as number, wanted[i] as number];
    const same = a === b || (a !== a && b !== b);
    if (!same && !(Math.abs(a - b) <= limit * (1 + Math.abs(b)))) return i;
  }
  return -1;
}

withNative((addon, fastest) => {
  const named = baseCases.map((one) => [`${one.kernel} ${JSON.stringify([one.inputs, one.attrs])}`, one] as const);
  test.each(named)("on every instruction set as tfjs: %s", (_name, one) => {
    const wanted = run("cpu", one);
    for (const isa of addon.isas()) {
      addon.setIsa(isa);
      const got = run("native", one);
      expect(got.map(({ shape, dtype }) => ({ shape, dtype }))).toEqual(wanted.map(({ shape, dtype }) => ({ shape, dtype })));
      got.forEach(({ values }, i) => {
        const bad = firstFar(values, wanted[i]?.values ?? [], one.terms ?? 1);
        const report = bad < 0 ? "equal" : `${isa}: ${values[bad]} at ${bad}, not ${wanted[i]?.values[bad]}`;
        expect(report).toBe("equal");
      });
    }
  });

  test("all of them give the same bits twice, and on 1, 2 and 7 threads", () => {
    addon.setIsa(fastest);
    const bits = (threads: number): string[] => {
      addon.setThreads(threads);
      return baseCases.map((one) =>
        run("native", one)
          .map(({ digest }) => digest)
          .join(),
      );
    };
    const [once, ...others] = [1, 1, 2, 7].map(bits);
    for (const other of others) expect(other).toEqual(once);
    addon.setThreads(2);
  });
});
