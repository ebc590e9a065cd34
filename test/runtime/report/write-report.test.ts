import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { reportSchema } from "../../../src/core/experiment.js";
import { linePlot } from "../../../src/runtime/report/line-plot.js";
import { judge, meanCurve } from "../../../src/runtime/report/outcome.js";
import type { ReportedRun } from "../../../src/runtime/report/outcome.js";
import { writeReport } from "../../../src/runtime/report/write-report.js";

const claim = { text: "narrow fails", measure: "loss", of: "8", against: "16", expect: "higher" };
const plan = (expected: "lower" | "higher" = "higher") =>
  reportSchema.parse({
    title: "Width",
    axis: "width",
    measures: [{ name: "loss", from: "train/loss", last: 2, label: "last loss", article: { 8: 0.6 }, theory: { 8: 0.5, 16: 0 } }],
    curves: ["train/loss"],
    claims: [{ ...claim, expect: expected }],
    notes: ["small"],
  });
const run = (setting: string, seed: number, ...values: number[]): ReportedRun => ({
  setting,
  seed,
  folder: `runs/${setting}-${seed}`,
  metrics: new Map([["train/loss", values.map((value, i) => ({ step: i + 1, value }))]]),
});
const runs = [run("8", 1, 9, 3, 5), run("8", 2, 9, 4, 5), run("16", 1, 9, 1, 2), run("16", 2, 9, 1, 1)];

let folder = "";
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), "report-"))));
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("verdicts", () => {
  // Means of the last two: 4 and 4.5 against 1.5 and 1; differences 2.5 and 3.5; the interval is 3 ± 12.706 * 0.5.
  test("are unclear where the interval contains zero", () => {
    expect(judge(plan(), runs)).toMatchObject([{ holds: "unclear", difference: { mean: 3, half: 12.706 / 2, count: 2 } }]);
  });

  test("hold or do not where it excludes zero", () => {
    const more = [...runs, run("8", 3, 4, 4), run("16", 3, 1, 1), run("8", 4, 4, 4), run("16", 4, 1, 1)];
    expect(judge(plan("higher"), more)[0]?.holds).toBe("yes");
    expect(judge(plan("lower"), more)[0]).toMatchObject({ holds: "no", text: expect.stringContaining("the opposite") });
  });

  test("compare with a number too", () => {
    const number = { ...plan(), claims: [{ ...claim, against: { number: 1 }, expect: "higher" as const }] };
    const more = [...runs, run("8", 3, 4, 4), run("8", 4, 4, 4)];
    expect(judge(number, more)[0]).toMatchObject({ holds: "yes", base: 1, difference: { count: 4, mean: 3.125 } });
  });

  test("take one metric from another, run by run", () => {
    const given = plan();
    const [measure] = given.measures;
    const minus = { ...given, measures: [{ ...measure, name: "loss", from: "train/loss", last: 2, minus: "train/loss" }] };
    expect(judge(minus, runs)[0]?.difference).toMatchObject({ mean: 0, count: 2 });
    const lacking = { ...given, measures: [{ ...measure, name: "loss", from: "train/loss", minus: "train/other" }] };
    expect(judge(lacking, runs)[0]?.difference.count).toBe(0);
  });

  test("divide by another setting's value of the same seed", () => {
    const given = plan();
    const relative = {
      ...given,
      measures: [{ name: "loss", from: "train/loss", relative: "16" }],
      claims: [{ ...claim, expect: "higher" as const }],
    };
    // Last values: 5 of 2 and 5 of 1 against 1 and 1.
    expect(judge(relative, runs)[0]?.difference).toMatchObject({ mean: 2.75, count: 2 });
  });

  test("say so where there is nothing to compare", () => {
    expect(judge(plan(), [run("8", 1, 1)])[0]?.text).toBe("no pair of runs measured it");
    expect(judge(plan(), [run("8", 1, 1), run("16", 1, 1)])[0]?.text).toContain("run more seeds");
  });
});

test("curves are means over seeds, and over parts of many steps", () => {
  expect(meanCurve("train/loss", "8", runs)).toEqual([
    { x: 1, y: 9 },
    { x: 2, y: 3.5 },
    { x: 3, y: 5 },
  ]);
  expect(meanCurve("train/loss", "8", [run("8", 1, 1, 3, 5, 7)], 2)).toEqual([
    { x: 1.5, y: 2 },
    { x: 3.5, y: 6 },
  ]);
});

