import type { Measure, ReportPlan } from "../../core/experiment.js";
import { shortNumber } from "../progress/numbers.js";
import type { Cell, Verdict } from "./outcome.js";
import type { Estimate } from "./statistics.js";

/** What a report is written of. */
export interface ReportContents {
  readonly plan: ReportPlan;
  readonly tables: readonly { readonly measure: Measure; readonly cells: readonly Cell[] }[];
  readonly verdicts: readonly Verdict[];
  /** File names of pictures, with what they show. */
  readonly pictures: readonly { readonly file: string; readonly shows: string }[];
  /** One line each on command, machine, runs. */
  readonly facts: readonly string[];
  /** Settings or seeds that are missing, one line each. */
  readonly missing: readonly string[];
}

/** The report as Markdown: verdicts first, then tables, pictures, notes and how it was made. */
export function reportMarkdown({ plan, tables, verdicts, pictures, facts, missing }: ReportContents): string {
  const parts = [
    `# ${plan.title}`,
    ...(plan.about === undefined ? [] : [plan.about.trim()]),
    ...(missing.length === 0 ? [] : [`**Not complete:** ${missing.join("; ")}.`]),
    ...(verdicts.length === 0 ? [] : ["## Verdict", verdicts.map(verdictLines).join("\n")]),
    ...tables.flatMap(({ measure, cells }) => [`## ${measure.label ?? measure.name}`, cellTable(measure, cells, plan.axis)]),
    ...pictures.map(({ file, shows }) => `![${shows}](${file})`),
    ...(plan.notes.length === 0 ? [] : ["## Notes", plan.notes.map((note) => `- ${note.trim()}`).join("\n")]),
    "## How it was made",
    facts.map((fact) => `- ${fact}`).join("\n"),
  ];
  return `${parts.join("\n\n")}\n`;
}

/** `0.6312 ± 0.012`. */
export function estimateText({ mean, half }: Estimate): string {
  if (Number.isNaN(mean)) return "–";
  return half === undefined ? shortNumber(mean) : `${shortNumber(mean)} ± ${shortNumber(Number(half.toPrecision(2)))}`;
}

function verdictLines({ claim, difference, text }: Verdict): string {
  const numbers = Number.isNaN(difference.mean)
    ? ""
    : ` ${claim.measure} of ${claim.of} minus ${claim.against}: ${estimateText(difference)}.`;
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
  const row = (texts: readonly string[]): string => `| ${texts.map((text) => text.replaceAll("|", "\\|")).join(" | ")} |`;
  return [
    row(columns.map(({ head }) => head)),
    row(columns.map(() => "---")),
    ...cells.map((cell) => row(columns.map(({ of }) => of(cell)))),
  ].join("\n");
}

function optional(value: number | undefined): string {
  return value === undefined ? "" : shortNumber(value);
}
