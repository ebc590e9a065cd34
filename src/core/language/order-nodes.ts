import type { Span } from "../problem.js";
import type { Connection } from "./connect.js";
import type { Problems } from "./problems.js";

/** The names in an order in which each follows its producers, otherwise as given. Circles become problems. */
export function orderNodes(names: readonly string[], connections: readonly Connection[], problems: Problems): string[] {
  const incoming = new Map<string, Connection[]>(names.map((name) => [name, []]));
  for (const connection of connections) if (!connection.declared) incoming.get(connection.to)?.push(connection);
  const order: string[] = [];
  const state = new Map<string, "open" | "done">();
  const told = new Set<string>();
  for (const start of names) {
    // A depth-first walk with its own stack: chains may be longer than calls may nest.
    const path: { name: string; next: number }[] = [];
    const enter = (name: string): void => {
      state.set(name, "open");
      path.push({ name, next: 0 });
    };
    if (!state.has(start)) enter(start);
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const edge = incoming.get(top.name)?.[top.next++];
      if (!edge) {
        state.set(top.name, "done");
        order.push(top.name);
        path.pop();
        continue;
      }
      const producer = edge.node.draft.name;
      if (state.get(producer) === "open") {
        const circle = path.slice(path.findIndex(({ name }) => name === producer)).map(({ name }) => name);
        reportCircle(circle, edge.at, told, problems);
      } else if (!state.has(producer)) enter(producer);
    }
  }
  return order;
}

/** `circle` runs against the data: each name reads the next one, the last reads the first. One report for each node is enough. */
function reportCircle(circle: readonly string[], at: Span, told: Set<string>, problems: Problems): void {
  if (circle.some((name) => told.has(name))) return;
  for (const name of circle) told.add(name);
  const [first = ""] = circle;
  const path = [first, ...circle.slice(1).reverse(), first];
  problems.add("G307", `nodes read from each other in a circle: ${path.join(" -> ")}`, at, {
    cure: "take one of these edges out",
  });
}
