import type { NodeDef, Ports } from "../../core/define-node.js";
import { example, paramInfos } from "./inspect.js";

/** The reference of node types as Markdown, by family, from their definitions: what `docs/nodes.md` holds. */
export function nodeReference(nodes: readonly NodeDef[]): string {
  const sorted = [...nodes].sort((a, b) => (a.type < b.type ? -1 : 1));
  const families = [...new Set(sorted.map(({ type }) => type.split(".")[0] ?? ""))];
  return [
    "# Node types",
    "",
    "Made from the definitions by `npm run docs`; `graph inspect TYPE` shows the same. Sizes in port types have names: equal names in one",
    "node mean equal sizes, `...` any further ones.",
    ...families.flatMap((family) => [
      "",
      `## ${family}`,
      ...sorted.filter(({ type }) => type.startsWith(`${family}.`)).flatMap(section),
    ]),
    "",
  ].join("\n");
}

function section(def: NodeDef): string[] {
  const params = paramInfos(def).map((param) => [`\`${param.name}\``, param.type, param.default, param.doc]);
  return [
    "",
    `### ${def.type}`,
    "",
    `${def.note} (${def.kind}, version ${def.version ?? 1})`,
    "",
    "```yaml",
    example(def).trim(),
    "```",
    ...markdownTable(["port", "", "type", ""], [...portRows("in", def.inputs), ...portRows("out", def.outputs)]),
    ...markdownTable(["param", "type", "default", ""], params),
  ];
}

function portRows(side: string, ports: Ports): string[][] {
  return Object.entries(ports).map(([name, { spec, optional, note }]) => [
    `\`${name}\``,
    optional ? `${side}, optional` : side,
    `\`${spec}\``,
    note ?? "",
  ]);
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return rows.length === 0 ? [] : ["", line(head), line(head.map(() => "---")), ...rows.map(line)];
}
