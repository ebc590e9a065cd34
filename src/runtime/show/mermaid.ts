import { textOf } from "./picture.js";
import type { Line, Picture, Role } from "./picture.js";

const styles: Readonly<Record<Role, string>> = {
  source: "fill:#e2f1e4,stroke:#3f8f55",
  fixed: "fill:#e3ecf8,stroke:#4a72ad",
  trained: "fill:#fdebd2,stroke:#c2781b",
  optimizer: "fill:#f9dedd,stroke:#b8423f",
  result: "fill:#ece5f6,stroke:#7a5aa8",
};

/** The picture as Mermaid, which README files show as it is. */
export function mermaidOf({ boxes, lines }: Picture): string {
  const ids = new Map(boxes.map(({ name }, i) => [name, `n${i}`]));
  const roles = [...new Set(boxes.map(({ role }) => role))];
  return [
    "flowchart TB",
    ...boxes.map(({ name, type, role }) => `  ${ids.get(name) ?? ""}["${text(name)}<br>${text(type)}"]:::${role}`),
    ...lines.map(
      (line) => `  ${ids.get(line.from) ?? ""} ${line.handle ? "-.->" : "-->"}|"${label(line)}"| ${ids.get(line.to) ?? ""}`,
    ),
    ...roles.map((role) => `  classDef ${role} ${styles[role]},color:#1d2733`),
    "",
  ].join("\n");
}

function label({ wires }: Line): string {
  return wires.map((wire) => text(textOf(wire))).join("<br>");
}

/** Mermaid reads entities with a number sign. */
function text(plain: string): string {
  return plain.replaceAll("#", "#35;").replaceAll('"', "#quot;").replaceAll("<", "#lt;").replaceAll(">", "#gt;");
}
