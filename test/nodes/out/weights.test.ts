import { expect, test } from "@jest/globals";
import type { HostArray } from "../../../src/core/tensor.js";
import { decodeSafetensors } from "../../../src/nodes/files/safetensors.js";
import { weightsFile } from "../../../src/nodes/out/weights.js";
import { harness } from "../../../src/runtime/testing/harness.js";

const array = (...data: number[]): HostArray => ({ dtype: "f32", shape: [data.length], data: Float32Array.from(data) });
const model = new Map([
  ["vit.a", array(1, 0.1)],
  ["decoder.b", array(3)],
]);

test("writes the chosen keys into the run folder, in half precision if asked", async () => {
  const run = harness(weightsFile, { name: "encoder", only: "vit.", floats: "f16" });
  await run.sink({ weights: model });
  const [path, bytes] = [...run.written][0] ?? ["", new Uint8Array()];
  expect(path).toBe("weights/encoder.safetensors");
  const stored = decodeSafetensors(bytes);
  expect([...stored.keys()]).toEqual(["vit.a"]);
  expect(stored.get("vit.a")?.data[1]).toBeCloseTo(0.1, 4);
});

test("refuses a prefix that no weight has, with names that there are", async () => {
  const run = harness(weightsFile, { only: "encoder." });
  await expect(run.sink({ weights: model })).rejects.toThrow(
    'no weight\'s name starts with "encoder."; they are called vit.a, decoder.b',
  );
});
