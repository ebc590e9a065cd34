import { describe, expect, test } from "@jest/globals";
import { check, firstLines, goodGraph } from "./fake-graph.js";

const withExpect = (...lines: string[]): string => `${goodGraph}expect:\n${lines.map((line) => `  ${line}\n`).join("")}`;
const line = goodGraph.split("\n").length + 1;

describe("expect", () => {
  test("says what edges promise, and stands in the resolved graph", async () => {
    const graph = await check(withExpect("dit.velocity: { finite: true, range: [-8, 8] }", "images.image: { range: [0, 1] }"));
    expect(graph.expect).toMatchObject([
      { edge: { node: "dit", port: "velocity" }, finite: true, range: [-8, 8] },
      { edge: { node: "images", port: "image" }, range: [0, 1] },
    ]);
    expect(graph.resolved).toContain(
      "expect:\n  dit.velocity:\n    finite: true\n    range: [-8, 8]\n  images.image:\n    range: [0, 1]\n",
    );
    expect((await check(graph.resolved)).expect).toMatchObject(graph.expect?.map(({ edge }) => ({ edge })) ?? []);
  });

  test("is absent where a graph promises nothing", async () => {
    expect((await check(goodGraph)).expect).toBeUndefined();
  });

  test.each([
    ["dti.velocity: { finite: true }", `main.yaml:${line}:3 error[G301]: no node "dti"`],
    ["dit.velocty: { finite: true }", `main.yaml:${line}:3 error[G302]: node "dit" (model.dit) has no output "velocty"`],
    [
      "dit.weights: { finite: true }",
      `main.yaml:${line}:3 error[G304]: expect: "dit.weights" carries weights, and a contract is about numbers`,
    ],
    ["dit.velocity: {}", `main.yaml:${line}:17 error[G106]: expect: dit.velocity expects nothing`],
    ["dit.velocity: { finit: true }", `main.yaml:${line}:19 error[G104]: expect: dit.velocity: unknown key "finit"`],
    [
      "dit.velocity: { finite: 1 }",
      `main.yaml:${line}:27 error[G106]: expect: dit.velocity: finite: expected true or false, got 1`,
    ],
    [
      "dit.velocity: { range: [1, -1] }",
      `main.yaml:${line}:26 error[G106]: expect: dit.velocity: range: expected the least and the largest number`,
    ],
    ["dit.velocity: { range: 8 }", `main.yaml:${line}:26 error[G106]: expect: dit.velocity: range: expected a list, got 8`],
  ])("%s is refused", async (text, message) => {
    expect(await firstLines(withExpect(text))).toEqual([message]);
  });
});
