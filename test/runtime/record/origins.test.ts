import { expect, test } from "@jest/globals";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { loadGraph } from "../../../src/runtime/api.js";
import { originsOf } from "../../../src/runtime/record/origins.js";

test("a reducer's origins are the data and the encoder behind it, each file with its hash", async () => {
  const graph = await loadGraph("graphs/latent-stats.yaml");
  const origins = await originsOf(graph, "stats");
  const encoder = resolve("graphs/assets/encoder.safetensors");
  const sha256 = createHash("sha256")
    .update(await readFile(encoder))
    .digest("hex");
  expect(origins).toContainEqual({ node: "encoder/vit", type: "encoder.vit_mae", file: encoder, sha256 });
  const data = origins.filter(({ type }) => type === "data.idx");
  expect(data).toHaveLength(2);
  expect(data[0]?.summary).toMatch(/^12000 images/);
});

test("what does not lead to a node is none of its origins", async () => {
  const graph = await loadGraph("graphs/reconstruct.yaml");
  const types = (await originsOf(graph, "latent")).map(({ type }) => type);
  expect(types).not.toContain("decoder.vit");
  expect(await originsOf(graph, "images/files")).toEqual([]);
});
