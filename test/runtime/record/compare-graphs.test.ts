import { expect, test } from "@jest/globals";
import { compareGraphs } from "../../../src/runtime/record/compare-graphs.js";

const graph = `name: a
seed: 1
nodes:
  dit: { type: model.dit, params: { depth: 2, sizes: [1, 2] }, in: { x: images.image } }
  grid: { type: out.image_grid, params: { columns: 4 }, in: { image: dit.y } }
phases:
  train: { run: [adam], steps: 400, checkpoint: 100, keep: 3 }
  sample: { run: [grid], every: 100, of: train }
`;

test("equal graphs have no changes, however they are written", () => {
  const other = graph
    .replace("{ depth: 2, sizes: [1, 2] }", "\n      sizes: [ 1,2 ]\n      depth: 2")
    .replace(", in: { x", "\n    in: { x")
    .replace("dit: { type: model.dit, params:", "dit:\n    type: model.dit\n    params:")
    .replace("images.image } }", "images.image }");
  expect(compareGraphs(graph, other)).toEqual({ allowed: [], refused: [] });
});

test.each([
  ["steps: 400", "steps: 800", "phases.train.steps: 400 -> 800"],
  ["every: 100", "every: 50", "phases.sample.every: 100 -> 50"],
  ["checkpoint: 100", "checkpoint: 10", "phases.train.checkpoint: 100 -> 10"],
  ["keep: 3", "keep: 1", "phases.train.keep: 3 -> 1"],
  ["columns: 4", "columns: 8", "nodes.grid.params.columns: 4 -> 8"],
  ["steps: 400", "log: [l1.value], steps: 400", 'phases.train.log: (none) -> ["l1.value"]'],
  ["steps: 400, ", "", "phases.train.steps: 400 -> (none)"],
])("allows %s to become %s", (from, to, line) => {
  expect(compareGraphs(graph, graph.replace(from, to))).toEqual({ allowed: [line], refused: [] });
});

test.each([
  ["depth: 2", "depth: 3", "nodes.dit.params.depth: 2 -> 3"],
  ["[1, 2]", "[1, 3]", "nodes.dit.params.sizes: [1,2] -> [1,3]"],
  ["seed: 1", "seed: 2", "seed: 1 -> 2"],
  ["[adam]", "[sgd]", 'phases.train.run: ["adam"] -> ["sgd"]'],
  ["images.image", "images.other", 'nodes.dit.in.x: "images.image" -> "images.other"'],
  ["image: dit.y", "image: dit.z", 'nodes.grid.in.image: "dit.y" -> "dit.z"'],
])("refuses %s to become %s", (from, to, line) => {
  expect(compareGraphs(graph, graph.replace(from, to))).toEqual({ allowed: [], refused: [line] });
});
