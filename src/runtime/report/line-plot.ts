import { shortNumber } from "../progress/numbers.js";
import { ticks } from "./ticks.js";

/** A line of a plot. */
export interface PlotLine {
  readonly name: string;
  readonly points: readonly PlotPoint[];
  /** Dashed for numbers of others. */
  readonly dashed?: boolean;
  /** A mark at each point; for curves of many points none. */
  readonly marks?: boolean;
}

/** A point; `half` draws an interval from y − half to y + half. */
export interface PlotPoint {
  readonly x: number;
  readonly y: number;
  readonly half?: number | undefined;
}

/** What to draw. */
export interface Plot {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly lines: readonly PlotLine[];
  /** What the lines' names are values of. */
  readonly legend?: string;
  /** Texts at whole x from 0 on where the axis has names, not numbers. */
  readonly names?: readonly string[];
}

const width = 760;
const height = 460;
const frame = { left: 78, right: 24, top: 48, bottom: 64 };
/** Okabe and Ito's colours, which also people with colour vision deficiency can tell apart. */
const colors = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];

/** A plot of lines with intervals as an SVG document, 760 by 460; points that are no finite numbers are left out. */
export function linePlot(plot: Plot): string {
  const lines = plot.lines
    .map((line) => ({ ...line, points: line.points.filter(({ x, y }) => Number.isFinite(x + y)) }))
    .filter(({ points }) => points.length > 0);
  const points = lines.flatMap((line) => line.points);
  if (points.length === 0) throw new Error(`plot "${plot.title}" has no points`);
  const xs = plot.names ? plot.names.map((_, i) => i) : ticks(min(points.map(({ x }) => x)), max(points.map(({ x }) => x)));
  const ys = ticks(min(points.map(({ y, half = 0 }) => y - half)), max(points.map(({ y, half = 0 }) => y + half)));
  const right = width - (lines.length > 1 ? legendSpace(lines, plot.legend) : frame.right);
  const space = plot.names ? 0.5 : 0;
  const place = {
    x: scale(min(xs) - space, max(xs) + space, frame.left, right),
    y: scale(min(ys), max(ys), height - frame.bottom, frame.top),
  };
  const grid = [
    ...ys.map((y) => rule(frame.left, place.y(y), right, place.y(y))),
    ...ys.map((y) => text(frame.left - 8, place.y(y) + 4, tickText(y), "end")),
    ...xs.map((x) => rule(place.x(x), height - frame.bottom, place.x(x), height - frame.bottom + 5)),
    ...xs.map((x, i) => text(place.x(x), height - frame.bottom + 20, plot.names?.[i] ?? tickText(x), "middle")),
  ];
  const labels = [
    ...rows(plot.title, 80).map(
      (row, i, { length }) =>
        `<text x="${width / 2}" y="${length > 1 ? 18 + 20 * i : 26}" text-anchor="middle" font-size="16" font-weight="bold">${escape(row)}</text>`,
    ),
    text((frame.left + right) / 2, height - 14, plot.x, "middle"),
    ...rows(plot.y, 52).map(
      (row, i, { length }) =>
        `<text transform="translate(${length > 1 ? 11 + 14 * i : 18} ${(frame.top + height - frame.bottom) / 2}) rotate(-90)" text-anchor="middle">${escape(row)}</text>`,
    ),
  ];
  // Names have no order that a line could follow; side by side, equal values do not hide each other.
  const beside = (i: number): number => (plot.names ? 14 * (i - (lines.length - 1) / 2) : 0);
  const drawn = lines.map((line, i) =>
    drawLine(plot.names ? { ...line, marks: true } : line, colors[i % colors.length] ?? "", {
      x: (value) => place.x(value) + beside(i),
      y: place.y,
      joined: !plot.names,
    }),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="DejaVu Sans, Verdana, Helvetica, Arial, sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...grid,
    ...labels,
    ...drawn,
    ...(lines.length > 1 ? legend(lines, right, plot.legend) : []),
    "</svg>\n",
  ].join("\n");
}

