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

  test("that train may log outputs, an included file's too; the resolved graph says which", async () => {
    const text = withPhases("train: { run: [adam], log: [loss.value, time] }");
    const graph = await check(text);
    const log = [
      { node: "loss", port: "value" },
      { node: "time", port: "t" },
    ];
    expect(graph.phases).toMatchObject([{ run: ["adam"], log }]);
    expect(graph.resolved).toContain("    run: [adam]\n    log: [loss.value, time.t]\n");
    expect((await check(graph.resolved)).phases).toEqual(graph.phases);
    const part =
      'outputs: { t: time.t }\ninputs: { z: "f32[B,...]" }\nnodes: { time: { type: flow.time, in: { like: inputs.z } } }';
    const included = text
      .replace("time: { type: flow.time, in: { like: encoder.z } }", "times: { use: ./part.yaml, in: { z: encoder.z } }")
      .replace("t: time.t", "t: times.t")
      .replace("log: [loss.value, time]", "log: [times.t]");
    const { phases } = await check(included, { files: { "/graphs/part.yaml": part } });
    expect(phases).toMatchObject([{ log: [{ node: "times/time", port: "t" }] }]);
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
      "a log of an unknown node",
      ["train: { run: [adam], log: [los.value] }"],
      'main.yaml:14:31 error[G301]: no node "los"',
      'did you mean "loss"?',
    ],
    [
      "a log of an unknown output",
      ["train: { run: [adam], log: [loss.valeu] }"],
      'main.yaml:14:31 error[G302]: node "loss" (flow.loss) has no output "valeu"',
      'did you mean "value"?',
    ],
    [
      "a log of weights",
      ["train: { run: [adam], log: [dit.weights] }"],
      'main.yaml:14:31 error[G304]: phase "train": log: "dit.weights" carries weights, and a log is of f32 numbers',
      "name an output whose type starts with f32",
    ],
    [
      "a log of labels",
      ["train: { run: [adam], log: [images.label] }"],
      'main.yaml:14:31 error[G304]: phase "train": log: "images.label" carries i32[B], and a log is of f32 numbers',
      "name an output whose type starts with f32",
    ],
    [
      "a log of what is not computed",
      ["train: { run: [adam], log: [loss.value, sampler.z] }"],
      'main.yaml:14:43 error[G505]: phase "train" logs "sampler.z", which none of its targets needs',
      "take it out of the log, or let the phase run what needs it",
    ],
    [
      "an output that is logged twice",
      ["train: { run: [adam], log: [time, time.t] }"],
      'main.yaml:14:37 error[G103]: phase "train" logs "time.t" twice',
      undefined,
    ],
    [
      "a log that is no list",
      ["train: { run: [adam], log: loss.value }"],
      'main.yaml:14:30 error[G106]: phase "train": log: expected a list, got "loss.value" (a string)',
      "write log: [node.port]",
    ],
    [
      "a log of a phase that does not train",
      ["show: { run: [show], log: [sampler.z] }"],
      'main.yaml:14:24 error[G505]: phase "show" trains nothing, and a log is of training steps',
      "let the phase run a reducer, such as metric.mean",
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
