import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { BenchError } from "../bench-error.mjs";
import { parsePeer } from "./parse-peer.mjs";
import { runPython } from "./run-python.mjs";

/** A peer script of this folder; the training step may also come from RAEGRAPH_PEER or from a checkout of the peers beside this one. */
export function peerScript(name, env = process.env) {
  const beside = fileURLToPath(new URL("../../../shared/peers/torch_ditdh.py", import.meta.url));
  if (name === "torch_step" && env.RAEGRAPH_PEER) return env.RAEGRAPH_PEER;
  if (name === "torch_step" && existsSync(beside)) return beside;
  return fileURLToPath(new URL(`../peers/${name}.py`, import.meta.url));
}

/** Runs a peer on as many threads as we use; gives the object that it prints. Throws a BenchError with its last words where it fails. */
export async function runPeer({ python, script, threads }, args) {
  const count = String(threads);
  const ended = await runPython(python, [script, ...args], {
    OMP_NUM_THREADS: count,
    MKL_NUM_THREADS: count,
    OPENBLAS_NUM_THREADS: count,
  });
  if (ended.code === 0) return parsePeer(ended.stdout);
  const words = ended.stderr.trim().split("\n").slice(-3).join("\n");
  throw new BenchError(`the peer failed (${ended.code}): ${python} ${[script, ...args].join(" ")}\n${words}`);
}
