import { describe, expect, test } from "@jest/globals";
import { check, firstLines, goodGraph, mistakes } from "./fake-graph.js";

const nodes = goodGraph.slice(0, goodGraph.indexOf("phases:"));
const withPhases = (...lines: string[]): string => `${nodes}phases:\n${lines.map((line) => `  ${line}\n`).join("")}`;
const train = "train: { run: [adam], steps: 5 }";

describe("phases", () => {
  test("that train keep checkpoints, others do not", async () => {
    expect((await check(goodGraph)).phases).toEqual([
      { name: "train", run: ["adam"], steps: 100, checkpoint: 500, keep: 3 },
      { name: "sample", run: ["show"], steps: 1, every: 50, of: "train", checkpoint: 0, keep: 3 },
    ]);
  });

  test("may say all of it", async () => {
    const text = withPhases(
      "train: { run: [adam, show], checkpoint: 10, keep: 1 }",
      "score: { run: [show], after: train }",
      "first: { run: [show], before: train, steps: 2 }",
    );
    expect((await check(text)).phases).toEqual([
      { name: "train", run: ["adam", "show"], checkpoint: 10, keep: 1 },
      { name: "score", run: ["show"], after: "train", checkpoint: 0, keep: 3 },
      { name: "first", run: ["show"], before: "train", steps: 2, checkpoint: 0, keep: 3 },
    ]);
  });

  test("left out are one, of everything that can be a target", async () => {
    const expected = [{ name: "run", run: ["adam", "show"], checkpoint: 500, keep: 3 }];
    expect((await check(nodes)).phases).toEqual(expected);
    expect((await check(`${nodes}phases: {}\n`)).phases).toEqual(expected);
    expect((await check("name: a\nnodes: { images: { type: data.images, params: { file: a } } }")).phases).toEqual([]);
  });
});

describe("refused", () => {
  test.each([
    ["no target at all", ["train: {}"], 'main.yaml:14:3 error[G107]: phase "train" does not say what it runs', "add run: [adam]"],
    [
      "an empty list",
      ["train: { run: [] }"],
      'main.yaml:14:17 error[G501]: phase "train" runs nothing',
      "targets of this graph: adam and show",
    ],
    [
      "a text for a list",
      ["train: { run: adam }"],
      'main.yaml:14:17 error[G106]: phase "train": run: expected a list, got "adam" (a string)',
      "write run: [node]",
    ],
    [
      "an unknown target",
      ["train: { run: [adma] }"],
      'main.yaml:14:18 error[G501]: phase "train": no node "adma"',
      'did you mean "adam"?',
    ],
    [
      "a target that is none",
      ["train: { run: [dit] }"],
      'main.yaml:14:18 error[G502]: phase "train": node "dit" is a model, and a phase runs sinks, reducers and optimizers',
      "targets of this graph: adam and show",
    ],
    [
      "a target twice",
      ["train: { run: [adam, adam] }"],
      'main.yaml:14:24 error[G103]: phase "train" runs "adam" twice',
      undefined,
    ],
    [
      "no steps",
      ["train: { run: [adam], steps: 0 }"],
      'main.yaml:14:32 error[G106]: phase "train": steps: expected a whole number of at least 1, got 0',
      undefined,
    ],
    [
      "an unknown key",
      ["train: { run: [adam], stesp: 5 }"],
      'main.yaml:14:25 error[G104]: phase "train": unknown key "stesp"',
      'did you mean "steps"?',
    ],
    [
      "nothing kept",
      ["train: { run: [adam], keep: 0 }"],
      'main.yaml:14:31 error[G106]: phase "train": keep: expected a whole number of at least 1, got 0',
      undefined,
    ],
    [
      "a negative checkpoint",
      ["train: { run: [adam], checkpoint: -1 }"],
      'main.yaml:14:37 error[G106]: phase "train": checkpoint: expected a whole number of at least 0, got -1',
      undefined,
    ],
    [
      "a name with a slash",
      ["a/b: { run: [adam] }"],
      'main.yaml:14:3 error[G108]: "a/b" is no name for a phase',
      "use letters, digits, _ and -, a letter first",
    ],
    [
      "inside, without how often",
      [train, "s: { run: [show], of: train }"],
      'main.yaml:15:21 error[G503]: phase "s" runs inside "train" and does not say how often',
      "add every: 100",
    ],
    [
      "training inside training",
      [train, "s: { run: [adam], every: 5, of: train }"],
      'main.yaml:15:31 error[G503]: phase "s" trains "adam" inside "train"',
      "write before: train or after: train",
    ],
    [
      "how often, without inside",
      [train, "s: { run: [show], every: 5 }"],
      'main.yaml:15:21 error[G503]: phase "s" says how often and not inside which phase',
      "add of: a phase that trains",
    ],
    [
      "inside what does not train",
      [train, "a: { run: [show] }", "s: { run: [show], every: 5, of: a }"],
      'main.yaml:16:35 error[G503]: phase "s" runs inside "a", which trains nothing',
      "phases that train: train",
    ],
    [
      "inside nothing",
      [train, "s: { run: [show], every: 5, of: trian }"],
      'main.yaml:15:35 error[G501]: phase "s": no phase "trian"',
      'did you mean "train"?',
    ],
    [
      "after nothing",
      [train, "s: { run: [show], after: all }"],
      'main.yaml:15:28 error[G501]: phase "s": no phase "all"',
      "there are train and s",
    ],
    [
      "two relations",
      [train, "s: { run: [show], after: train, before: train }"],
      'main.yaml:15:35 error[G503]: phase "s" has both "after" and "before"',
      "keep one of them",
    ],
    [
      "after a phase inside another",
      [train, "i: { run: [show], every: 5, of: train }", "s: { run: [show], after: i }"],
      'main.yaml:16:28 error[G503]: phase "s" waits for "i", which runs inside "train"',
      "write after: train",
    ],
    [
      "a circle",
      [train, "a: { run: [show], after: b }", "b: { run: [show], after: a }"],
      "main.yaml:15:3 error[G504]: phases wait for each other in a circle: a -> b -> a",
      "take one of these relations out",
    ],
    [
      "itself",
      ["t: { run: [adam], after: t }"],
      "main.yaml:14:3 error[G504]: phases wait for each other in a circle: t -> t",
      "take one of these relations out",
    ],
  ])("%s", async (_what, lines, line, cure) => {
    const [first, ...others] = await mistakes(withPhases(...lines));
    expect(others).toEqual([]);
    expect(first?.split("\n")[0]).toBe(line);
    if (cure !== undefined) expect(first).toContain(`      = ${cure}`);
  });

  test("a list of phases", async () => {
    expect(await firstLines(`${nodes}phases: [a]\n`)).toEqual(["main.yaml:13:9 error[G106]: phases: expected a map, got a list"]);
  });

  test("a misspelt optimizer is one mistake, though a phase runs inside it", async () => {
    expect(await firstLines(withPhases("train: { run: [adma] }", "s: { run: [show], every: 5, of: train }"))).toEqual([
      'main.yaml:14:18 error[G501]: phase "train": no node "adma"',
    ]);
  });
});
