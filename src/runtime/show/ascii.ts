import type { Box, Picture } from "./picture.js";

/** An output that is still to be read, in its column. */
interface Lane {
  readonly key: string;
  /** Nodes that will read it. */
  left: number;
}

/**
 * The picture as text, each node in a row below those that it reads: outputs run down in columns, `├─` reads one, `╰─` reads one for the
 * last time, `╭─` starts one and names its type.
 */
export function asciiOf({ boxes, lines }: Picture): string {
  const lanes: (Lane | undefined)[] = [];
  const rows: (readonly [drawing: string, text: string])[] = [];
  for (const box of boxes) {
    const wires = lines
      .filter(({ to }) => to === box.name)
      .flatMap(({ from, wires }) => wires.map((wire) => ({ ...wire, node: from })));
    const read = new Set(wires.map(({ node, from }) => `${node}.${from}`));
    rows.push([drawReads(lanes, read), describe(box, wires)]);
    for (const [column, lane] of lanes.entries()) {
      if (!lane || !read.has(lane.key)) continue;
      lane.left--;
      if (lane.left === 0) lanes[column] = undefined;
    }
    const starts = outputsOf(box, lines);
    for (const { key, text, readers } of starts) {
      const free = lanes.findIndex((lane) => lane === undefined);
      const column = free < 0 ? lanes.length : free;
      lanes[column] = { key, left: readers };
      rows.push([drawStart(lanes, column), text]);
    }
    while (lanes.length > 0 && lanes.at(-1) === undefined) lanes.pop();
  }
  const width = Math.max(0, ...rows.map(([drawing]) => drawing.length));
  return rows.map(([drawing, text]) => `${stretch(drawing, width)} ${text}`.trimEnd()).join("\n") + "\n";
}

/** A node's row: the columns that it reads bend right. */
function drawReads(lanes: readonly (Lane | undefined)[], read: ReadonlySet<string>): string {
  let drawing = "";
  let across = false;
  for (const lane of lanes) {
    const hit = lane !== undefined && read.has(lane.key);
    if (hit) drawing += across ? (lane.left > 1 ? "┼" : "┴") : lane.left > 1 ? "├" : "╰";
    else if (lane) drawing += "│";
    else drawing += across ? "─" : " ";
    across ||= hit;
    drawing += across ? "─" : " ";
  }
  return `${drawing}${across ? "▶" : "●"}`;
}

function drawStart(lanes: readonly (Lane | undefined)[], column: number): string {
  let drawing = "";
  for (const [i, lane] of lanes.entries()) {
    if (i === column) drawing += "╭─";
    else if (i > column) drawing += lane ? "│─" : "──";
    else drawing += lane ? "│ " : "  ";
  }
  return drawing;
}

/** Rows get equal widths: a line to the right goes on, the rest stays empty. */
function stretch(drawing: string, width: number): string {
  const tip = ["▶", "●"].find((mark) => drawing.endsWith(mark)) ?? "";
  const line = tip === "" ? drawing : drawing.slice(0, -1);
  return line.padEnd(width - tip.length, tip === "●" ? " " : "─") + tip;
}

function describe({ name, type, phases }: Box, wires: readonly { node: string; from: string; to: string }[]): string {
  const reads = wires.map(({ to, node, from }) => `${to}=${node}.${from}`).join(" ");
  return [name, `(${type})`, reads && `<- ${reads}`, phases.length > 0 ? `[${phases.join(" ")}]` : "[no phase]"]
    .filter(Boolean)
    .join(" ");
}

function outputsOf(box: Box, lines: Picture["lines"]): { key: string; text: string; readers: number }[] {
  const outputs = new Map<string, { key: string; text: string; readers: Set<string> }>();
  for (const { from, to, wires } of lines) {
    if (from !== box.name) continue;
    for (const wire of wires) {
      const key = `${from}.${wire.from}`;
      const output = outputs.get(key) ?? { key, text: `  ${wire.from} ${wire.type}`, readers: new Set<string>() };
      output.readers.add(to);
      outputs.set(key, output);
    }
  }
  return [...outputs.values()].map((output) => ({ ...output, readers: output.readers.size }));
}
