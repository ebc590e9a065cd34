import { loadGraph } from "../../../src/runtime/load-graph.js";
import { runContainer, parts } from "../../../src/runtime/container.js";
import { runInContainer } from "../../../src/runtime/run-in-container.js";
import { chooseProgress } from "../../../src/runtime/progress/choose-progress.js";
import { reportProblems } from "../../../src/runtime/cli/report-problems.js";
import { onStopSignals } from "../../../src/runtime/cli/stop-signals.js";
import { toyNodes } from "./toy-nodes.js";

/** What `graph run` does, with the toy's node types: `node toy-command.js FILE RESUME RUN_DIR [overrides…]`. */
const [file = "", resume = "never", runDir = "", ...overrides] = process.argv.slice(2);
const progress = chooseProgress(process, 1);
const stop = onStopSignals((line) => progress.note(line));
try {
  const graph = await loadGraph(file, { overrides, nodes: toyNodes });
  const container = runContainer(graph, { backend: "reference", resume, ...(runDir ? { runDir } : {}), signal: stop.signal });
  container.rebind(parts.progress).toConstantValue(progress);
  process.exitCode = (await runInContainer(container)).state === "finished" ? 0 : 75;
} catch (error) {
  process.exitCode = reportProblems(error);
} finally {
  stop.release();
}
