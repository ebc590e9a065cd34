import { expect, test } from "@jest/globals";
import { smokeGraph } from "../../src/runtime/smoke.js";
import { loadToy } from "./toy/run-toy.js";

const text = `name: toy
nodes:
  points: { type: toy.points }
  file: { type: out.tensor_file, params: { file: /data/stats.safetensors, key: y }, in: { tensor: points.y } }
`;

test("shortens every phase and keeps no checkpoint on the way", async () => {
  const { phases } = smokeGraph(await loadToy(), "/tmp/x");
  expect(phases.map(({ name, steps, every, checkpoint }) => [name, steps, every, checkpoint])).toEqual([
    ["start", 2, undefined, 0],
    ["train", 2, undefined, 0],
    ["look", 1, 1, 0],
    ["score", 2, undefined, 0],
  ]);
});

test("a phase that is shorter already stays so", async () => {
  expect(smokeGraph(await loadToy(["train.steps=1"]), "/tmp/x").phases[1]?.steps).toBe(1);
});

test("files that nodes write go elsewhere", async () => {
  const { nodes } = smokeGraph(await loadToy([], text), "/tmp/x");
  expect(nodes.find(({ name }) => name === "file")?.params).toMatchObject({ file: "/tmp/x/stats.safetensors", key: "y" });
});

test("files that reducers read stay where they are, but for those that the graph writes", async () => {
  const more = `  own: { type: metric.fid, params: { statistics: /data/own.npz }, in: { fake: points.y } }
  made: { type: metric.fid, params: { statistics: /data/made.npz }, in: { fake: points.y } }
  maker: { type: out.feature_statistics, params: { file: /data/made.npz }, in: { features: points.y } }
`;
  const { nodes } = smokeGraph(await loadToy([], text + more), "/tmp/x");
  const files = Object.fromEntries(nodes.map(({ name, params }) => [name, params["statistics"] ?? params["file"]]));
  expect(files).toMatchObject({ own: "/data/own.npz", made: "/tmp/x/made.npz", maker: "/tmp/x/made.npz" });
});
