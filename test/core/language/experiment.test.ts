import { describe, expect, test } from "@jest/globals";
import { check, goodGraph, mistakes } from "./fake-graph.js";

const sweep = "sweep: { over: { dit.depth: [2, 4], vars.batch: [8] }, seeds: 3 }\n";
const report = (measure = "loss", of = '"2,8"', from = "train/loss"): string => `report:
  title: Depth
  measures: [{ name: loss, from: ${from}, last: 10, theory: { "2,8": 0.5 } }]
  claims:
    - { text: deeper is better, measure: ${measure}, of: ${of}, against: "4,8", expect: higher }
`;

describe("sweep and report", () => {
  test("are read, and written into the resolved graph so that it reads back the same", async () => {
    const graph = await check(`${goodGraph}${sweep}${report()}`);
    expect(graph.sweep).toEqual({
      axes: [
        { path: "dit.depth", values: [2, 4] },
        { path: "vars.batch", values: [8] },
      ],
      seeds: 3,
    });
    expect(graph.report?.claims[0]).toMatchObject({ of: "2,8", against: "4,8", expect: "higher" });
    expect(graph.report).toMatchObject({ curves: [], notes: [], measures: [{ last: 10, theory: { "2,8": 0.5 } }] });
    const again = await check(graph.resolved);
    expect([again.sweep, again.report, again.resolved]).toEqual([graph.sweep, graph.report, graph.resolved]);
  });

  test("settings may have names that stand for several params", async () => {
    const named = "sweep: { over: { size: { small: { dit.depth: 2, vars.batch: 4 }, large: { dit.depth: 8 } } } }\n";
    const plan =
      "report: { title: Size, measures: [{ name: loss, from: train/loss }, { name: size, from: graph/train.parameters }], claims: [{ text: t, measure: loss, of: small, against: { number: 1 }, expect: lower }] }\n";
    const graph = await check(`${goodGraph}${named}${plan}`);
    expect(graph.sweep?.axes).toEqual([
      {
        path: "size",
        values: ["small", "large"],
        sets: { small: { "dit.depth": 2, "vars.batch": 4 }, large: { "dit.depth": 8 } },
      },
    ]);
    const again = await check(graph.resolved);
    expect([again.sweep, again.report]).toEqual([graph.sweep, graph.report]);
  });

  test("can be taken away and set by overrides", async () => {
    const text = `${goodGraph}${sweep}${report()}`;
    const plain = await check(text, { overrides: ["~sweep", "~report"] });
    expect([plain.sweep, plain.report]).toEqual([undefined, undefined]);
    expect((await check(text, { overrides: ["sweep.seeds=5"] })).sweep?.seeds).toBe(5);
  });
});

describe("refused", () => {
  test.each([
    ["an unknown measure", report("los"), 'report.claims.0.measure: no measure "los"', 'did you mean "loss"?'],
    ["a setting that the sweep lacks", report("loss", '"2,9"'), 'report.claims.0.of: the sweep has no setting "2,9"', '"2,8"'],
    [
      "an unknown phase",
      report("loss", '"2,8"', "trian/loss"),
      'report.measures.0.from: no phase "trian"',
      'did you mean "train"?',
    ],
    [
      "an unknown phase of a series",
      "report: { title: T, measures: [{ name: a, from: train/a }], series: [{ name: s, from: scor/a, axis: t }] }\n",
      'report.series.0.from: no phase "scor"',
      "",
    ],
    [
      "a picture of no node",
      "report: { title: T, measures: [{ name: a, from: train/a }], pictures: [{ node: gird, label: l }] }\n",
      'report.pictures.0.node: no node "gird"',
      "",
    ],
    ["an unknown key", `${report()}  measure: []\n`, 'report: unknown key "measure"', 'did you mean "measures"?'],
    ["a wrong value", "report: { title: 5, measures: [] }\n", "report.title expects a text", ""],
  ])("a report with %s", async (_, text, message, cure) => {
    const found = await mistakes(`${goodGraph}${sweep}${text}`);
    expect(found.join("\n")).toContain(message);
    expect(found.join("\n")).toContain(cure);
  });

  test.each([
    ["sweep: { over: { seed: [1, 2] } }", '"seed" is nothing that a sweep can vary', "write sweep: { seeds: 3 }"],
    ["sweep: { over: { dit.depth: 3 } }", "sweep: over.dit.depth: expected a list, got 3", "write dit.depth: [first, second]"],
    ["sweep: { over: { dit.depth: [] } }", "expected values, got an empty list", "give at least one value"],
    ["sweep: { over: { size: { a: 3 } } }", "sweep: over.size.a: expected a map", ""],
    ["sweep: { over: { size: {} } }", "expected settings, got an empty map", "give at least one"],
    ["sweep: { over: { size: { a: { seed: 3 } } } }", '"seed" is nothing that a sweep can set', ""],
    ["sweep: {}", "sweep varies nothing", "add over: { node.param: [first, second] }"],
    ["sweep: { over: { a.b: [1] }, seeds: 0 }", "sweep: seeds: expected", ""],
  ])("%s", async (line, message, cure) => {
    const found = await mistakes(`${goodGraph}${line}\n`);
    expect(found[0]).toContain(message);
    expect(found[0]).toContain(cure);
  });
});
