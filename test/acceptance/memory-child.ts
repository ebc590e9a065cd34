import { runContainer, parts } from "../../src/runtime/container.js";
import { loadGraph } from "../../src/runtime/load-graph.js";
import { quietProgress } from "../../src/runtime/progress/quiet.js";
import { runInContainer } from "../../src/runtime/run-in-container.js";

/** `node --expose-gc memory-child.js FILE BACKEND RUN_DIR STEP…`: runs a graph; prints the resident bytes after each STEP as JSON. */
const [file = "", backend = "", runDir = "", ...steps] = process.argv.slice(2);
const wanted = new Set(steps.map(Number));
const resident: number[] = [];
const container = runContainer(await loadGraph(file), { backend, runDir, threads: 1 });
container.rebind(parts.progress).toConstantValue({
  ...quietProgress(),
  step({ step }) {
    if (!wanted.has(step)) return;
    globalThis.gc?.();
    resident.push(process.memoryUsage().rss);
  },
});
await runInContainer(container);
process.stdout.write(JSON.stringify(resident));
