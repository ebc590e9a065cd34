import { expect, test } from "@jest/globals";
import { access } from "node:fs/promises";
import { readSafetensors } from "../../../src/nodes/files/safetensors.js";
import { tensorFile } from "../../../src/nodes/out/tensor-file.js";
import { harness } from "../../../src/runtime/testing/harness.js";
import { tempFolder } from "../files/temp-folder.js";

const at = tempFolder();

test("writes all batches one after the other", async () => {
  const node = harness(tensorFile, { file: at("new/z.safetensors"), key: "z" });
  await node.sink({ tensor: [[1, 2], [3, 4]] }, { tensor: [[5, 6]] }); // prettier-ignore
  expect(await readSafetensors(at("new/z.safetensors"))).toEqual(
    new Map([["z", { dtype: "f32", shape: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) }]]),
  );
  expect(node.logged).toEqual([`info: "z" [3,2] written to ${at("new/z.safetensors")}`]);
});

test("orders the axes of the whole", async () => {
  await harness(tensorFile, { file: at("t"), key: "z", axes: [1, 0] }).sink({ tensor: [[1, 2]] }, { tensor: [[3, 4]] });
  expect((await readSafetensors(at("t"))).get("z")).toMatchObject({ shape: [2, 2], data: Float32Array.of(1, 3, 2, 4) });
});

test("scalars become a list", async () => {
  await harness(tensorFile, { file: at("s"), key: "loss" }).sink({ tensor: 0.5 }, { tensor: 0.25 });
  expect((await readSafetensors(at("s"))).get("loss")).toMatchObject({ shape: [2], data: Float32Array.of(0.5, 0.25) });
});

test("writes nothing where there was no batch", async () => {
  const node = harness(tensorFile, { file: at("none"), key: "z" });
  await node.sink();
  expect(node.logged).toEqual([`warn: saw no batch; ${at("none")} is not written`]);
  await expect(access(at("none"))).rejects.toThrow("ENOENT");
});

test("refuses batches of other sizes, and axes that do not fit", async () => {
  const node = harness(tensorFile, { file: at("x"), key: "z" });
  await expect(node.sink({ tensor: [[1, 2]] }, { tensor: [[1, 2, 3]] })).rejects.toThrow(
    "a batch [1,3] cannot follow one of [1,2]; only the first size may change",
  );
  await expect(harness(tensorFile, { file: at("x"), key: "z", axes: [0, 2] }).sink({ tensor: [[1, 2]] })).rejects.toThrow(
    "axes [0,2] do not order the 2 axes of [1,2]",
  );
});
