import { join } from "node:path";
import type { Measure, ReportPlan, Series } from "../../core/experiment.js";
import { writeAtomic } from "../../nodes/files/write-atomic.js";
import { linePlot } from "./line-plot.js";
import type { Plot, PlotPoint } from "./line-plot.js";
import { reportMarkdown } from "./markdown.js";
import { cellsOf, judge, linesOf, meanCurve } from "./outcome.js";
import type { Cell, ReportedRun, SeriesPoint, Verdict } from "./outcome.js";
import { findPictures } from "./pictures.js";

/** What a report is made of. */
export interface ReportInput {
  readonly plan: ReportPlan;
  /** All settings in their order, also those of which no run has ended. */
  readonly settings: readonly string[];
  readonly runs: readonly ReportedRun[];
  readonly facts: readonly string[];
  readonly missing: readonly string[];
}

/**
 * Writes report.md, report.json and each plot as SVG and PNG into a folder; gives the verdicts. Plots are left out where no run measured
 * what they show.
 */
export async function writeReport(folder: string, input: ReportInput): Promise<readonly Verdict[]> {
  const { plan, settings, runs, facts, missing } = input;
  const tables = plan.measures.map((measure) => ({ measure, cells: cellsOf(measure, settings, runs) }));
  const series = plan.series.map((each) => ({ series: each, lines: linesOf(each, settings, runs) }));
  const verdicts = judge(plan, runs);
  const shown = await findPictures(folder, plan.pictures, settings, runs);
  const pictures: { file: string; shows: string }[] = [];
  const draw = async (name: string, plot: Plot): Promise<void> => {
    if (plot.lines.every(({ points }) => points.every(({ x, y }) => !Number.isFinite(x + y)))) return;
    const svg = linePlot(plot);
    await writeText(join(folder, `${name}.svg`), svg);
    await writeAtomic(join(folder, `${name}.png`), [await toPng(svg)]);
    pictures.push({ file: `${name}.png`, shows: plot.title });
  };
  for (const { measure, cells } of tables) await draw(fileName(measure.name), measurePlot(measure, cells, plan));
  for (const each of series) await draw(fileName(each.series.name), seriesPlot(each.series, each.lines, plan));
  for (const metric of plan.curves)
    await draw(fileName(metric), {
      title: `${metric}, mean over seeds`,
      x: "step",
      y: metric,
      ...(plan.axis === undefined ? {} : { legend: plan.axis }),
      lines: settings.map((setting) => ({ name: setting === "" ? "all" : setting, points: meanCurve(metric, setting, runs) })),
    });
  await writeText(join(folder, "report.md"), reportMarkdown({ plan, tables, series, verdicts, shown, pictures, facts, missing }));
  await writeText(
    join(folder, "report.json"),
    `${JSON.stringify({ title: plan.title, tables, series: series.map(seriesJson), verdicts, facts, missing, runs: runs.map(brief) }, undefined, 2)}\n`,
  );
  return verdicts;
}

/** An SVG document as a PNG picture of twice its size. */
export async function toPng(svg: string): Promise<Uint8Array> {
  const { Resvg } = await import("@resvg/resvg-js");
  return new Resvg(svg, { fitTo: { mode: "zoom", value: 2 }, font: { loadSystemFonts: true } }).render().asPng();
}

function measurePlot(measure: Measure, cells: readonly Cell[], plan: ReportPlan): Plot {
  const numbers = cells.map(({ setting }) => Number(setting));
  const numeric = cells.length > 1 && cells.every(({ setting }, i) => setting !== "" && Number.isFinite(numbers[i]));
  const x = (i: number): number => (numeric ? (numbers[i] ?? i) : i);
  const label = measure.label ?? measure.name;
  const points = (of: (cell: Cell) => number | undefined): PlotPoint[] =>
    cells.map((cell, i) => ({ x: x(i), y: of(cell) ?? NaN }));
  const lines = [
    { name: "measured", marks: true, points: cells.map(({ value }, i) => ({ x: x(i), y: value.mean, half: value.half })) },
    ...(measure.article ? [{ name: "article", dashed: true, marks: true, points: points(({ article }) => article) }] : []),
    ...(measure.theory ? [{ name: "theory", dashed: true, marks: true, points: points(({ theory }) => theory) }] : []),
  ];
  const names = numeric ? {} : { names: cells.map(({ setting }) => setting) };
  return { title: `${plan.title}: ${label}`, x: plan.axis ?? "setting", y: label, lines, ...names };
}

function seriesPlot(series: Series, lines: ReadonlyMap<string, readonly SeriesPoint[]>, plan: ReportPlan): Plot {
  const label = series.label ?? series.name;
  const others = [...Object.entries(series.article ?? {}), ...Object.entries(series.theory ?? {})];
  return {
    title: `${plan.title}: ${label}`,
    x: series.axis,
    y: label,
    ...(plan.axis === undefined ? {} : { legend: plan.axis }),
    lines: [
      ...[...lines].map(([setting, points]) => ({
        name: setting === "" ? "all" : setting,
        marks: true,
        points: points.map(({ x, value }) => ({ x, y: value.mean, half: value.half })),
      })),
      ...others.map(([name, line]) => ({
        name,
        dashed: true,
        marks: true,
        points: Object.entries(line)
          .map(([x, y]) => ({ x: Number(x), y }))
          .sort((a, b) => a.x - b.x),
      })),
    ],
  };
}

function seriesJson({ series, lines }: { series: Series; lines: ReadonlyMap<string, readonly SeriesPoint[]> }): object {
  return { series, lines: Object.fromEntries(lines) };
}

function fileName(name: string): string {
  return name.replace(/[^\w.-]+/g, "-");
}

function brief({ setting, seed, folder }: ReportedRun): object {
  return { setting, seed, folder };
}

async function writeText(file: string, text: string): Promise<void> {
  await writeAtomic(file, [new TextEncoder().encode(text)]);
}
