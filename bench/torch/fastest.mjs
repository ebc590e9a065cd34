import { BenchError } from "../bench-error.mjs";
import { canCompile } from "./find-torch.mjs";
import { runPeer } from "./peer.mjs";

/**
 * The quickest way to run a peer here: every PyTorch, eager and, where it has it and `compile` asks for it, compiled, is tried once with `args`. `time` reads the
 * milliseconds from what the peer prints. Ways that fail are told by `note` and left out.
 */
export async function fastestPeer({ torches, script, threads, compile = true, args, time, note }) {
  const ways = torches.flatMap(({ python, version, blas }) =>
    [[], ...(compile && canCompile(version) ? [["--compile"]] : [])].map((flags) => ({
      python,
      version,
      blas,
      script,
      threads,
      flags,
      mode: flags[0] ? "compiled" : "eager",
    })),
  );
  if (ways.length === 1) return ways[0];
  let best;
  for (const way of ways) {
    try {
      const ms = time(await runPeer(way, [...args, ...way.flags]));
      note(`PyTorch ${way.version} ${way.mode} (${way.python}): ${ms.toFixed(1)} ms`);
      if (!best || ms < best.ms) best = { ms, way };
    } catch (error) {
      if (!(error instanceof BenchError)) throw error;
      note(`PyTorch ${way.version} ${way.mode}: left out, ${error.message}`);
    }
  }
  if (!best) throw new BenchError("no PyTorch here runs the peer; the lines above say why");
  return best.way;
}
