import { delimiter } from "node:path";
import { BenchError } from "../bench-error.mjs";
import { parsePeer } from "./parse-peer.mjs";
import { runPython } from "./run-python.mjs";

/** Where PyTorch may be: every Python that the user names, then the usual ones. */
export function usualPythons(env = process.env) {
  const named = (env.RAEGRAPH_TORCH_PYTHON ?? "").split(delimiter).filter((path) => path !== "");
  const active = [env.VIRTUAL_ENV, env.CONDA_PREFIX].filter(Boolean).map((folder) => `${folder}/bin/python`);
  return [...named, ...active, "./.venv/bin/python", "../.venv/bin/python", "python3", "python", "/usr/bin/python3"];
}

/** Says version and place of PyTorch, and the library that multiplies its float32 matrices: a build may leave that to the system. */
const probe = `
import json, re, torch
built = re.search(r"BLAS_INFO=(\\w+)", torch.__config__.show())
blas = built.group(1) if built else "unknown"
try:
    loaded = re.findall(r"openblas|blis|atlas|mkl_core|libblas", open("/proc/self/maps").read())
except OSError:
    loaded = []
if blas == "generic" and loaded:
    blas = next((name for name in loaded if name != "libblas"), "reference")
print(json.dumps(dict(version=torch.__version__, file=torch.__file__, blas=blas)))`;

/**
 * The Pythons of a list that import PyTorch, each installation once: `{ python, version, blas }`. Throws a BenchError that says what to
 * install where there is none.
 */
export async function findTorch(pythons) {
  const found = new Map();
  for (const python of new Set(pythons)) {
    const ended = await runPython(python, ["-c", probe], {});
    if (ended.code !== 0) continue;
    const { file, ...about } = parsePeer(ended.stdout);
    if (!found.has(file)) found.set(file, { python, ...about });
  }
  if (found.size > 0) return [...found.values()];
  throw new BenchError(
    `--vs-torch needs PyTorch, and none of these Pythons imports it: ${[...new Set(pythons)].join(", ")}.\n` +
      "Install it (Debian: apt-get install python3-torch libopenblas0-pthread; elsewhere: pip install torch), " +
      "or name a Python that has it in RAEGRAPH_TORCH_PYTHON.",
  );
}

/** What makes a PyTorch no fair peer, and the cure; undefined where nothing does. */
export function handicap({ blas }) {
  if (blas !== "reference") return undefined;
  return "it multiplies float32 matrices by the reference BLAS, many times slower than it could: apt-get install libopenblas0-pthread";
}

/** True where this version has `torch.compile`. */
export function canCompile(version) {
  return Number(version.split(".")[0]) >= 2;
}
