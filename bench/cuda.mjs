import { fromPackage } from "./machine.mjs";
import { median } from "./numbers.mjs";
import { wholeNumber } from "./options.mjs";

export const note = "The cuda backend's products, attention, norms and optimizer, by the GPU's own clock.";

export const options = {
  size: { value: "n", default: "8192", note: "side of the square product", check: wholeNumber },
  batch: { value: "n", default: "32", note: "samples of 256 tokens for attention and norms", check: wholeNumber },
  parameters: { value: "n", default: "200000000", note: "numbers that the optimizer changes", check: wholeNumber },
  steps: { value: "n", default: "20", note: "runs of each", check: wholeNumber },
};

/** Milliseconds of the GPU for each case, and what that makes in TFLOP/s or GB/s; attention by our own kernels and by cuDNN as well. */
export async function run(options) {
  const { results, device, precision } = await timed(options, () => true);
  if (!device.endsWith("cuDNN")) return { device, precision, results };
  for (const by of ["own", "cudnn"]) {
    process.env.RAEGRAPH_CUDA_ATTENTION = by;
    const attention = await timed(options, ({ name }) => name.startsWith("attention"));
    results.push(
      ...attention.results.map((result) => ({
        ...result,
        name: `${result.name}, by ${by === "own" ? "our own kernels" : "cuDNN"}`,
      })),
    );
  }
  delete process.env.RAEGRAPH_CUDA_ATTENTION;
  return { device, precision, results };
}

async function timed({ precision, size, batch, parameters, steps }, chosen) {
  const { tf, loadTensors } = await fromPackage("core/tensor.js");
  const { builtinBackends } = await fromPackage("backends/index.js");
  const device = await builtinBackends.find(({ id }) => id === "cuda").open({ precision });
  const library = tf ?? (await loadTensors());
  try {
    const cases = await casesOf(library, { size, batch, parameters, bytes: precision === "bf16" ? 2 : 4 });
    const results = [];
    for (const { name, prepare, flops, bytes } of cases.filter(chosen)) {
      const { work, free } = prepare();
      const once = () => library.tidy(() => void work());
      once();
      once();
      const times = [];
      for (let i = 0; i < steps; i++) times.push((await library.time(once)).kernelMs);
      free();
      const ms = median(times);
      results.push({ name, ms, ...(flops ? { tflops: flops / ms / 1e9 } : { gb_per_s: bytes / ms / 1e6 }) });
    }
    return { device: device.info, precision, results };
  } finally {
    await device.close();
  }
}

async function casesOf(tf, { size, batch, parameters, bytes }) {
  const op = async (file, name) => (await fromPackage(`core/ops/${file}.js`))[name];
  const [attention, linear, rmsNorm] = [
    await op("attention", "attention"),
    await op("linear", "linear"),
    await op("rms-norm", "rmsNorm"),
  ];
  const adamwStep = await op("adamw", "adamwStep");
  const { runKernel } = await fromPackage("core/define-op.js");
  /** Inputs that live as long as the case, filled by one pass over numbers that are not all the same. */
  const held = (shapes) => shapes.map((shape) => tf.keep(tf.tidy(() => tf.sub(tf.randomUniform(shape), 0.5))));
  const withInputs = (shapes, work) => () => {
    const inputs = held(shapes);
    return { work: () => work(...inputs), free: () => tf.dispose(inputs) };
  };
  const [N, D, heads] = [256, 1152, 16];
  const tokens = [batch, N, D];
  const attentionFlops = 4 * batch * N * N * D;
  return [
    {
      name: `product ${size}³`,
      prepare: withInputs([[size, size], [size, size]], (x, weight) => linear({ x, weight }, { activation: "none" })),
      flops: 2 * size ** 3,
    },
    { name: "attention", prepare: withInputs([[batch, N, 3 * D]], (qkv) => attention({ qkv }, { heads })), flops: attentionFlops },
    {
      name: "attention, backward",
      prepare: withInputs([tokens, [batch, N, 3 * D]], (dy, qkv) => runKernel("AttentionGrad", { dy, qkv }, { heads })),
      flops: 2.5 * attentionFlops,
    },
    {
      name: "rms_norm",
      prepare: withInputs([tokens, [D]], (x, weight) => rmsNorm({ x, weight }, { epsilon: 1e-6 })),
      bytes: (4 + bytes) * batch * N * D,
    },
    {
      name: "rms_norm, backward",
      prepare: withInputs([tokens, tokens, [D]], (dy, x, weight) => runKernel("RmsNormGrad", { dy, x, weight }, { epsilon: 1e-6 })),
      bytes: (8 + bytes) * batch * N * D,
    },
    {
      name: "adamw with clipping and average",
      prepare: () => {
        const side = Math.floor(Math.sqrt(parameters));
        const variables = () => [tf.tidy(() => tf.variable(tf.fill([side, side], 0.01)))];
        const [parameter, first, second, average] = [variables(), variables(), variables(), variables()];
        const gradients = [tf.fill([side, side], 0.001)];
        const settings = () => ({
          lr: 1e-4, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0, step: 10, clip: 1, averageDecay: 0.999,
        }); // prettier-ignore
        return {
          work: () => adamwStep({ parameters: parameter, gradients, first, second, average }, settings),
          free: () => tf.dispose([parameter, first, second, average, gradients].flat()),
        };
      },
      bytes: 40 * Math.floor(Math.sqrt(parameters)) ** 2,
    },
  ]; // prettier-ignore
}

export function text({ device, precision, results }) {
  const rows = results.map(({ name, ms, tflops, gb_per_s: rate }) =>
    [
      name.padEnd(32),
      `${ms.toFixed(3)} ms`.padStart(12),
      tflops === undefined ? `${rate.toFixed(0)} GB/s` : `${tflops.toFixed(1)} TFLOP/s`,
    ].join("  "),
  );
  return [`${device}, ${precision}`, ...rows].join("\n");
}
