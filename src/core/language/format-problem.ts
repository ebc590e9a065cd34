import type { Problem, Span } from "../problem.js";

export interface FormatOptions {
  /** How to name a file, e.g. relative to the current directory. */
  readonly relativeTo?: (file: string) => string;
  readonly color?: boolean;
}

/** Line and column of an offset, both from 1; columns count UTF-16 units. */
export function locate(text: string, offset: number): { readonly line: number; readonly col: number } {
  const before = text.slice(0, Math.max(0, offset));
  const lastBreak = before.lastIndexOf("\n");
  return { line: before.split("\n").length, col: before.length - lastBreak };
}

/**
 * A problem as lines for people and editors: `file:line:col error[G104]: message`, the code with carets, the message's further lines,
 * the cure, and each note with its own code.
 */
export function formatProblem(problem: Problem, sources: ReadonlyMap<string, string>, options: FormatOptions = {}): string {
  const paint = painter(options.color ?? false);
  const [message = "", ...more] = problem.message.split("\n");
  const first = `${placeText(problem.at, sources, options)}${paint.red(`error[${problem.code}]`)}: ${paint.bold(clean(message))}`;
  const details = more.map((line) => `${gutter}| ${clean(line.trim())}`);
  const notes = (problem.notes ?? []).flatMap((note) => [
    `${placeText(note.at, sources, options)}${paint.blue("note")}: ${clean(note.message)}`,
    ...frame(note.at, sources, paint.blue),
  ]);
  const cure = problem.cure === undefined ? [] : [`${gutter}${paint.blue("=")} ${clean(problem.cure)}`];
  return [first, ...frame(problem.at, sources, paint.red), ...details, ...cure, ...notes].join("\n");
}

const gutter = "      ";
const widest = 120;

function placeText(at: Span | undefined, sources: ReadonlyMap<string, string>, { relativeTo }: FormatOptions): string {
  if (!at) return "";
  const file = clean(relativeTo && !at.file.startsWith("<") ? relativeTo(at.file) : at.file);
  const text = sources.get(at.file);
  if (text === undefined) return `${file} `;
  const { line, col } = locate(text, at.start);
  return `${file}:${line}:${col} `;
}

/** The line of a span with carets below it; a span over several lines is marked to the end of its first. */
function frame(at: Span | undefined, sources: ReadonlyMap<string, string>, mark: Paint): string[] {
  const text = at && sources.get(at.file);
  if (!at || text === undefined || text.trim() === "") return [];
  const { line, col } = locate(text, at.start);
  const start = at.start - (col - 1);
  const end = text.indexOf("\n", start);
  const whole = text.slice(start, end < 0 ? undefined : end);
  const from = col - 1 > widest - 40 ? col - 1 - 40 : 0;
  const shown = clean(whole.slice(from, from + widest)).trimEnd();
  const length = Math.max(1, Math.min(at.end - at.start, whole.trimEnd().length - (col - 1), widest - (col - 1 - from)));
  const [before, after] = [from > 0 ? "…" : "", whole.length > from + widest ? "…" : ""];
  const carets = `${" ".repeat(before.length + col - 1 - from)}${mark("^".repeat(length))}`;
  return [`${String(line).padStart(5)} | ${before}${shown}${after}`, `${gutter}| ${carets}`];
}

/** Control characters of a file must not reach a terminal. */
function clean(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, " ");
}

type Paint = (text: string) => string;

function painter(color: boolean): Readonly<Record<"red" | "blue" | "bold", Paint>> {
  const code = (on: number, off: number): Paint => (color ? (text) => `\u001b[${on}m${text}\u001b[${off}m` : (text) => text);
  return { red: code(31, 39), blue: code(34, 39), bold: code(1, 22) };
}
