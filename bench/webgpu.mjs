import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { fromPackage } from "./machine.mjs";
import { median } from "./numbers.mjs";
import { wholeNumber } from "./options.mjs";
import { configs, overridesOf } from "./step/configs.mjs";
import { randomLatents } from "./step/random-latents.mjs";

export const note =
  "the WebGPU backend: adapter, products, the host's time per replayed dispatch, and a small training step against stock tfjs ops; RAEGRAPH_WEBGPU=backend=null measures the host alone";

export const options = {
  size: { value: "n", default: "1024", note: "rows, columns and inner axis of the product", check: wholeNumber },
  steps: { value: "n", default: "10", note: "steps, products and replays that count", check: wholeNumber },
  batch: { value: "n", default: "8", note: "samples of the small step", check: wholeNumber },
};

export async function run({ size, steps, batch, precision }, say) {
  const { webgpuBackend } = await fromPackage("backends/webgpu/index.js");
  const probe = await webgpuBackend.probe();
  if (!probe.available) throw new Error(probe.reason);
  say(probe.reason);
  const open = await webgpuBackend.open({ precision });
  const { info } = open;
  const adapter = await adapterOf();
  const gflops = await productRate(open, size, steps, precision);
  const dispatch = await hostTime(open, steps);
  await open.close();
  const fused = await stepTime(webgpuBackend, { batch, steps, precision, programs: true });
  const stock = await stepTime(await withoutOurs(webgpuBackend), { batch, steps, precision: "fp32", programs: false });
  return {
    device: info,
    precision,
    ...adapter,
    size,
    gflops,
    dispatch_us: dispatch,
    batch,
    fused_ms: fused,
    stock_ms: stock,
    ratio: fused / stock,
  };
}

async function adapterOf() {
  const { tf } = await fromPackage("core/tensor.js");
  const { device } = tf.backend();
  const names = [
    "maxBufferSize",
    "maxStorageBufferBindingSize",
    "maxStorageBuffersPerShaderStage",
    "maxComputeWorkgroupStorageSize",
  ];
  return { features: [...device.features].sort(), limits: Object.fromEntries(names.map((name) => [name, device.limits[name]])) };
}

/** GFLOP/s of one product, replayed so that the host's work does not count. */
async function productRate(device, size, steps, precision) {
  const { tf } = await fromPackage("core/tensor.js");
  const numbers = { dtype: "f32", shape: [size, size], data: Float32Array.from({ length: size * size }, (_, i) => Math.sin(i)) };
  // Half floats serve linear layers alone.
  const { linear } = await fromPackage("core/ops/linear.js");
  const layer = (y, x) => linear({ x: y, weight: x }, { activation: "none" });
  const product = precision === "f16" ? layer : (y, x) => tf.matMul(y, x);
  const repeats = 4;
  const trace = ([x]) => {
    let y = x;
    for (let i = 0; i < repeats; i++) y = product(y, x);
    return [tf.slice(y, [0, 0], [1, 1])];
  };
  const program = compile(device, trace, [numbers]);
  await program.replay([numbers]);
  const times = [];
  for (let i = 0; i < Math.min(steps, 5); i++) {
    const start = performance.now();
    await program.replay([numbers]);
    times.push(performance.now() - start);
  }
  return (repeats * 2 * size ** 3) / median(times) / 1e6;
}

/** Microseconds of the JavaScript thread per dispatch of a replay: from the call until it waits for the device. */
async function hostTime(device, steps) {
  const { tf } = await fromPackage("core/tensor.js");
  const dispatches = 1000;
  const trace = ([x]) => {
    let y = x;
    for (let i = 0; i < dispatches; i++) y = i % 2 ? tf.neg(y) : tf.square(y);
    return [y];
  };
  const numbers = { dtype: "f32", shape: [4], data: Float32Array.of(1, 1, 1, 1) };
  const program = compile(device, trace, [numbers]);
  const times = [];
  for (let i = 0; i < steps + 5; i++) {
    const start = performance.now();
    const work = program.replay([numbers]);
    if (i >= 5) times.push(performance.now() - start);
    await work;
  }
  return (1000 * median(times)) / dispatches;
}

function compile(device, trace, inputs) {
  const made = [0, 1].map(() => device.record(trace, inputs));
  made.forEach(({ outputs }) => outputs.forEach((tensor) => tensor.dispose()));
  const program = device.compile(...made);
  if (typeof program === "string") throw new Error(program);
  return program;
}

/** Milliseconds of a training step of the small model. */
async function stepTime(backend, { batch, steps, precision, programs }) {
  const { loadGraph } = await fromPackage("runtime/load-graph.js");
  const { openPhase } = await fromPackage("runtime/bench/open-phase.js");
  const file = fileURLToPath(new URL("step/step.yaml", import.meta.url));
  const graph = await loadGraph(file, { overrides: overridesOf({ ...configs.tiny, batch }), nodes: [await randomLatents()] });
  const open = await openPhase(graph, graph.phases[0], backend, { precision }, programs);
  try {
    await open.run(5);
    return 1000 * median(await open.run(steps));
  } finally {
    await open.close();
  }
}

/** The same backend with tfjs's shaders alone: every fused op runs as its expansion. */
async function withoutOurs(backend) {
  const { tf } = await fromPackage("core/tensor.js");
  const { webgpuKernels } = await fromPackage("backends/webgpu/kernels/index.js");
  const { stockKernel } = await fromPackage("backends/webgpu/index.js");
  return {
    ...backend,
    async open(given) {
      const device = await backend.open(given);
      for (const name of Object.keys(webgpuKernels(stockKernel))) if (name !== "AddN") tf.unregisterKernel(name, "webgpu");
      tf.registerKernel({ kernelName: "BatchMatMul", backendName: "webgpu", kernelFunc: stockKernel("BatchMatMul") });
      return device;
    },
  };
}

export function text(found) {
  const limits = Object.entries(found.limits).map(([name, value]) => `${name} ${value}`);
  return [
    found.device,
    `features: ${found.features.join(" ")}`,
    `limits: ${limits.join(", ")}`,
    `product ${found.size}³: ${found.gflops.toPrecision(3)} GFLOP/s`,
    `replay: ${found.dispatch_us.toFixed(2)} µs of the host per dispatch`,
    `small training step, batch ${found.batch}: ${found.fused_ms.toFixed(1)} ms; with stock tfjs ops ${found.stock_ms.toFixed(1)} ms; ratio ${found.ratio.toFixed(2)}`,
  ].join("\n");
}