test("a report holds verdict, numbers beside those of others, plots and what is missing", async () => {
  await writeReport(folder, {
    plan: plan(),
    settings: ["8", "16", "32"],
    runs,
    facts: ["two seeds"],
    missing: ["run 32 has not finished"],
  });
  expect((await readdir(folder)).sort()).toEqual(
    ["loss.png", "loss.svg", "report.json", "report.md", "train-loss.png", "train-loss.svg"].sort(),
  );
  const text = await readFile(join(folder, "report.md"), "utf8");
  expect(text).toContain("**Not complete:** run 32 has not finished.");
  expect(text).toContain(
    "narrow fails — **not shown: the interval of 2 pairs of runs contains zero**. loss of 8 minus 16: 3 ± 6.4 (+240%).",
  );
  expect(text).toContain("| width | mean and 95% interval | runs | article | theory |");
  expect(text).toContain("| 8 | 4.25 ± 3.2 | 2 | 0.6 | 0.5 |");
  expect(text).toContain("| 32 | – | 0 |  |  |");
  const json = JSON.parse(await readFile(join(folder, "report.json"), "utf8")) as Record<string, unknown>;
  expect(json).toMatchObject({ verdicts: [{ holds: "unclear" }], tables: [{ cells: [{ value: { mean: 4.25 } }, {}, {}] }] });
  // PNG: 8 bytes of signature, then width and height of twice the plot's.
  const png = await readFile(join(folder, "loss.png"));
  expect([png.toString("latin1", 1, 4), png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual(["PNG", 1520, 920]);
});

test("a series has a column for each setting and those of others; pictures are those of the first seed", async () => {
  const scored = (setting: string, seed: number, low: number, high: number): ReportedRun => ({
    setting,
    seed,
    folder: `runs/${setting}-${seed}`,
    metrics: new Map([
      ["score/loss@0.1", [{ step: 1, value: low }]],
      ["score/loss@0.5", [{ step: 1, value: high }]],
    ]),
  });
  const samples = join(folder, "runs/8-1/samples");
  await mkdir(samples, { recursive: true });
  for (const step of ["00000001", "00000002"]) await writeFile(join(samples, `step-${step}-grid.png`), "");
  await writeReport(join(folder, "reports"), {
    plan: reportSchema.parse({
      title: "Width",
      axis: "width",
      measures: [{ name: "loss", from: "score/loss" }],
      series: [{ name: "by_time", from: "score/loss", axis: "time", article: { "article 8": { 0.5: 9, 0.9: 7 } } }],
      pictures: [{ node: "grid", label: "Samples" }],
    }),
    settings: ["8", "16"],
    runs: [scored("8", 1, 1, 2), scored("8", 2, 1, 2), scored("16", 1, 3, 4)],
    facts: [],
    missing: [],
  });
  const text = await readFile(join(folder, "reports/report.md"), "utf8");
  expect(text).toContain("| time | width 8 | width 16 | article 8 |");
  expect(text).toContain("| 0.1 | 1 | 3 |  |\n| 0.5 | 2 | 4 | 9 |\n| 0.9 |  |  | 7 |");
  expect(text).toContain("![8](../runs/8-1/samples/step-00000002-grid.png)");
  expect(await readdir(join(folder, "reports"))).toEqual(expect.arrayContaining(["by_time.png", "by_time.svg"]));
});

describe("a plot", () => {
  const line = (y: number) => ({ name: "a < b & c", points: [{ x: 0, y }, { x: 1, y: 1, half: 0.5 }] }); // prettier-ignore

  test("places points by its axes, draws intervals and escapes texts", () => {
    const svg = linePlot({ title: "a < b & c", x: "x", y: "y", lines: [line(0)] });
    // x runs from 78 to 736; y from 396 up to 48 for 0 to 1.5.
    expect(svg).toContain('<polyline points="78,396 736,164"');
    expect(svg).toContain('<line x1="736" y1="280" x2="736" y2="48"');
    expect(svg).toContain("a &lt; b &amp; c");
  });

  test("has marks side by side, and no lines, where the axis has names", () => {
    const svg = linePlot({ title: "T", x: "x", y: "y", names: ["DiT", "DiT-DH"], lines: [line(0), { ...line(6e8), name: "b" }] });
    expect(svg).not.toContain("<polyline");
    expect(svg.match(/<circle/g)).toHaveLength(4);
    expect(svg).toContain(">600M</text>");
  });

  test("parts long titles and labels into rows", () => {
    const long = Array.from({ length: 12 }, () => "distance").join(" ");
    const svg = linePlot({ title: long, x: "x", y: long, lines: [line(0)] });
    expect(svg.match(/font-weight="bold"/g)).toHaveLength(2);
    expect(svg.match(/rotate\(-90\)/g)).toHaveLength(3);
  });

  test("names its lines beside it where there are several", () => {
    const svg = linePlot({ title: "T", x: "x", y: "y", legend: "width", lines: [line(0), { ...line(1), name: "other" }] });
    // The longer name takes 32 + 7 * 9 pixels, 26 of space: x ends at 760 - 121.
    expect(svg).toContain('<polyline points="78,396 639,164"');
    expect(svg).toMatch(/<text x="655" y="58"[^>]*>width<.text>/);
    expect(svg).toMatch(/<text x="687" y="80"[^>]*>a &lt; b &amp; c<.text>/);
  });

  test("leaves out what is no number, and refuses to show nothing", () => {
    expect(linePlot({ title: "T", x: "x", y: "y", lines: [line(NaN)] })).not.toContain("NaN");
    expect(() => linePlot({ title: "T", x: "x", y: "y", lines: [] })).toThrow('plot "T" has no points');
  });
});
