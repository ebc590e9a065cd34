import { Graph as LayoutGraph, layout as layOut } from "@dagrejs/dagre";
import { textOf } from "./picture.js";
import type { Line, Picture } from "./picture.js";

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A rectangle by its middle. */
export interface Area extends Point {
  readonly width: number;
  readonly height: number;
}

/** Where everything of a picture lies; data flows downwards. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  /** By node name. */
  readonly boxes: ReadonlyMap<string, Area>;
  readonly lines: readonly PlacedLine[];
}

export interface PlacedLine {
  readonly line: Line;
  readonly points: readonly Point[];
  /** Where its text stands; nothing else lies there. */
  readonly label: Area;
  /** A row for each edge. */
  readonly text: readonly string[];
}

/** Pixels of a letter of the pictures' font, which has letters of one width, and of a row. */
export const letter = { width: 7.3, small: 6.1, row: 15 } as const;

/** Places boxes, lines and the lines' texts, by layers. */
export function layoutOf(picture: Picture): Layout {
  const graph = new LayoutGraph({ multigraph: true });
  graph.setGraph({ rankdir: "TB", nodesep: 26, edgesep: 14, ranksep: 44, marginx: 16, marginy: 16 });
  for (const { name, type, phases } of picture.boxes) {
    const longest = Math.max(name.length * letter.width, type.length * letter.small, phases.length * 14);
    graph.setNode(name, { width: longest + 28, height: 44 });
  }
  const texts = picture.lines.map(({ wires }) => wires.map((wire) => textOf(wire)));
  picture.lines.forEach(({ from, to }, i) => {
    const text = texts[i] ?? [];
    const width = Math.max(...text.map((row) => row.length)) * letter.small + 8;
    graph.setEdge(from, to, { width, height: text.length * letter.row, labelpos: "c" });
  });
  layOut(graph);
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return {
    width,
    height,
    boxes: new Map(picture.boxes.map(({ name }) => [name, graph.node(name) as Area])),
    lines: picture.lines.map((line, i): PlacedLine => {
      const edge = graph.edge(line.from, line.to) as unknown as Area & { points: Point[] };
      return {
        line,
        points: edge.points,
        label: { x: edge.x, y: edge.y, width: edge.width, height: edge.height },
        text: texts[i] ?? [],
      };
    }),
  };
}
