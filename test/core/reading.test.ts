import { beforeAll, describe, expect, test } from "@jest/globals";

import { referenceBackend } from "../../src/backends/reference/index.js";
import { readLater, readNow } from "../../src/core/reading.js";
import type { Reading } from "../../src/core/reading.js";
import { tf } from "../../src/core/tensor.js";
import type { Tensor } from "../../src/core/tensor.js";
import { prepareTensors } from "../../src/core/prepare.js";

beforeAll(async () => {
  await prepareTensors();
  await referenceBackend.open({ precision: "fp32" });
});

/** Halves until the number is below one; tells how often. */
function* halvings(start: number): Reading<number> {
  let count = 0;
  for (let value = start; value >= 1; count++) value = yield tf.tidy(() => tf.div(tf.scalar(value), 2));
  return count;
}

/** A tensor whose numbers cannot be read. */
function unreadable(): Tensor {
  const refuse = (): never => {
    throw new Error("lost");
  };
  const tensor = tf.scalar(1);
  return Object.assign(tensor, { dataSync: refuse, data: async () => refuse() });
}

describe("a computation that looks at numbers", () => {
  test.each([
    ["at once", async (reading: Reading<number>) => readNow(reading)],
    ["later", readLater],
  ])("is run %s, its scalars freed, its errors its own", async (_how, run) => {
    const before = tf.memory().numTensors;
    expect(await run(halvings(40))).toBe(6);
    expect(tf.memory().numTensors).toBe(before);
    const seen: unknown[] = [];
    const careful = function* (): Reading<number> {
      try {
        return yield unreadable();
      } catch (error) {
        seen.push(error);
        return -1;
      }
    };
    expect(await run(careful())).toBe(-1);
    expect(seen).toEqual([new Error("lost")]);
    await expect(
      (async () =>
        run(
          (function* (): Reading<number> {
            return yield unreadable();
          })(),
        ))(),
    ).rejects.toThrow("lost");
  });
});
