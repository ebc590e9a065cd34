import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Precision } from "../../core/define-backend.js";
import { loadGraph } from "../load-graph.js";
import { UsageError } from "../usage-error.js";
import { exitCodes } from "./exit-codes.js";
import { graphOptions } from "./graph-flags.js";
import type { GraphFlags } from "./graph-flags.js";
import { reportProblems } from "./report-problems.js";

/** Flags of `graph record`, as the command line gives them. */
export interface RecordFlags extends GraphFlags {
  readonly backend: string;
  readonly precision: Precision;
  readonly threads?: number;
  readonly phase?: string;
  readonly step: number;
  readonly out: string;
  readonly stack?: boolean;
}

/** `graph record`: keeps what goes into and comes out of one node, for `graph replay` and tests; gives the exit code. */
export async function recordVerb(file: string, node: string, overrides: readonly string[], flags: RecordFlags): Promise<number> {
  try {
    const out = resolve(flags.out);
    if (await stat(out).catch(() => undefined))
      throw new UsageError(`${flags.out} is there already; give another --out, or move it away`);
    const graph = await loadGraph(file, graphOptions(overrides, flags));
    const [{ recordNode }, { backendsOf }] = await Promise.all([
      import("../fixture/record-node.js"),
      import("../plugins/backends-of.js"),
    ]);
    const note = (line: string): void => void process.stderr.write(`${line}\n`);
    const fixture = await recordNode(graph, node, { ...flags, out, backends: backendsOf(graph), note });
    const { inputs, outputs, weights, about } = fixture;
    process.stdout.write(
      `${flags.out}: ${about.type} "${node}" at step ${about.step + 1} of phase "${about.phase}": ${inputs.size} inputs, ${outputs.size} outputs, ${weights.size} weights\nto run it again: graph replay ${flags.out}\n`,
    );
    return exitCodes.ok;
  } catch (error) {
    return reportProblems(error, flags);
  }
}
