import { builtinNodes } from "../../nodes/index.js";
import type { NodeDef } from "../../core/define-node.js";
import { table } from "../text.js";
import { UsageError } from "../usage-error.js";
import { readPlugins } from "../plugins/read-plugins.js";
import { exitCodes } from "./exit-codes.js";
import { reportProblems } from "./report-problems.js";

/** Flags of `graph replay`, as the command line gives them. */
export interface ReplayFlags {
  readonly plugin?: readonly string[];
  readonly backend: string;
  readonly tolerance: number;
  readonly stack?: boolean;
  readonly json?: boolean;
}

/** `graph replay`: runs a recorded node again; exit code 3 where its outputs are others than they were. */
export async function replayVerb(file: string, flags: ReplayFlags): Promise<number> {
  try {
    const [{ readFixture }, { replayNode }] = await Promise.all([
      import("../fixture/node-fixture.js"),
      import("../fixture/replay-node.js"),
    ]);
    const { about } = await readFixture(file).catch((error: unknown) => {
      throw new UsageError(error instanceof Error ? error.message : String(error));
    });
    const plugins = await readPlugins(flags.plugin ?? []);
    const defs: readonly NodeDef[] = [...builtinNodes, ...plugins.flatMap(({ nodes }) => nodes)];
    const def = defs.find(({ type }) => type === about.type);
    if (!def)
      throw new UsageError(`${file}: there is no node type "${about.type}"; name the plugin that has it: --plugin ./nodes.ts`);
    const { outputs } = await replayNode(def, file, { backend: flags.backend });
    const equal = outputs.every(({ difference }) => difference <= flags.tolerance);
    const rows = outputs.map(({ port, shape, difference }) => [
      port,
      `[${shape.join(",")}]`,
      difference.toPrecision(2),
      difference > flags.tolerance ? "differs" : "",
    ]);
    const head = `${about.type} "${about.node}", step ${about.step + 1} of phase "${about.phase}", recorded on ${about.backend}`;
    const json = { ...about, tolerance: flags.tolerance, equal, outputs };
    process.stdout.write(
      flags.json
        ? `${JSON.stringify(json, undefined, 2)}\n`
        : `${head}\n${table([["output", "shape", "difference", ""], ...rows], [2])}\n${equal ? "as it was" : `differs by more than ${flags.tolerance}`}\n`,
    );
    return equal ? exitCodes.ok : exitCodes.verification;
  } catch (error) {
    return reportProblems(error, flags);
  }
}