function drawLine(
  line: PlotLine,
  color: string,
  place: Record<"x" | "y", (value: number) => number> & { readonly joined: boolean },
): string {
  const at = line.points.map(({ x, y, half }) => ({
    x: place.x(x),
    y: place.y(y),
    low: half === undefined ? undefined : place.y(y - half),
    high: half === undefined ? undefined : place.y(y + half),
  }));
  const path = at.map(({ x, y }) => `${fixed(x)},${fixed(y)}`).join(" ");
  const dash = line.dashed ? ' stroke-dasharray="6 4"' : "";
  const marks = at.map(({ x, y }) => `<circle cx="${fixed(x)}" cy="${fixed(y)}" r="3.5" fill="${color}"/>`);
  const intervals = at.flatMap(({ x, low, high }) =>
    low === undefined || high === undefined || low === high
      ? []
      : [[x, low, x, high] as const, [x - 5, low, x + 5, low] as const, [x - 5, high, x + 5, high] as const].map(
          ([x1, y1, x2, y2]) => rule(x1, y1, x2, y2, color),
        ),
  );
  return [
    ...(place.joined ? [`<polyline points="${path}" fill="none" stroke="${color}" stroke-width="2"${dash}/>`] : []),
    ...intervals,
    ...(line.marks ? marks : []),
  ].join("\n");
}

/** Names of the lines at the right of the plot, below what they are values of. */
function legend(lines: readonly PlotLine[], left: number, heading: string | undefined): string[] {
  const head = rows(heading ?? "", 20);
  const start = frame.top + 10 + lineHeight * head.length;
  return [
    ...head.map((part, i) => text(left + legendGap, frame.top + 10 + lineHeight * i, part, "start")),
    ...lines.flatMap(({ name, dashed }, i) => {
      const y = start + lineHeight * i + (head.length > 0 ? 4 : 0);
      const from = left + legendGap;
      const dash = dashed ? ' stroke-dasharray="6 4"' : "";
      return [
        `<line x1="${from}" y1="${y - 4}" x2="${from + 26}" y2="${y - 4}" stroke="${colors[i % colors.length]}" stroke-width="2"${dash}/>`,
        text(from + 32, y, name, "start"),
      ];
    }),
  ];
}

const legendGap = 16;
const lineHeight = 18;

/** Pixels that the legend takes, by about seven a letter. */
function legendSpace(lines: readonly PlotLine[], heading = ""): number {
  const widest = Math.max(...rows(heading, 20).map((part) => 7 * part.length), ...lines.map(({ name }) => 32 + 7 * name.length));
  return Math.min(280, legendGap + widest + 10);
}

/** Words in rows of so many letters. */
function rows(words: string, letters: number): string[] {
  const found: string[] = [];
  for (const word of words.split(" ").filter(Boolean)) {
    const last = found.at(-1);
    if (last !== undefined && last.length + word.length < letters) found[found.length - 1] = `${last} ${word}`;
    else found.push(word);
  }
  return found;
}

/** A number at an axis: `600M` for 600,000,000. */
function tickText(value: number): string {
  const size = Math.abs(value);
  if (size < 1e5) return shortNumber(value);
  const [unit, letter] = size >= 1e9 ? [1e9, "G"] : size >= 1e6 ? [1e6, "M"] : [1e3, "k"];
  return `${Number((value / unit).toPrecision(4))}${letter}`;
}

function scale(low: number, high: number, from: number, to: number): (value: number) => number {
  return (value) => (high === low ? (from + to) / 2 : from + ((value - low) / (high - low)) * (to - from));
}

function rule(x1: number, y1: number, x2: number, y2: number, color = "#ddd"): string {
  return `<line x1="${fixed(x1)}" y1="${fixed(y1)}" x2="${fixed(x2)}" y2="${fixed(y2)}" stroke="${color}"/>`;
}

function text(x: number, y: number, content: string, anchor: "start" | "middle" | "end"): string {
  return `<text x="${fixed(x)}" y="${fixed(y)}" text-anchor="${anchor}">${escape(content)}</text>`;
}

function fixed(value: number): string {
  return String(Number(value.toFixed(2)));
}

function escape(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

function min(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b), Infinity);
}

function max(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), -Infinity);
}
