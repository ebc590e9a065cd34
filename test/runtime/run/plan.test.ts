import { expect, test } from "@jest/globals";
import { z } from "zod";
import { defineNode } from "../../../src/core/define-node.js";
import type { Graph, GraphNode } from "../../../src/core/graph.js";
import { tensor } from "../../../src/core/port.js";
import { planPhase } from "../../../src/runtime/run/plan.js";

const unused = (): Promise<never> => Promise.reject(new Error("never opened"));
const common = { note: "", params: z.object({}) };
const x = { x: tensor("f32[B]") };
const start = defineNode({ ...common, kind: "source", type: "t.start", inputs: {}, outputs: x, open: unused });
const pass = defineNode({ ...common, kind: "map", type: "t.pass", inputs: x, outputs: x, run: ({ x }) => ({ x }) });
const end = defineNode({ ...common, kind: "sink", type: "t.end", inputs: x, outputs: {}, open: unused });

test("a phase may depend on a chain longer than calls may nest", () => {
  const length = 50_000;
  const node = (i: number, def: GraphNode["def"]): GraphNode => {
    const inputs: GraphNode["inputs"] = i > 0 ? { x: { node: `n${i - 1}`, port: "x" } } : {};
    return { name: `n${i}`, def, params: {}, inputs, dims: {}, at: { file: "f", start: 0, end: 0 } };
  };
  const nodes = Array.from({ length }, (_, i) => node(i, i === 0 ? start : i === length - 1 ? end : pass));
  const phase = { name: "show", run: [`n${length - 1}`], checkpoint: 0, keep: 1 };
  const graph: Graph = { name: "long", file: "f", seed: 0, nodes, edges: [], phases: [phase], resolved: "", sources: new Map() };
  const plan = planPhase(graph, phase);
  expect(plan.fixed).toHaveLength(length - 2);
  expect([plan.sources, plan.hosts].map(([found]) => found?.name)).toEqual(["n0", `n${length - 1}`]);
});
