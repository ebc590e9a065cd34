import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { encode } from "fast-png";
import type { Graph } from "../../../src/core/graph.js";
import { loadGraph } from "../../../src/runtime/load-graph.js";
import { openFolderRecorder } from "../../../src/runtime/record/folder-recorder.js";
import type { Recorder } from "../../../src/runtime/run/recorder.js";
import { loadToy } from "../toy/run-toy.js";

const now = (): Date => new Date(Date.UTC(2026, 0, 2, 3, 4, 5));

async function recorder(graph?: Graph): Promise<Recorder> {
  const folder = await mkdtemp(join(tmpdir(), "run-"));
  return openFolderRecorder({
    folder,
    graph: graph ?? (await loadToy(["adam.lr=0.5", "train.steps=9"])),
    device: "fake: one core",
    now,
  });
}

async function text(record: Recorder, name: string): Promise<string> {
  return readFile(join(record.folder, name), "utf8");
}

test("keeps the graph as given, as resolved, and the overrides", async () => {
  const graph = await loadToy(["adam.lr=0.5", "train.steps=9"]);
  const record = await recorder(graph);
  await record.close();
  expect(await text(record, "graph.yaml")).toBe(await readFile(graph.file, "utf8"));
  expect(await text(record, "resolved.yaml")).toContain("lr: 0.5");
  expect(await text(record, "overrides.txt")).toBe("adam.lr=0.5\ntrain.steps=9\n");
});

test("keeps included files, also from above the graph's folder", async () => {
  const base = await mkdtemp(join(tmpdir(), "graph-"));
  await mkdir(join(base, "deep"));
  await writeFile(
    join(base, "part.yaml"),
    "outputs: { label: labels.label }\nnodes:\n  labels: { type: data.labels, params: { labels: [1] } }\n",
  );
  await writeFile(join(base, "deep/main.yaml"), "name: main\nnodes:\n  part: { use: ../part.yaml }\n");
  const record = await recorder(await loadGraph(join(base, "deep/main.yaml")));
  await record.close();
  expect(await text(record, "src/up/part.yaml")).toBe(await readFile(join(base, "part.yaml"), "utf8"));
});

test("the lock holds hashes, versions, machine and seed", async () => {
  const record = await recorder();
  await record.close();
  const sha256 = (value: string): string => createHash("sha256").update(value).digest("hex");
  expect(JSON.parse(await text(record, "lock.json"))).toMatchObject({
    created: "2026-01-02T03:04:05.000Z",
    graph: { sha256: sha256(await text(record, "graph.yaml")) },
    resolved: { sha256: sha256(await text(record, "resolved.yaml")) },
    seed: 7,
    node: process.version,
    device: "fake: one core",
    packages: { raegraph: expect.any(String), rxjs: "7.8.2" },
    nodes: { "train.adamw": 1 },
  });
});

test("the lock names the files that nodes read, with their hashes", async () => {
  const base = await mkdtemp(join(tmpdir(), "graph-"));
  const images = Buffer.from([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 7, 9]);
  await writeFile(join(base, "images.idx"), images);
  await writeFile(
    join(base, "main.yaml"),
    "name: main\nnodes:\n  images: { type: data.idx, params: { images: images.idx, batch: 1 } }\n",
  );
  const record = await recorder(await loadGraph(join(base, "main.yaml")));
  await record.close();
  const sha256 = createHash("sha256").update(images).digest("hex");
  const { inputs } = JSON.parse(await text(record, "lock.json")) as { inputs: unknown };
  expect(inputs).toMatchObject([{ node: "images", param: "images", file: join(base, "images.idx"), bytes: 18, sha256 }]);
});

test("metrics, events and log are lines that can be read at once", async () => {
  const record = await recorder();
  record.metric({ phase: "train", step: 3, node: "adam", name: "loss", value: 0.25 });
  record.event({ event: "stall", seconds: 2 });
  record.log("warn", "images: skipped broken.png");
  const t = now().getTime() / 1000;
  expect(JSON.parse(await text(record, "metrics.jsonl"))).toEqual({
    t,
    step: 3,
    phase: "train",
    node: "adam",
    name: "train/loss",
    value: 0.25,
  });
  expect((await text(record, "events.jsonl")).split("\n")[1]).toBe(`{"t":${t},"event":"stall","seconds":2}`);
  expect(JSON.parse(await text(record, "log.jsonl"))).toMatchObject({ level: 40, msg: "images: skipped broken.png" });
  await record.close();
  record.log("info", "after the end");
  expect(await text(record, "log.jsonl")).not.toContain("after the end");
});

test("writes files below its folder only; pictures of samples also go to the board", async () => {
  const record = await recorder();
  const png = encode({ width: 1, height: 1, channels: 1, depth: 8, data: new Uint8Array(1) });
  expect(await record.write("samples/step-00000007-grid.png", png)).toBe(join(record.folder, "samples/step-00000007-grid.png"));
  await expect(record.write("../elsewhere.png", png)).rejects.toThrow("leaves the run folder");
  await expect(record.write("/tmp/elsewhere.png", png)).rejects.toThrow("leaves the run folder");
  await record.close();
  const [name = ""] = await readdir(join(record.folder, "tb"));
  const board = await readFile(join(record.folder, "tb", name));
  expect(board.includes("grid")).toBe(true);
  expect(board.includes(Buffer.from(png))).toBe(true);
});

test("the status says how to go on until the run is finished", async () => {
  const record = await recorder();
  await record.status({ state: "failed", step: 4, exitCode: 1, message: "out of memory" });
  expect(JSON.parse(await text(record, "status.json"))).toMatchObject({
    state: "failed",
    step: 4,
    exitCode: 1,
    next: `graph resume ${record.folder}`,
  });
  await record.status({ state: "finished", step: 9, exitCode: 0 });
  expect(JSON.parse(await text(record, "status.json"))).not.toHaveProperty("next");
  await record.close();
});
