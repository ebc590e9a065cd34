import { spawn } from "node:child_process";
import { errorCode } from "../error-code.js";
import { builtPage } from "../serve/built-page.js";
import { servePage } from "../serve/page-server.js";
import type { PageServer } from "../serve/page-server.js";
import { readPageGraph } from "../serve/read-page-graph.js";
import { UsageError } from "../usage-error.js";
import { exitCodes } from "./exit-codes.js";
import { reportProblems } from "./report-problems.js";
import { onStopSignals } from "./stop-signals.js";

/** Flags of `graph serve`. */
export interface ServeFlags {
  readonly port: number;
  readonly open: boolean;
}

/** `graph serve`: the page of a graph on this machine, until a signal ends it; gives the exit code. */
export async function serveVerb(file: string, { port, open }: ServeFlags): Promise<number> {
  const stop = onStopSignals(() => undefined);
  try {
    const folder = builtPage();
    const server = await servePage(folder, () => readPageGraph(file), port).catch((error: unknown): PageServer => {
      if (errorCode(error) !== "EADDRINUSE") throw error;
      throw new UsageError(`port ${port} is taken; give another with --port, or 0 for any free one`);
    });
    process.stdout.write(`${server.address}\n`);
    process.stderr.write("the page runs the graph in the browser; Ctrl-C ends the server\n");
    if (open && process.stdout.isTTY) openBrowser(server.address);
    await new Promise((resolve) => stop.signal.addEventListener("abort", resolve, { once: true }));
    await server.close();
    return exitCodes.ok;
  } catch (error) {
    return reportProblems(error);
  } finally {
    stop.release();
  }
}

/** Where there is no browser, the address is printed anyway. */
function openBrowser(address: string): void {
  const command = process.platform === "darwin" ? "open" : process.platform === "win32" ? "explorer" : "xdg-open";
  const child = spawn(command, [address], { stdio: "ignore", detached: true });
  child.on("error", () => undefined);
  child.unref();
}
