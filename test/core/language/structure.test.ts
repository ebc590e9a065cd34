import { describe, expect, test } from "@jest/globals";
import { firstLines, goodGraph, mistakes } from "./fake-graph.js";

const node = "nodes: { images: { type: data.images, params: { file: a } } }";

describe("a text that is no graph", () => {
  test.each([
    ["nothing", "", "main.yaml:1:1 error[G102]: the file is empty"],
    ["a comment", "# later\n", "main.yaml:1:1 error[G102]: the file is empty"],
    ["a list", "- a\n", "main.yaml:1:1 error[G106]: expected a map with name and nodes, got a list"],
    ["a sentence", "hello", 'main.yaml:1:1 error[G106]: expected a map with name and nodes, got "hello" (a string)'],
    ["bytes", "PNG\u0000\u0001", "main.yaml:1:4 error[G102]: the file is no text"],
    ["hidden braces", "name: \ufdd0", "main.yaml:1:7 error[G102]: the file is no text"],
    ["another YAML", `%YAML 1.1\n---\nname: a\n${node}`, "main.yaml:1:1 error[G101]: a graph is YAML 1.2, the file says 1.1"],
    ["a tag", `name: !secret a\n${node}`, "main.yaml:1:7 error[G101]: not valid YAML: Unresolved tag: !secret"],
    ["a tab", "name: a\nnodes:\n\ta: b\n", "main.yaml:3:1 error[G101]: not valid YAML: Tabs are not allowed as indentation"],
    ["a map as key", `name: a\n? [x]\n: y\n${node}`, "main.yaml:2:3 error[G106]: expected a name as key"],
  ])("%s", async (_what, text, line) => {
    expect(await firstLines(text)).toEqual([line]);
  });

  test("two documents in one file are refused at the second", async () => {
    const [first] = await firstLines("name: a\n---\nname: b\n");
    expect(first).toMatch(/^main\.yaml:2:1 error\[G101\]: not valid YAML: /);
  });
});

describe("bounds", () => {
  test("5 MB of brackets are refused by their size", async () => {
    expect(await firstLines("[".repeat(5_000_000))).toEqual([
      "main.yaml:1:1 error[G105]: the file is too large: at most 1 MB is read, it has 5.0 MB",
    ]);
  });

  test("the 65th bracket, dash or indent is refused where it stands", async () => {
    const deep = "error[G105]: maps and lists are nested over 64 deep";
    expect(await firstLines(`a: ${"[".repeat(900_000)}`)).toEqual([`main.yaml:1:68 ${deep}`]);
    expect(await firstLines("- ".repeat(100))).toEqual([`main.yaml:1:129 ${deep}`]);
    const steps = Array.from({ length: 70 }, (_, i) => `${" ".repeat(i)}a:`).join("\n");
    expect(await firstLines(steps)).toEqual([`main.yaml:65:65 ${deep}`]);
  });

  test("brackets in quotes, comments and words are no nesting", async () => {
    const many = "[".repeat(100);
    const text = `name: a # ${many}\nnote: "${many}"\n${node}`;
    expect(await firstLines(text)).toEqual([]);
    expect(await firstLines(text.replace(`"${many}"`, `'it''s ${many}'`))).toEqual([]);
    expect(await firstLines(text.replace(`"${many}"`, `see ${many}`))).toEqual([]);
  });

  test("aliases that multiply are refused", async () => {
    const level = (name: string, of: string): string =>
      `  ${name}: &${name} [${Array.from({ length: 10 }, () => `*${of}`).join(", ")}]\n`;
    const text = `name: a\nvars:\n  a: &a [x, x, x, x, x, x, x, x, x, x]\n${level("b", "a")}${level("c", "b")}${level("d", "c")}${level("e", "d")}${level("f", "e")}${node}`;
    const [line, ...others] = await firstLines(text);
    expect(line).toMatch(
      /^main\.yaml:\d+:\d+ error\[G105\]: alias ".": repeats|^main\.yaml:\d+:\d+ error\[G105\]: alias "." repeats too much$/,
    );
    expect(others).toEqual([]);
  });

  test("a few aliases are fine, one of itself or of nothing is not", async () => {
    expect(await firstLines("name: a\nnodes: { a: &a { type: data.images, params: { file: a } }, b: *a }")).toEqual([]);
    expect(await firstLines(`name: a\nvars: { a: &a [*a] }\n${node}`)).toEqual([
      'main.yaml:2:16 error[G101]: alias "a" names no anchor before it',
    ]);
  });
});

