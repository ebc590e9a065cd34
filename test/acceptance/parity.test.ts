import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readSafetensors } from "../../src/nodes/files/safetensors.js";
import { loadGraph, runGraph } from "../../src/runtime/api.js";
import { fixtureFolder, loadFixture, presentFixtures } from "../support/fixture.js";
import { distance, worst } from "../support/golden.js";
import { presentBackends } from "./backends.js";

/** Fixture and the graph that runs it. */
const graphs: Readonly<Record<string, string>> = {
  decoder: "decoder",
  dinov2: "dinov2",
  siglip2: "siglip2",
  mae: "mae",
  "rae-encode": "rae-encode",
  "lightning-dit": "lightning-dit",
  "lightning-dit-patch2": "lightning-dit",
  ditdh: "dit-dh",
  "ditdh-qknorm": "dit-dh",
};

const names = presentFixtures(Object.keys(graphs));
const parity = fileURLToPath(new URL("../fixtures/parity/", import.meta.url));
const backends = await presentBackends();

describe.each(backends)("the reference's fixtures run as graphs from files to files on %s", (backend) => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "raegraph-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each(names)("%s", async (name) => {
    const { folder: from, io } = await loadFixture(fixtureFolder(name) ?? "");
    const to = join(folder, name);
    const overrides = [`vars.from=${from}`, `vars.to=${to}`];
    const graph = await loadGraph(join(parity, `${graphs[name] ?? ""}.yaml`), { overrides });
    const runDir = join(folder, `${name}-run`);
    await runGraph(graph, { backend, runDir });
    const written = (await readdir(to)).filter((file) => file.endsWith(".safetensors"));
    expect(written.length).toBeGreaterThan(0);
    for (const file of written)
      for (const [key, got] of await readSafetensors(join(to, file))) {
        const wanted = io.get(key);
        expect([key, got.shape]).toEqual([key, wanted?.shape]);
        if (key === "loss") expect(Math.abs((got.data[0] ?? NaN) / (wanted?.data[0] ?? NaN) - 1)).toBeLessThan(1e-5);
        else expect(worst(got.data, wanted?.data ?? [])).toBeLessThan(2e-5);
      }
    const gradients = [...io].filter(([key]) => key.startsWith("grad."));
    if (gradients.length === 0) return;
    const found = await readSafetensors(join(runDir, "checkpoints/step-00000001/optimizer.safetensors"));
    expect(found.size).toBe(gradients.length);
    for (const [key, { data }] of gradients)
      expect(distance(found.get(key.replace("grad.", "gradient."))?.data ?? [], data)).toBeLessThan(1e-3);
  });
});
