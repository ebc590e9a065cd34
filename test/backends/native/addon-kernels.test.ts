import { describe, expect, test } from "@jest/globals";

import { loadAddon } from "../../../src/backends/native/addon.js";
import type { NativeArray } from "../../../src/backends/native/addon.js";
import { philoxNormal, philoxWords } from "../../../src/core/philox.js";
import { addonCases } from "./addon-cases.js";
import type { AddonCase, ArraySpec } from "./addon-cases.js";
import { withAddon } from "./with-addon.js";

const arrayOf = { f32: Float32Array, i32: Int32Array, u8: Uint8Array } as const;
const [normals, words] = [philoxNormal([4, 5], 1, 0, 65536), philoxWords([4, 5], 2, 0, 65536)];

/**
 * An array inside a larger one of the same type, `before` places from its start, with a mark on both sides. At place 0 it has memory
 * of its own and no marks: there the address sanitizer watches the ends.
 */
function framed({ size, type }: ArraySpec, before: number): { all: NativeArray; part: NativeArray } {
  if (before === 0) {
    const part = new arrayOf[type](size);
    return { all: part, part };
  }
  const all = new arrayOf[type](before + size + 1).fill(77);
  return { all, part: all.subarray(before, before + size) };
}

function fillIn(part: NativeArray, { type, below = 1 }: ArraySpec, place: number): void {
  for (let i = 0; i < part.length; i++) {
    const at = (i + place * 7919) % 65536;
    part[i] = type === "f32" ? (normals[at] ?? 0) : i === 0 ? 0 : (words[at] ?? 0) % below;
  }
}

interface Run {
  readonly outputs: readonly NativeArray[];
  /** False where a kernel wrote beside its outputs. */
  readonly clean: boolean;
}

/** Calls the kernel with arrays of exactly the right size; `first` goes into the first float input's first place. */
function call({ kernel, outputs, inputs, numbers }: AddonCase, before: number, first?: number): Run {
  const written = outputs.map((spec) => (spec ? framed(spec, before) : null));
  const read = inputs.map((spec, place) => {
    if (!spec) return null;
    const { part } = framed(spec, before);
    fillIn(part, spec, place);
    return part;
  });
  const target = read.find((array) => array instanceof Float32Array);
  if (first !== undefined && target) target[0] = first;
  loadAddon().kernels[kernel]?.(...written.map((frame) => frame?.part ?? null), ...read, ...numbers);
  const marked = ({ all }: { all: NativeArray }): boolean => all.at(-1) === 77 && all.subarray(0, before).every((v) => v === 77);
  const clean = before === 0 || written.every((frame) => !frame || marked(frame));
  return { outputs: written.flatMap((frame) => (frame ? [frame.part.slice()] : [])), clean };
}

const nameOf = ({ kernel, numbers }: AddonCase): string => `${kernel} ${numbers.join(" ")}`;

withAddon((addon, fastest) => {
  test("every kernel has a case", () => {
    const named = new Set(addonCases(1, 1).map(({ kernel }) => kernel));
    expect(Object.keys(addon.kernels).filter((kernel) => !named.has(kernel))).toEqual(["addAll", "adamw", "peak"]);
  });

  const sizes = [[1, 1], [1, 17], [13, 1], [7, 67], [31, 64]] as const; // prettier-ignore
  describe.each(sizes)("with %d rows of %d", (rows, width) => {
    const cases = addonCases(rows, width);

    test.each(addon.isas())("on %s arrays at odd places give the same bits and nothing is written beside them", (isa) => {
      addon.setIsa(isa);
      addon.setThreads(2);
      for (const one of cases) {
        const [aligned, odd] = [call(one, 0), call(one, 3)];
        expect({ name: nameOf(one), ...odd }).toEqual({ name: nameOf(one), outputs: aligned.outputs, clean: true });
      }
    });

    test.each(addon.isas())("on %s a NaN passes through and the call after it is clean", (isa) => {
      addon.setIsa(isa);
      const lost = cases.filter((one) => {
        const before = call(one, 0);
        const hit = call(one, 0, NaN).outputs.some((out) => out.some((v: number) => Number.isNaN(v)));
        expect(call(one, 0)).toEqual(before);
        return one.nan && !hit;
      });
      expect(lost.map(nameOf)).toEqual([]);
    });

    test("1, 2 and 7 threads give the same bits", () => {
      addon.setIsa(fastest);
      const [one, ...others] = [1, 2, 7].map((threads) => {
        addon.setThreads(threads);
        return cases.map((each) => ({ name: nameOf(each), outputs: call(each, 0).outputs }));
      });
      for (const other of others) expect(other).toEqual(one);
    });
  });

  test.each(addon.isas())("on %s lists of arrays are added up and stepped, also empty ones", (isa) => {
    addon.setIsa(isa);
    const list = [0, 1, 17, 1009].map((size) => new Float32Array(size).fill(1));
    const sum = new Float32Array(17);
    addon.kernels["addAll"]?.([sum, ...Array.from({ length: 70 }, () => new Float32Array(17).fill(2))], 17);
    expect([...sum]).toEqual(new Array(17).fill(140));
    const like = (value: number): Float32Array[] => list.map(({ length }) => new Float32Array(length).fill(value));
    const [p, m, v] = [like(1), like(0), like(0)];
    const norm = new Float32Array(1);
    addon.kernels["adamw"]?.(norm, p, list, m, v, list.length, 0.5, 0.9, 0.99, 0, 0, 1, 0, 0);
    expect(norm[0]).toBeCloseTo(Math.sqrt(1027), 3);
    // The first step of Adam is the rate times the gradient's sign.
    for (const array of p) for (const value of array) expect(value).toBeCloseTo(0.5, 5);
  });
});
