import { describe, expect, test } from "@jest/globals";
import { check, firstLines, mistakes } from "./fake-graph.js";

/** A graph of one source with these vars and params. */
const graph = (vars: string, params: string): string => `name: a
vars: { ${vars} }
nodes: { images: { type: data.images, params: { ${params} } } }
`;
const paramsOf = async (text: string): Promise<unknown> => (await check(text)).nodes[0]?.params;

describe("references to variables", () => {
  test("a whole value keeps its type, quoted or not", async () => {
    const expected = { file: "/graphs/a", more: [], batch: 8, size: 32 };
    expect(await paramsOf(graph("b: 8, s: 32", 'file: a, batch: ${vars.b}, size: "${vars.s}"'))).toEqual(expected);
  });

  test("a list is put in whole", async () => {
    expect(await paramsOf(graph("l: [b, c]", "file: a, more: ${vars.l}"))).toMatchObject({ more: ["/graphs/b", "/graphs/c"] });
  });

  test("inside a text it becomes text", async () => {
    expect(await paramsOf(graph("n: 3, d: data", "file: ${vars.d}/part-${vars.n}.bin"))).toMatchObject({
      file: "/graphs/data/part-3.bin",
    });
  });

  test("variables may use each other, in any order", async () => {
    expect(await paramsOf(graph('a: "${vars.b}/x", b: "${vars.c}", c: set', "file: ${vars.a}"))).toMatchObject({
      file: "/graphs/set/x",
    });
  });

  test("they work in seed, name, edges and phases", async () => {
    const text = `name: \${vars.n}
seed: \${vars.s}
vars: { n: run, s: 5, from: images, steps: 9 }
nodes:
  images: { type: data.images, params: { file: a } }
  show: { type: out.show, in: { value: "\${vars.from}.image" } }
phases: { look: { run: [show], steps: \${vars.steps} } }
`;
    const { name, seed, phases, edges } = await check(text);
    expect([name, seed, phases[0]?.steps, edges[0]?.from.node]).toEqual(["run", 5, 9, "images"]);
  });
});

describe("refused", () => {
  test.each([
    ["an unknown name", graph("batch: 8", "file: a, batch: ${vars.bach}"), 'main.yaml:3:65 error[G109]: no variable "bach"'],
    ["a name inside a text", graph("d: x", "file: ${vars.q}/a"), 'main.yaml:3:55 error[G109]: no variable "q"'],
    [
      "a circle",
      graph('a: "${vars.b}", b: "${vars.a}"', "file: a"),
      "main.yaml:2:29 error[G110]: variables refer to each other in a circle: a -> b -> a",
    ],
    [
      "itself",
      graph('a: "${vars.a}"', "file: ${vars.a}"),
      "main.yaml:2:13 error[G110]: variables refer to each other in a circle: a -> a",
    ],
    [
      "no variable at all",
      graph("size: 3", "file: a, size: ${size}"),
      'main.yaml:3:64 error[G111]: "${size}" is no reference to a variable',
    ],
    [
      "an open brace",
      graph("size: 3", 'file: "a${vars.size"'),
      'main.yaml:3:57 error[G111]: "${vars.size" is no reference to a variable',
    ],
    [
      "a map as value",
      graph("m: { x: 1 }", "file: a"),
      'main.yaml:2:12 error[G106]: variable "m": expected one value or a list, got a map',
    ],
    [
      "a list in a text",
      graph("l: [1]", "file: a${vars.l}"),
      'main.yaml:3:55 error[G106]: "${vars.l}" is a list and cannot stand inside a text',
    ],
    ["a name with a space", graph("a b: 1", "file: a"), 'main.yaml:2:9 error[G108]: "a b" is no name for a variable'],
  ])("%s", async (_what, text, line) => {
    expect(await firstLines(text)).toEqual([line]);
  });

  test("a bare name that is a variable is suggested in full", async () => {
    const [text] = await mistakes(graph("size: 3", "file: a, size: ${size}"));
    expect(text?.split("\n").at(-1)).toBe('      = did you mean "${vars.size}"?');
  });

  test("variables that double each other end before they fill memory", async () => {
    const names = [..."abcdefghijklmnopqrstuvwxyz"];
    const vars = names
      .map((name, i) => `${name}: "${i === 0 ? "xxxxxxxxxx" : `\${vars.${names[i - 1]}}`.repeat(10)}"`)
      .join(", ");
    expect(await firstLines(graph(vars, "file: ${vars.z}"))).toEqual([
      expect.stringMatching(/^main\.yaml:2:\d+ error\[G105\]: variables make the graph too large$/),
    ]);
  });
});
