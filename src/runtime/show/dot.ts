import { textOf } from "./picture.js";
import type { Picture, Role } from "./picture.js";

/** Fills as Graphviz names them. */
const fills: Readonly<Record<Role, string>> = {
  source: "honeydew2",
  fixed: "lightsteelblue1",
  trained: "bisque",
  optimizer: "mistyrose",
  result: "lavender",
};

/** The picture in Graphviz's language: `graph show FILE --format dot | dot -Tpdf`. */
export function dotOf({ name, boxes, lines }: Picture): string {
  return [
    `digraph ${quoted(name)} {`,
    '  node [shape=box, style="rounded,filled", fontname=monospace, fontsize=11];',
    "  edge [fontname=monospace, fontsize=9];",
    ...boxes.map(
      (box) =>
        `  ${quoted(box.name)} [label=${quoted(`${box.name}\n${box.type}`)}, tooltip=${quoted(box.phases.join(" "))}, fillcolor=${fills[box.role]}];`,
    ),
    ...lines.map(
      (line) =>
        `  ${quoted(line.from)} -> ${quoted(line.to)} [label=${quoted(line.wires.map((wire) => textOf(wire, "->")).join("\n"))}${line.handle ? ", style=dashed" : ""}];`,
    ),
    "}\n",
  ].join("\n");
}

function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}
