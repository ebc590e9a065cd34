import { runContainer, parts } from "../../src/runtime/container.js";
import { loadGraph } from "../../src/runtime/load-graph.js";
import { quietProgress } from "../../src/runtime/progress/quiet.js";
import { runInContainer } from "../../src/runtime/run-in-container.js";

/**
 * `node --expose-gc memory-child.js FILE BACKEND RUN_DIR STEP…`: runs a graph; prints the resident bytes at each STEP as JSON. That is
 * the smallest of ten steps' readings, each after a collection: pages that were freed go back to the system a little later.
 */
const readings = 10;
const [file = "", backend = "", runDir = "", ...steps] = process.argv.slice(2);
const resident = new Map(steps.map((step) => [Number(step), Infinity]));
const container = runContainer(await loadGraph(file), { backend, runDir, threads: 1 });
container.rebind(parts.progress).toConstantValue({
  ...quietProgress(),
  step({ step }) {
    for (const [at, least] of resident) {
      if (step <= at - readings || step > at) continue;
      globalThis.gc?.();
      resident.set(at, Math.min(least, process.memoryUsage().rss));
    }
  },
});
await runInContainer(container);
process.stdout.write(JSON.stringify([...resident.values()]));
