import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { nativeBackend } from "../../../src/backends/native/index.js";
import { philoxNormal } from "../../../src/core/philox.js";
import type { HostArray } from "../../../src/core/tensor.js";
import { writeSafetensors } from "../../../src/nodes/files/safetensors.js";
import { loadGraph, runGraph } from "../../../src/runtime/api.js";
import { explainKey } from "../../../src/runtime/cache/explain-key.js";
import { changed, idxBytes, tinyFolder } from "../../acceptance/tiny.js";

const backend = (await nativeBackend.probe()).available ? "native" : "wasm";
const text = changed(
  ["type: encoder.vit_mae", "type: encoder.vit_mae\n    cache: disk"],
  ["hidden_size: 8\n", "weights: encoder.safetensors\n      hidden_size: 8\n"],
  ["  sample: { run: [grid], of: train, every: 10 }\n", ""],
);
let folder = "";
let runs = 0;
const before = { cache: process.env["RAEGRAPH_CACHE"], limit: process.env["RAEGRAPH_CACHE_LIMIT"] };

beforeEach(async () => {
  folder = await tinyFolder(text);
  process.env["RAEGRAPH_CACHE"] = await mkdtemp(join(tmpdir(), "cache-"));
  delete process.env["RAEGRAPH_CACHE_LIMIT"];
  await writeWeights(1);
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
  await rm(cacheFolder(), { recursive: true, force: true });
  for (const [name, value] of [
    ["RAEGRAPH_CACHE", before.cache],
    ["RAEGRAPH_CACHE_LIMIT", before.limit],
  ] as const)
    // prettier-ignore
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
});

function cacheFolder(): string {
  return process.env["RAEGRAPH_CACHE"] ?? "";
}

/** Weights of the tiny encoder, other ones for every key. */
async function writeWeights(key: number): Promise<void> {
  const graph = await loadGraph(join(folder, "tiny.yaml"), { overrides: ["~encoder.weights"] });
  const node = graph.nodes.find(({ name }) => name === "encoder");
  if (node?.def.kind !== "model") throw new Error("no encoder");
  const arrays = node.def.weights(node.params, node.dims).map(({ name, shape }, i): [string, HostArray] => {
    const size = shape.reduce((a, b) => a * b, 1);
    return [name, { dtype: "f32", shape, data: philoxNormal([key, i], 0, 0, size).map((value) => value * 0.2) }];
  });
  await writeSafetensors(join(folder, "encoder.safetensors"), new Map(arrays));
}

interface Outcome {
  readonly losses: readonly number[];
  readonly read: number | undefined;
  readonly computed: number | undefined;
  readonly log: string;
}

