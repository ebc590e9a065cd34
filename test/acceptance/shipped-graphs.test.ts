import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { decode } from "fast-png";
import type { Problem } from "../../src/core/problem.js";
import type { HostArray } from "../../src/core/tensor.js";
import { writeSafetensors } from "../../src/nodes/files/safetensors.js";
import { checkGraph, loadGraph, runGraph } from "../../src/runtime/api.js";

const graphs = fileURLToPath(new URL("../../graphs/", import.meta.url));
const graphsIn = async (folder: string): Promise<string[]> =>
  (await readdir(join(graphs, folder))).filter((name) => name.endsWith(".yaml")).map((name) => join(folder, name));
const files = [...(await graphsIn("")), ...(await graphsIn("experiments"))];
/** Graphs and overlays at the article's sizes; the other files there are parts of them. */
const profiles = (await graphsIn("experiments/full")).filter(
  (name) => basename(name) === "width-drawn.yaml" || existsSync(join(graphs, "experiments", basename(name))),
);

describe("shipped graphs", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "raegraph-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each(files)("%s has no mistake", async (name) => {
    expect((await checkGraph(join(graphs, name))).problems).toEqual([]);
  });

  test.each(profiles)("%s asks for nothing but files that have to be fetched, and fits them", async (name) => {
    const base = join(graphs, "experiments", basename(name));
    const isProfile = existsSync(base);
    const check = (overrides: readonly string[]): ReturnType<typeof checkGraph> =>
      isProfile ? checkGraph(base, { overlays: [join(graphs, name)], overrides }) : checkGraph(join(graphs, name), { overrides });
    // Stand-ins of the right sizes: one CIFAR batch, statistics of DINOv2-B, weights drawn instead of read.
    const images = join(folder, "cifar10");
    await mkdir(images, { recursive: true });
    for (const batch of ["data_batch_1.bin", "test_batch.bin"]) await writeFile(join(images, batch), new Uint8Array(3073 * 100));
    const statistics = join(folder, "stat.safetensors");
    const ones: HostArray = { dtype: "f32", shape: [768, 16, 16], data: new Float32Array(768 * 256).fill(1) };
    await writeSafetensors(statistics, new Map([["var", ones]]));
    const fill = (problems: readonly Problem[]): string[] =>
      problems.map(({ code, message }) => {
        const [, node = ""] = /^node "([^"]+)"/.exec(message) ?? [];
        if (code === "G403") return `${node}.folder=${images}`;
        return message.includes("stat.pt") ? `${node}.weights=${statistics}` : `~${node}.weights`;
      });
    // Weights are looked at once the sizes are known, which takes the images.
    const overrides: string[] = [];
    let { problems } = await check(overrides);
    for (let round = 0; problems.length > 0 && round < 3; round++) {
      expect(problems.filter(({ code }) => code !== "G403" && code !== "G404")).toEqual([]);
      overrides.push(...new Set(fill(problems)));
      ({ problems } = await check(overrides));
    }
    expect(problems).toEqual([]);
  });

  test("assets take at most 20 MB", async () => {
    const entries = await readdir(join(graphs, "assets"), { recursive: true });
    const sizes = await Promise.all(entries.map(async (entry) => (await stat(join(graphs, "assets", entry))).size));
    expect(sizes.reduce((a, b) => a + b, 0)).toBeLessThan(20e6);
  });

  test("the shipped autoencoder reconstructs held-out images with at least 24 dB", async () => {
    const overrides = ["images.batch=50", "measure.steps=4"];
    const graph = await loadGraph(join(graphs, "reconstruct.yaml"), { overrides });
    const { results } = await runGraph(graph, { runDir: join(folder, "reconstruct") });
    expect(Object.values(results["measure"] ?? {})[0]).toBeGreaterThan(24);
  });

  test("the shipped diffusion transformer draws a row of images for each class that is asked", async () => {
    const overrides = ["classes.labels=[1,9]", "classes.each=3", "vars.points=10", "grid.columns=3", "grid.scale=1"];
    const graph = await loadGraph(join(graphs, "sample.yaml"), { overrides });
    await runGraph(graph, { runDir: join(folder, "sample") });
    const [name = ""] = await readdir(join(folder, "sample/samples"));
    const { width, height, data } = decode(await readFile(join(folder, "sample/samples", name)));
    expect([width, height]).toEqual([3 * 28 + 2, 2 * 28 + 1]);
    // Trousers (class 1) stand high and narrow, boots (class 9) fill the lower half: their middle columns and lower rows differ.
    const channels = data.length / (width * height);
    const brightness = (rows: [number, number]): number => {
      let sum = 0;
      for (let y = rows[0]; y < rows[1]; y++)
        for (let x = 0; x < width; x++) sum += Number(data[(y * width + x) * channels] ?? 0);
      return sum / ((rows[1] - rows[0]) * width);
    };
    expect(brightness([1, 6])).toBeGreaterThan(1.5 * brightness([30, 35]));
  });
});
