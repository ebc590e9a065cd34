import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Graph } from "../../src/core/graph.js";
import { runGraph } from "../../src/index.js";
import { loadGraph } from "../../src/runtime/load-graph.js";
import { partOf } from "../../src/runtime/partial.js";
import type { Part } from "../../src/runtime/partial.js";
import { UsageError } from "../../src/runtime/usage-error.js";
import { changed, tinyFolder } from "../acceptance/tiny.js";

let graph: Graph;
let folder = "";
beforeAll(async () => {
  folder = await tinyFolder(
    changed(
      ["phases:", "  mean: { type: metric.mean, params: { name: loss }, in: { value: loss.value } }\nphases:"],
      ["  sample: {", "  score: { run: [mean], after: train, steps: 2 }\n  sample: {"],
    ),
  );
  graph = await loadGraph(join(folder, "tiny.yaml"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Phases with what they run and where they stand. */
function phases(part: Part): string[] {
  return partOf(graph, part).phases.map(
    ({ name, run, steps, of, after }) =>
      `${name}: ${run.join()}${steps === undefined ? "" : ` x${steps}`}${of ? ` of ${of}` : ""}${after ? ` after ${after}` : ""}`,
  );
}

describe("a part of a graph", () => {
  test("is the whole where nothing is asked for", () => {
    expect(partOf(graph, {})).toBe(graph);
  });

  test.each<[Part, string[]]>([
    [{ only: ["sample"] }, ["sample: grid"]],
    [{ only: ["mean"] }, ["score: mean x2"]],
    [{ only: ["train", "sample"] }, ["train: adam x20", "sample: grid of train"]],
    [{ until: "train" }, ["train: adam x20", "sample: grid of train"]],
    [{ until: "train:3" }, ["train: adam x3", "sample: grid of train"]],
    [{ to: ["noisy"] }, ["train: noisy x20", "score: noisy x2 after train"]],
    [{ to: ["picture"] }, ["sample: picture"]],
    [{ from: ["images"] }, ["train: adam x20", "score: mean x2 after train", "sample: grid of train"]],
    [{ from: ["classes"] }, ["sample: grid"]],
    [{ from: ["loss"], until: "score" }, ["train: adam x20", "score: mean x2 after train"]],
  ])("%j", (part, expected) => {
    expect(phases(part)).toEqual(expected);
  });

  test.each<[Part, string]>([
    [{ only: ["smaple"] }, '--only: there is no "smaple"; did you mean "sample"?'],
    [{ to: ["nosiy"] }, '--to: there is no "nosiy"; did you mean "noisy"?'],
    [{ until: "train:x" }, "--until train:x: expected a step of at least 1 behind the colon, e.g. train:50"],
    [{ until: "sample" }, '--until: there is no "sample"; there are train, score'],
    [{ from: ["classes"], only: ["train"] }, 'nothing of graph "tiny" is left to run'],
  ])("%j is refused with a cure", (part, message) => {
    expect(() => partOf(graph, part)).toThrow(UsageError);
    expect(() => partOf(graph, part)).toThrow(message);
  });

  test("runs: up to a node without training, and a nested phase by itself", async () => {
    const encoded = await runGraph(graph, {
      backend: "reference",
      runDir: join(folder, "to"),
      part: { to: ["encoder"], until: "train:2" },
    });
    expect(encoded).toMatchObject({ state: "finished", steps: 0 });
    const drawn = await runGraph(graph, { backend: "reference", runDir: join(folder, "only"), part: { only: ["sample"] } });
    expect(drawn).toMatchObject({ state: "finished", steps: 0 });
  });
});