async function train(...overrides: string[]): Promise<Outcome> {
  const graph = await loadGraph(join(folder, "tiny.yaml"), { overrides });
  const runDir = join(folder, `run-${runs++}`);
  await runGraph(graph, { backend, runDir });
  const lines = async (name: string): Promise<Record<string, unknown>[]> =>
    (await readFile(join(runDir, name), "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const cache = (await lines("events.jsonl")).find(({ event }) => event === "cache");
  return {
    losses: (await lines("metrics.jsonl")).filter(({ name }) => name === "train/loss").map(({ value }) => Number(value)),
    read: cache && Number(cache["read"]),
    computed: cache && Number(cache["computed"]),
    log: await readFile(join(runDir, "log.jsonl"), "utf8"),
  };
}

describe("a cached encoder", () => {
  test("runs once for every image, also over runs, and changes no loss in a single bit", async () => {
    const plain = await train("~encoder.cache");
    expect(plain.losses).toHaveLength(20);
    expect(plain.read).toBeUndefined();
    // 20 batches of 4 out of 64 images: 16 batches are new, the second epoch's 4 are known.
    const first = await train();
    expect(first).toMatchObject({ losses: plain.losses, read: 16, computed: 64 });
    expect(await train()).toMatchObject({ losses: plain.losses, read: 80, computed: 0 });
  });

  test("does not serve a changed param", async () => {
    await train();
    const mean = "encoder.image_mean=[0.4]";
    expect(await train(mean)).toMatchObject({ losses: (await train(mean, "~encoder.cache")).losses, read: 16, computed: 64 });
    // The old key's results are still there.
    expect(await train()).toMatchObject({ computed: 0 });
  });

  test("does not serve a changed weights file", async () => {
    const old = await train();
    await writeWeights(2);
    const fresh = await train();
    expect(fresh).toMatchObject({ losses: (await train("~encoder.cache")).losses, computed: 64 });
    expect(fresh.losses).not.toEqual(old.losses);
  });

  test("does not serve a changed image, and computes only its batch", async () => {
    const old = await train();
    const bytes = await readFile(join(folder, "images.idx"));
    const pixel = 16 + 5 * 64 + 3;
    bytes.writeUInt8(255 - bytes.readUInt8(pixel), pixel);
    await writeFile(join(folder, "images.idx"), bytes);
    const fresh = await train();
    expect(fresh).toMatchObject({ losses: (await train("~encoder.cache")).losses, computed: 4 });
    expect(fresh.losses).not.toEqual(old.losses);
  });

  test("does not serve another arithmetic, nor another size of batch", async () => {
    await train();
    expect(await train("images.batch=8", "train.steps=8")).toMatchObject({ read: 0, computed: 64 });
    const graph = await loadGraph(join(folder, "tiny.yaml"));
    const node = graph.nodes.find(({ name }) => name === "encoder");
    if (!node) throw new Error("no encoder");
    const report = await explainKey(graph, node, "another backend");
    expect(report.parts.filter(({ state }) => state === "changed").map(({ name }) => name)).toEqual(
      expect.arrayContaining(["numeric class"]),
    );
  });

  test("computes again what a crash has torn", async () => {
    const { losses } = await train();
    const [shelf = ""] = await readdir(cacheFolder());
    const [data = ""] = (await readdir(join(cacheFolder(), shelf))).filter((name) => name.endsWith(".bin"));
    await truncate(join(cacheFolder(), shelf, data), 40 * 2 * 2 * 8 * 4);
    const again = await train();
    expect(again.losses).toEqual(losses);
    expect(again.computed).toBeGreaterThanOrEqual(24);
  });

  test("stops to write where the disk's share is used up, and says so once", async () => {
    process.env["RAEGRAPH_CACHE_LIMIT"] = "1kB";
    const full = await train();
    expect(full).toMatchObject({ losses: (await train("~encoder.cache")).losses, read: 0, computed: 80 });
    expect(full.log.match(/the cache is full/g)).toHaveLength(1);
  });
});

describe("no cache, and a line that says why", () => {
  test.each([
    ["weights from no file", ["~encoder.weights"], "has its weights from no file"],
    ["a node that is trained", ["adam.trains=encoder.weights"], "is trained by this graph"],
  ])("%s", async (_, overrides, reason) => {
    if (reason.includes("trained")) {
      const graph = await loadGraph(join(folder, "tiny.yaml"));
      const encoder = graph.nodes.find(({ name }) => name === "encoder");
      const nodes = graph.nodes.map((node) =>
        node.name === "adam" ? { ...node, inputs: { ...node.inputs, trains: { node: "encoder", port: "weights" } } } : node,
      );
      if (!encoder) throw new Error("no encoder");
      expect((await explainKey({ ...graph, nodes }, encoder, "x")).reason).toContain(reason);
      return;
    }
    const { log, read } = await train(...overrides, "train.steps=2");
    expect(read).toBeUndefined();
    expect(log).toContain(reason);
  });

  test("a node that draws random numbers", async () => {
    const noise = "+nodes.more={ type: latent.noise, cache: disk, in: { z: encoder.tokens } }";
    const { log } = await train(noise, "noisy.in.data=more.z", "train.steps=2");
    expect(log).toContain('not cached: \\"more\\" (latent.noise) does not declare that it is pure');
  });
});

test("graph why names the part of the key that changed", async () => {
  await train("train.steps=16");
  const report = async (...overrides: string[]) => {
    const graph = await loadGraph(join(folder, "tiny.yaml"), { overrides });
    const node = graph.nodes.find(({ name }) => name === "encoder");
    if (!node) throw new Error("no encoder");
    const [shelf = ""] = await readdir(cacheFolder());
    const card = JSON.parse(await readFile(join(cacheFolder(), shelf, "key.json"), "utf8")) as { parts: Record<string, string> };
    return explainKey(graph, node, card.parts["numeric class"] ?? "");
  };
  expect(await report()).toMatchObject({ cached: true, stored: 64 });
  const other = await report("encoder.image_std=[0.25]");
  expect(other).toMatchObject({ stored: 0, other: 64 });
  expect(other.parts.filter(({ state }) => state === "changed")).toEqual([
    { name: "params.image_std", value: "[0.25]", was: "[0.5]", state: "changed" },
  ]);
  await writeWeights(3);
  expect((await report()).parts.filter(({ state }) => state === "changed").map(({ name }) => name)).toEqual(["weights"]);
});

test("a batch as a whole is kept where a node mixes its samples", async () => {
  const twice = "+nodes.twice={ type: batch.repeat, cache: disk, params: { each: 1 }, in: { x: encoder.tokens } }";
  const overrides = [twice, "~encoder.cache", "noisy.in.data=twice.x", "images.shuffle=false"];
  const plain = await train(...overrides, "~twice.cache");
  expect(await train(...overrides)).toMatchObject({ losses: plain.losses, read: 4, computed: 16 });
});

test("images that come out equal are kept once", async () => {
  await writeFile(join(folder, "images.idx"), idxBytes([64, 8, 8], new Uint8Array(64 * 64).fill(9)));
  const { read = 0, computed = 0 } = await train();
  // The second batch may come before the first is written.
  expect([read + computed, computed <= 8]).toEqual([80, true]);
});
