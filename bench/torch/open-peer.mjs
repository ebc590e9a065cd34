import { fastestPeer } from "./fastest.mjs";
import { findTorch, handicap, usualPythons } from "./find-torch.mjs";
import { peerScript, runPeer } from "./peer.mjs";

/**
 * The fastest PyTorch here for a peer script: `{ about, run(args) }`. `trial` are the arguments of the brief try-outs, `time` reads their
 * milliseconds.
 */
export async function openPeer({ name, threads, python, compile, trial, time, note }) {
  const torches = await findTorch(python === undefined ? usualPythons() : [python]);
  const script = peerScript(name);
  const way = await fastestPeer({ torches, script, threads, compile, args: trial, time, note });
  const { version, mode, blas } = way;
  note(`peer: PyTorch ${version} ${mode}, ${threads} threads, BLAS ${blas}`);
  const unfair = handicap(way);
  if (unfair) note(`warning: not a fair peer: ${unfair}`);
  const about = { version, mode, blas, unfair: unfair ?? null, python: way.python, script, threads };
  return { about, run: (args) => runPeer(way, [...args, ...way.flags]) };
}
