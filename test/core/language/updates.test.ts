import { expect, test } from "@jest/globals";
import { check, firstLines, goodGraph } from "./fake-graph.js";

const withUpdates = (node: string, updates: string): string => {
  const text = goodGraph.replace(`  ${node}: {`, `  ${node}: { updates: ${updates},`);
  expect(text).not.toBe(goodGraph);
  return text;
};

test("an optimizer may make several updates in a step; the resolved graph says how many", async () => {
  const graph = await check(withUpdates("adam", "3"));
  expect(graph.nodes.find(({ name }) => name === "adam")).toMatchObject({ updates: 3 });
  expect(graph.resolved).toContain("    updates: 3\n");
  expect((await check(graph.resolved)).resolved).toBe(graph.resolved);
});

test("one update is what is meant where nothing is said", async () => {
  expect((await check(withUpdates("adam", "1"))).resolved).toBe((await check(goodGraph)).resolved);
});

test("their number may be a variable, and an override", async () => {
  const text = withUpdates("adam", "${vars.times}").replace("vars: {", "vars: { times: 2,");
  const count = async (overrides: string[]): Promise<unknown> =>
    (await check(text, { overrides })).nodes.find(({ name }) => name === "adam")?.updates;
  expect(await count([])).toBe(2);
  expect(await count(["vars.times=4"])).toBe(4);
  expect(await count(["adam.updates=5"])).toBe(5);
});

test.each([
  ["adam", "0", 'main.yaml:10:20 error[G106]: node "adam": updates: expected a whole number from 1 to 1000, got 0'],
  [
    "adam",
    "two",
    'main.yaml:10:20 error[G106]: node "adam": updates: expected a whole number from 1 to 1000, got "two" (a string)',
  ],
  ["dit", "2", 'main.yaml:8:19 error[G106]: node "dit": a model makes no updates'],
])("%s: { updates: %s } is refused", async (node, updates, message) => {
  expect(await firstLines(withUpdates(node, updates))).toEqual([message]);
});
