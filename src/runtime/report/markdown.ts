import type { Measure, ReportPlan, Series } from "../../core/experiment.js";
import { shortNumber } from "../progress/numbers.js";
import type { Cell, SeriesPoint, Verdict } from "./outcome.js";
import type { Estimate } from "./statistics.js";

/** What a report is written of. */
export interface ReportContents {
  readonly plan: ReportPlan;
  readonly tables: readonly { readonly measure: Measure; readonly cells: readonly Cell[] }[];
  readonly series: readonly { readonly series: Series; readonly lines: ReadonlyMap<string, readonly SeriesPoint[]> }[];
  readonly verdicts: readonly Verdict[];
  /** Pictures of runs: what they show, and the file of each setting, relative to the report. */
  readonly shown: readonly { readonly label: string; readonly files: ReadonlyMap<string, string> }[];
  /** File names of pictures, with what they show. */
  readonly pictures: readonly { readonly file: string; readonly shows: string }[];
  /** One line each on command, machine, runs. */
  readonly facts: readonly string[];
  /** Settings or seeds that are missing, one line each. */
  readonly missing: readonly string[];
}

/** The report as Markdown: verdicts first, then tables, pictures, notes and how it was made. */
export function reportMarkdown({ plan, tables, series, verdicts, shown, pictures, facts, missing }: ReportContents): string {
  const parts = [
    `# ${plan.title}`,
    ...(plan.about === undefined ? [] : [plan.about.trim()]),
    ...(missing.length === 0 ? [] : [`**Not complete:** ${missing.join("; ")}.`]),
    ...(verdicts.length === 0 ? [] : ["## Verdict", verdicts.map(verdictLines).join("\n")]),
    ...tables.flatMap(({ measure, cells }) => [`## ${measure.label ?? measure.name}`, cellTable(measure, cells, plan.axis)]),
    ...series.flatMap((each) => [`## ${each.series.label ?? each.series.name}`, seriesTable(each, plan.axis)]),
    ...pictures.map(({ file, shows }) => `![${shows}](${file})`),
    ...shown.flatMap(({ label, files }) => [`## ${label}`, pictureTable(files, plan.axis)]),
    ...(plan.notes.length === 0 ? [] : ["## Notes", plan.notes.map((note) => `- ${note.trim()}`).join("\n")]),
    "## How it was made",
    facts.map((fact) => `- ${fact}`).join("\n"),
  ];
  return `${parts.join("\n\n")}\n`;
}

/** `0.6312 ± 0.012`. */
export function estimateText({ mean, half }: Estimate): string {
  if (Number.isNaN(mean)) return "–";
  // What is counted, not measured, has no spread.
  return half === undefined || half === 0
    ? shortNumber(mean)
    : `${shortNumber(mean)} ± ${shortNumber(Number(half.toPrecision(2)))}`;
}

function verdictLines({ claim, difference, base, text }: Verdict): string {
  const { against } = claim;
  const share = (100 * difference.mean) / Math.abs(base);
  const relative = Number.isFinite(share) ? ` (${share > 0 ? "+" : ""}${shortNumber(Number(share.toFixed(1)))}%)` : "";
  const numbers = Number.isNaN(difference.mean)
    ? ""
    : ` ${claim.measure} of ${claim.of} minus ${typeof against === "string" ? against : against.number}: ${estimateText(difference)}${relative}.`;
  return `- ${claim.text} — **${text}**.${numbers}${claim.note === undefined ? "" : ` ${claim.note.trim()}`}`;
}

function cellTable(measure: Measure, cells: readonly Cell[], axis = "setting"): string {
  const columns = [
    { head: axis, of: (cell: Cell) => cell.setting },
    { head: "mean and 95% interval", of: (cell: Cell) => estimateText(cell.value) },
    { head: "runs", of: (cell: Cell) => String(cell.value.count) },
    ...(measure.article ? [{ head: "article", of: (cell: Cell) => optional(cell.article) }] : []),
    ...(measure.theory ? [{ head: "theory", of: (cell: Cell) => optional(cell.theory) }] : []),
  ];
  return markdownTable([columns.map(({ head }) => head), ...cells.map((cell) => columns.map(({ of }) => of(cell)))]);
}

/** Points down, a column for each setting, then those of others. */
function seriesTable({ series, lines }: ReportContents["series"][number], axis = "setting"): string {
  const others = [...Object.entries(series.article ?? {}), ...Object.entries(series.theory ?? {})];
  const measured = [...lines.values()].flat().map(({ x }) => x);
  const xs = [...new Set([...measured, ...others.flatMap(([, line]) => Object.keys(line).map(Number))])].sort((a, b) => a - b);
  const columns = [
    { head: series.axis, of: (x: number) => shortNumber(x) },
    ...[...lines].map(([setting, points]) => ({
      head: setting === "" ? "mean and 95% interval" : `${axis} ${setting}`,
      of: (x: number) => textAt(points, x),
    })),
    ...others.map(([name, line]) => ({
      head: name,
      of: (x: number) => optional(Object.entries(line).find(([at]) => Number(at) === x)?.[1]),
    })),
  ];
  return markdownTable([columns.map(({ head }) => head), ...xs.map((x) => columns.map(({ of }) => of(x)))]);
}

function textAt(points: readonly SeriesPoint[], x: number): string {
  const found = points.find((point) => point.x === x);
  return found ? estimateText(found.value) : "";
}

function pictureTable(files: ReadonlyMap<string, string>, axis = "setting"): string {
  const shown = [...files];
  return markdownTable([
    shown.map(([setting]) => (setting === "" ? "all" : `${axis} ${setting}`)),
    shown.map(([setting, file]) => `![${setting}](${file})`),
  ]);
}

/** The first row is the head. */
function markdownTable([head = [], ...body]: readonly (readonly string[])[]): string {
  const row = (texts: readonly string[]): string => `| ${texts.map((text) => text.replaceAll("|", "\\|")).join(" | ")} |`;
  return [row(head), row(head.map(() => "---")), ...body.map(row)].join("\n");
}

function optional(value: number | undefined): string {
  return value === undefined ? "" : shortNumber(value);
}
