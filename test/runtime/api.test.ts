import { mkdtemp, readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { tf } from "../../src/core/tensor.js";
import { checkGraph, GraphError, loadGraph, runGraph } from "../../src/index.js";
import { toyGraph, toyNodes } from "./toy/toy-nodes.js";

async function toyFile(text = toyGraph): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), "api-")), "toy.yaml");
  await writeFile(file, text);
  return file;
}

test("loading and checking need no tensor library", async () => {
  const file = await toyFile();
  const graph = await loadGraph(file, { nodes: toyNodes, overrides: ["adam.lr=0.5"] });
  expect(graph.nodes.find(({ name }) => name === "adam")?.params).toMatchObject({ lr: 0.5 });
  expect((await checkGraph(file, { nodes: toyNodes })).graph?.name).toBe("toy");
  expect(tf).toBeUndefined();
});

test("a bad graph is thrown by loadGraph and listed by checkGraph", async () => {
  const file = await toyFile(toyGraph.replace("toy.jitter", "toy.jiter").replace("lr: 0.05", "rl: 0.05"));
  await expect(loadGraph(file, { nodes: toyNodes })).rejects.toBeInstanceOf(GraphError);
  const { graph, problems } = await checkGraph(file, { nodes: toyNodes });
  expect(graph).toBeUndefined();
  expect(problems.map(({ code }) => code)).toEqual(["G201", "G104"]);
});

test("two node types of one name are refused", async () => {
  await expect(loadGraph(await toyFile(), { nodes: [...toyNodes, ...toyNodes] })).rejects.toThrow(
    'two node types are called "toy.points"',
  );
});

test("a graph runs into the folder that was chosen and gives its results", async () => {
  const runDir = join(await mkdtemp(join(tmpdir(), "api-")), "run");
  const graph = await loadGraph(await toyFile(), { nodes: toyNodes });
  const { state, folder, steps, results } = await runGraph(graph, { backend: "reference", runDir });
  expect([state, folder, steps]).toEqual(["finished", runDir, 12]);
  expect(Object.keys(results)).toEqual(["start", "look", "train", "score"]);
  expect(await readdir(join(runDir, "checkpoints"))).toContain("step-00000012");
});
