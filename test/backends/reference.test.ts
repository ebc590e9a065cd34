import { describe, expect, test } from "@jest/globals";

import { referenceBackend } from "../../src/backends/reference/index.js";
import { tf } from "../../src/core/tensor.js";
import { conformance } from "./conformance.js";

describe("reference", () => conformance("reference"));

describe("its own transpose", () => {
  const count = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

  test.each([
    [[], []],
    [[5], [0]],
    [[3, 4], [1, 0]],
    [[2, 3, 4], [1, 2, 0]],
    [[2, 1, 3, 4], [3, 0, 2, 1]],
    [[2, 3, 2, 2, 3], [4, 2, 0, 3, 1]],
    [[0, 3], [1, 0]],
  ])("puts each number of %j in its place by %j", async (shape, perm) => {
    const device = await referenceBackend.open({ precision: "fp32" });
    const [y, asInt] = tf.tidy(() => {
      const x = tf.reshape(tf.tensor1d(Float32Array.from({ length: count(shape) }, (_, i) => i)), shape);
      return [tf.transpose(x, perm), tf.transpose(tf.cast(x, "int32"), perm)];
    });
    const values = y?.dataSync() ?? [];
    expect(y?.shape).toEqual(perm.map((axis) => shape[axis]));
    const steps = shape.map((_, axis) => count(shape.slice(axis + 1)));
    for (const [at, value] of [...values].entries()) {
      // The place of a number in the result, axis by axis, tells where it came from.
      const places = perm.map((_, i) => Math.floor(at / count(perm.slice(i + 1).map((axis) => shape[axis] ?? 1))) % (shape[perm[i] ?? 0] ?? 1));
      expect(value).toBe(perm.reduce((from, axis, i) => from + (places[i] ?? 0) * (steps[axis] ?? 0), 0));
    }
    expect(asInt?.dtype).toBe("int32");
    expect([...(asInt?.dataSync() ?? [])]).toEqual([...values]);
    tf.dispose([y, asInt]);
    await device.close();
  }); // prettier-ignore
});
