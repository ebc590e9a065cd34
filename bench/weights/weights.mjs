import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { BenchError } from "../bench-error.mjs";
import { fromPackage } from "../machine.mjs";
import { median } from "../numbers.mjs";
import { randomLatents } from "../step/random-latents.mjs";
import { makeFile } from "./make-file.mjs";

export const note =
  "DiT-DH XL from a safetensors file of 3.4 GB, made on the spot: memory and speed of loading, time of `graph weights`.";

export const options = { backend: { value: "id", default: "native", note: "auto, native, wasm, reference, …" } };

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** The graph of load.yaml, with weights from a file or, without one, from the generator. */
export async function loadGraphOf(file) {
  const { loadGraph } = await fromPackage("runtime/load-graph.js");
  return loadGraph(here("load.yaml"), {
    overrides: file ? [`vars.weights=${file}`] : ["~nodes.dit.params.weights"],
    nodes: [await randomLatents()],
  });
}

/** Makes the file, loads it and lists it in turns, each in a process of its own, and removes it. */
export async function run({ backend, rounds }) {
  const graph = await loadGraphOf();
  const { def, params, dims } = graph.nodes.find(({ name }) => name === "dit");
  const specs = def.weights(params, dims);
  const folder = await mkdtemp(join(tmpdir(), "raegraph-weights-"));
  try {
    const file = join(folder, "dit-dh-xl.safetensors");
    const bytes = await makeFile(file, specs);
    const loads = [];
    const lists = [];
    for (let round = 0; round < rounds; round++) {
      loads.push(JSON.parse(await inProcess([here("load-turn.mjs"), file, backend])));
      const started = performance.now();
      const list = JSON.parse(await inProcess([here("../../dist/bundle/graph.cjs"), "weights", file, "--json"]));
      lists.push((performance.now() - started) / 1000);
      if (list.arrays.length !== specs.length) throw new BenchError(`graph weights lists ${list.arrays.length} arrays`);
    }
    const seconds = median(loads.map((load) => load.seconds));
    const peak = Math.max(...loads.map((load) => load.peak_rss));
    return {
      device: loads[0].device,
      params: loads[0].params,
      bytes,
      load_s: seconds,
      mb_per_s: bytes / 1e6 / seconds,
      peak_rss_bytes: peak,
      rss_before_bytes: Math.max(...loads.map((load) => load.rss_before)),
      peak_over_size: peak / bytes,
      list_s: median(lists),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function inProcess(args) {
  try {
    return (await promisify(execFile)(process.execPath, args, { maxBuffer: 1 << 26 })).stdout;
  } catch (error) {
    throw new BenchError(`${args[0]} failed: ${String(error.stderr ?? error.message).trim()}`);
  }
}

export function text(result) {
  const gb = (bytes) => `${(bytes / 1e9).toFixed(2)} GB`;
  return [
    `weights, ${(result.params / 1e6).toFixed(1)} M parameters in a file of ${gb(result.bytes)}; ${result.device}`,
    `load           ${result.load_s.toFixed(2)} s, ${result.mb_per_s.toFixed(0)} MB/s from the page cache`,
    `memory         ${gb(result.peak_rss_bytes)} at most, ${gb(result.rss_before_bytes)} of it before: ${result.peak_over_size.toFixed(3)} of the file's size`,
    `graph weights  ${result.list_s.toFixed(2)} s`,
  ].join("\n");
}
