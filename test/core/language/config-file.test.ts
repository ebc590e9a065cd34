import { expect, test } from "@jest/globals";
import { z } from "zod";
import { defineNode } from "../../../src/core/define-node.js";
import { configFile } from "../../../src/core/params.js";
import { check, firstLines, mistakes } from "./fake-graph.js";

const published = defineNode({
  kind: "source",
  type: "data.published",
  note: "Sized by a published configuration.",
  inputs: {},
  outputs: {},
  params: z.object({
    config: configFile().optional(),
    hidden_size: z.number().int().min(1).default(8),
    depth: z.number().int().min(1),
  }),
  open: () => Promise.reject(new Error("the checker runs no node")),
});

const graph = (params: string): string => `name: a\nnodes: { n: { type: data.published, params: { ${params} } } }`;
const options = (config: string): { files: Record<string, string>; extra: [typeof published] } => ({
  files: { "/graphs/m/config.json": config },
  extra: [published],
});

test("a config.json fills what the graph leaves out; the graph wins; other keys are ignored", async () => {
  const config = '{"hidden_size": 768, "depth": 12, "model_type": "x"}';
  const { nodes, resolved } = await check(graph("config: m/config.json, depth: 2"), options(config));
  expect(nodes[0]?.params).toEqual({ hidden_size: 768, depth: 2 });
  // The values stand in the resolved graph, so that it needs the file no more.
  expect(resolved).toContain("hidden_size: 768");
  expect(resolved).not.toContain("config.json");
});

test("a part of the file is named behind #", async () => {
  const config = '{"model": {"hidden_size": 16, "depth": 3}, "guide": {"hidden_size": 4, "depth": 1}}';
  const { nodes } = await check(graph("config: m/config.json#guide"), options(config));
  expect(nodes[0]?.params).toEqual({ hidden_size: 4, depth: 1 });
  expect((await firstLines(graph("config: m/config.json#ema, depth: 1"), options(config)))[0]).toContain(
    'it has no part "ema"; its parts are model, guide',
  );
});

test("params are found below vision_config, config, params and model", async () => {
  for (const part of ["vision_config", "config", "params", "model"]) {
    const config = `{"${part}": {"hidden_size": 16, "depth": 3}, "depth": null}`;
    const { nodes } = await check(graph("config: m/config.json"), options(config));
    expect(nodes[0]?.params).toEqual({ hidden_size: 16, depth: 3 });
  }
});

test("a file that is missing, no JSON or holds a wrong value is told at its place in the graph", async () => {
  expect((await firstLines(graph("config: m/other.json, depth: 1"), options("{}")))[0]).toBe(
    'main.yaml:2:55 error[G403]: node "n": /graphs/m/other.json: no such file: /graphs/m/other.json',
  );
  const [broken] = await mistakes(graph("config: m/config.json, depth: 1"), options("[1]"));
  expect(broken).toContain("expected a JSON object");
  expect(broken).toContain("= give a model's config.json, or leave it out and set the params here");
  const [wrong, ...others] = await firstLines(graph("config: m/config.json"), options('{"depth": "deep"}'));
  expect(wrong).toMatch(/^main.yaml:2:55 error\[G203\]: node "n": \/graphs\/m\/config.json: param "depth": invalid input/);
  expect(others).toEqual([]);
});
