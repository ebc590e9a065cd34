import { builtinBackends } from "../../backends/index.js";
import type { ComputeBackend } from "../../core/define-backend.js";
import type { Graph } from "../../core/graph.js";
import { UsageError } from "../usage-error.js";

/** The backends on which a graph can run: the built-in ones and those of its plugins. Throws where two have one name. */
export function backendsOf({ plugins = [] }: Pick<Graph, "plugins">): readonly ComputeBackend[] {
  const backends = [...builtinBackends];
  for (const { name, backends: own } of plugins)
    for (const backend of own) {
      if (backends.some(({ id }) => id === backend.id))
        throw new UsageError(`plugin "${name}": backend "${backend.id}" is already defined; rename it`);
      backends.push(backend);
    }
  return backends;
}
