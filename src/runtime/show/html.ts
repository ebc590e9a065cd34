import type { Graph, GraphNode } from "../../core/graph.js";
import type { Picture } from "./picture.js";
import { escaped, svgOf } from "./svg.js";

/** One page without anything from outside: the picture, and beside it the node that was clicked, with ports, params and sizes. */
export function htmlOf(picture: Picture, graph: Graph): string {
  const details = Object.fromEntries(graph.nodes.map((node) => [node.name, describe(node)]));
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(graph.name)}</title>
<style>
  body { margin: 0; display: grid; grid-template-columns: 1fr 26rem; height: 100vh; font: 14px system-ui, sans-serif; color: #1d2733 }
  #picture { overflow: auto }
  #picture svg { max-width: none; display: block; margin: auto }
  #picture [data-node] { cursor: pointer }
  #picture .chosen rect { stroke-width: 3 }
  #node { overflow: auto; border-left: 1px solid #ccd3db; padding: 0 1rem; background: #f7f9fb }
  #node pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 12px }
</style>
<main id="picture">${svgOf(picture)}</main>
<aside id="node"><h2>${escaped(graph.name)}</h2><p>${escaped(graph.note ?? "")}</p><p>${graph.nodes.length} nodes, ${graph.edges.length} edges. Click a node.</p></aside>
<script>
  const details = ${json(details)};
  const aside = document.getElementById("node");
  for (const box of document.querySelectorAll("[data-node]"))
    box.addEventListener("click", () => {
      document.querySelector(".chosen")?.classList.remove("chosen");
      box.classList.add("chosen");
      const { name, type, note, text } = details[box.dataset.node];
      aside.replaceChildren();
      for (const [tag, content] of [["h2", name], ["p", type], ["p", note], ["pre", text]]) {
        const part = document.createElement(tag);
        part.textContent = content;
        aside.append(part);
      }
    });
</script>
</html>
`;
}

function describe({ name, def, params, inputs, dims, summary }: GraphNode): object {
  const section = (title: string, values: Readonly<Record<string, unknown>>): string[] => {
    const rows = Object.entries(values).map(
      ([key, value]) => `  ${key}: ${typeof value === "string" ? value : JSON.stringify(value)}`,
    );
    return rows.length > 0 ? [title, ...rows, ""] : [];
  };
  const refs = Object.fromEntries(
    Object.entries(inputs).map(([port, ref]) => [port, `${ref.node}.${ref.port}${ref.variant ? `@${ref.variant}` : ""}`]),
  );
  const outputs = Object.fromEntries(Object.entries(def.outputs).map(([port, { spec }]) => [port, spec]));
  const text = [
    ...section("in", refs),
    ...section("out", outputs),
    ...section("params", params),
    ...section("sizes", dims),
    summary ?? "",
  ];
  return { name, type: `${def.type}, ${def.kind}, version ${def.version ?? 1}`, note: def.note, text: text.join("\n") };
}

/** Data inside a script: nothing in it may end the script. */
function json(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}