describe("keys", () => {
  test("a key that stands twice is shown with the first", async () => {
    expect(await mistakes(`name: a\nname: b\n${node}`)).toEqual([
      `main.yaml:2:1 error[G103]: key "name" stands twice
    2 | name: b
      | ^^^^
main.yaml:1:1 note: the first is here
    1 | name: a
      | ^^^^`,
    ]);
    expect(await firstLines("name: a\nnodes: { a: { type: data.images, params: { file: a } }, a: {} }")).toEqual([
      'main.yaml:2:57 error[G103]: key "a" stands twice',
    ]);
  });

  test("a misspelt key is one mistake, not also a missing one", async () => {
    expect(await mistakes(`nmae: a\n${node}`)).toEqual([
      `main.yaml:1:1 error[G104]: graph: unknown key "nmae"
    1 | nmae: a
      | ^^^^
      = did you mean "name"?`,
    ]);
  });

  test.each([
    ["no name", node, "main.yaml:1:1 error[G107]: the graph has no name"],
    ["no nodes", "name: a\n", "main.yaml:1:1 error[G107]: the graph has no nodes"],
    ["no value for nodes", "name: a\nnodes:\n", "main.yaml:2:1 error[G107]: the graph has no nodes"],
    ["a list of nodes", "name: a\nnodes: [a]\n", "main.yaml:2:8 error[G106]: nodes: expected a map, got a list"],
    ["a name with a slash", `name: a/b\n${node}`, 'main.yaml:1:7 error[G108]: "a/b" is no name for a graph'],
    [
      "a negative seed",
      `name: a\nseed: -1\n${node}`,
      "main.yaml:2:7 error[G106]: seed: expected a whole number from 0 to 4294967295, got -1",
    ],
    [
      "a large seed",
      `name: a\nseed: 4294967296\n${node}`,
      "main.yaml:2:7 error[G106]: seed: expected a whole number from 0 to 4294967295, got 4294967296",
    ],
    ["a note of numbers", `name: a\nnote: 3\n${node}`, "main.yaml:2:7 error[G106]: note: expected a text, got 3"],
    ["a graph with inputs", `name: a\ninputs: {}\n${node}`, 'main.yaml:2:1 error[G104]: graph: unknown key "inputs"'],
    ["a node of text", "name: a\nnodes: { a: b }", 'main.yaml:2:13 error[G106]: node "a": expected a map, got "b" (a string)'],
    ["a node without type", "name: a\nnodes: { a: { params: {} } }", 'main.yaml:2:10 error[G107]: node "a" has no type'],
    [
      "a number as type",
      "name: a\nnodes: { a: { type: 3 } }",
      'main.yaml:2:21 error[G106]: node "a": type: expected a text, got 3',
    ],
    [
      "a node named by number",
      "name: a\nnodes: { 1c: { type: out.show } }",
      'main.yaml:2:10 error[G108]: "1c" is no name for a node',
    ],
    [
      "a node named inputs",
      "name: a\nnodes: { inputs: {} }",
      'main.yaml:2:10 error[G108]: "inputs" is no name for a node: it stands for what an included file is given',
    ],
    [
      "params of text",
      "name: a\nnodes: { a: { type: data.images, params: x } }",
      'main.yaml:2:42 error[G106]: node "a": params: expected a map, got "x" (a string)',
    ],
    [
      "an unknown node key",
      "name: a\nnodes: { a: { type: data.images, params: { file: a }, ni: {} } }",
      'main.yaml:2:55 error[G104]: node "a": unknown key "ni"',
    ],
  ])("%s", async (_what, text, line) => {
    expect(await firstLines(text)).toEqual([line]);
  });

  test("`no` stays a text, as YAML 1.2 has it", async () => {
    expect(await firstLines(`name: no\nnote: yes\n${node}`)).toEqual([]);
  });
});

describe("a graph with several mistakes", () => {
  test("all are told in one pass, in the order of the text", async () => {
    const wrong = goodGraph
      .replace("seed: 7", "sede: 7")
      .replace("flow.time,", "flow.tmie,")
      .replace("input_size: 4", "input_size: 0, depht: 12")
      .replace("loss.value", "loss.valeu")
      .replace("every: 50", "every: 0");
    expect(await firstLines(wrong)).toEqual([
      'main.yaml:2:1 error[G104]: graph: unknown key "sede"',
      'main.yaml:7:17 error[G201]: node "time": unknown type "flow.tmie"',
      'main.yaml:8:49 error[G203]: node "dit": param "input_size" expects a whole number of at least 1, got 0',
      'main.yaml:8:52 error[G104]: node "dit": unknown param "depht"',
      'main.yaml:10:41 error[G302]: node "loss" (flow.loss) has no output "valeu"',
      'main.yaml:15:33 error[G106]: phase "sample": every: expected a whole number of at least 1, got 0',
    ]);
  });

  test("after 20 the rest is counted", async () => {
    const keys = Array.from({ length: 25 }, (_, i) => `zzzz${i}: 1\n`).join("");
    const lines = await firstLines(`name: a\n${keys}${node}`);
    expect(lines).toHaveLength(21);
    expect(lines[19]).toBe('main.yaml:21:1 error[G104]: graph: unknown key "zzzz19"');
    expect(lines[20]).toBe("error[G100]: 5 more problems");
  });
});
