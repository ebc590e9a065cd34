import { fileURLToPath } from "node:url";
import { fromPackage } from "../machine.mjs";
import { median } from "../numbers.mjs";
import { configs, overridesOf } from "./configs.mjs";
import { kernelTimes } from "./kernel-times.mjs";
import { randomLatents } from "./random-latents.mjs";

/** Steps before the first that counts: two op by op, two that are recorded, one replayed. */
const warmUp = 5;

/** Times the training step of a configuration on a backend, by the way that `graph run` goes. */
export async function timeStep({ config, batch: given, precision, backend: wanted, threads, steps, profile }) {
  const { loadGraph } = await fromPackage("runtime/load-graph.js");
  const { openPhase } = await fromPackage("runtime/bench/open-phase.js");
  const { checkPrecision, chooseBackend } = await fromPackage("runtime/choose-backend.js");
  const { builtinBackends } = await fromPackage("backends/index.js");
  const { summarize } = await fromPackage("runtime/summary.js");

  const sizes = { ...configs[config], ...(given ? { batch: given } : {}) };
  const file = fileURLToPath(new URL(sizes.file ?? "step.yaml", import.meta.url));
  const graph = await loadGraph(file, { overrides: overridesOf(sizes), nodes: [await randomLatents()] });
  const { backend } = await chooseBackend(builtinBackends, wanted);
  const [phase] = graph.phases;
  const open = await openPhase(graph, phase, backend, { precision: checkPrecision(backend, precision), threads }, !profile);
  try {
    const { device } = open;
    const before = device.peak?.();
    const host = hostTimes(device);
    await open.run(warmUp);
    const kernels = profile ? await kernelTimes() : undefined;
    const used = process.cpuUsage();
    const times = (await open.run(steps)).map((seconds) => 1000 * seconds);
    const outside = host(times);
    const { user, system } = process.cpuUsage(used);
    // A busy neighbour only ever lowers it.
    const peak = before && Math.max(before, device.peak());
    const { nodes, phases } = summarize(graph);
    const { flops } = phases[0];
    const { batch } = sizes;
    const ours = median(times);
    return {
      config,
      precision,
      device: device.info,
      isa: await isaOf(backend),
      threads: threads ?? null,
      params: nodes.reduce((sum, { trainable }) => sum + trainable, 0),
      batch,
      steps: times.length,
      ours_ms: ours,
      ours_ms_min: Math.min(...times),
      ours_outside_kernels_ms: outside,
      ours_processor_ms: (user + system) / 1000 / times.length,
      images_per_s: (1000 * batch) / ours,
      flops,
      peak_gflops: peak ?? null,
      floor_ms: peak ? flops / peak / 1e6 : null,
      peak_rss_bytes: 1024 * process.resourceUsage().maxRSS,
      ...(kernels ? { kernels: kernels(times.length) } : {}),
    };
  } finally {
    await open.close();
  }
}

/**
 * Watches the programs that a device makes; gives a function that tells the median of what steps took beyond their kernels, or null where
 * no step was replayed or nobody can tell.
 */
function hostTimes(device) {
  const kernels = [];
  const own = device.compile?.bind(device);
  if (own)
    device.compile = (first, second) => {
      const program = own(first, second);
      if (!program.kernelSeconds) return program;
      const replay = async (inputs) => {
        const outputs = await program.replay(inputs);
        kernels.push(1000 * program.kernelSeconds());
        return outputs;
      };
      return { ...program, replay };
    };
  return (times) => {
    const last = kernels.slice(-times.length);
    return last.length === times.length ? median(times.map((ms, i) => ms - last[i])) : null;
  };
}

/** The instruction set of the native backend; null of others. */
async function isaOf({ id }) {
  if (id !== "native") return null;
  const { loadAddon } = await fromPackage("backends/native/addon.js");
  return loadAddon().isa();
}
