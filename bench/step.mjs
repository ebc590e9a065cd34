/**
 * One DiT-DH training step (noise, forward, backward, clip, AdamW, moving average) on a backend of the built package, in ms:
 * `npm run build && node bench/step.mjs [--config mini|mid|s] [--precision fp32|bf16] [--threads n] [--backend id] [--profile] [--json]`.
 */
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    config: { type: "string", default: "mini" },
    precision: { type: "string", default: "fp32" },
    backend: { type: "string", default: "native" },
    threads: { type: "string" },
    steps: { type: "string", default: "10" },
    profile: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});

/** The sizes of ../shared/peers/torch_ditdh.py. */
const configs = {
  mini: { input_size: 8, in_channels: 64, hidden_size: [128, 192], depth: [6, 2], num_heads: [4, 6], num_classes: 10, batch: 32 },
  mid: { input_size: 16, in_channels: 256, hidden_size: [256, 512], depth: [8, 2], num_heads: [4, 8], num_classes: 10, batch: 4 },
  s: {
    input_size: 16,
    in_channels: 768,
    hidden_size: [384, 2048],
    depth: [12, 2],
    num_heads: [6, 16],
    num_classes: 1000,
    batch: 2,
  },
};
const { batch, ...given } = configs[values.config];

const { nativeBackend } = await import("../dist/backends/native/index.js");
const { builtinBackends } = await import("../dist/backends/index.js");
const { ditDh } = await import("../dist/nodes/model/dit-dh.js");
const { adamwStep } = await import("../dist/core/ops/adamw.js");
const { velocityLoss } = await import("../dist/core/ops/velocity-loss.js");
const { randomNormal, randomUniform } = await import("../dist/core/ops/random.js");
const backend = [nativeBackend, ...builtinBackends].find(({ id }) => id === values.backend);
const device = await backend.open({ precision: values.precision, threads: values.threads ? Number(values.threads) : undefined });
const { tf } = await import("../dist/core/tensor.js");

const params = ditDh.params.parse(given);
const specs = ditDh.weights(params);
const key = [0, 1];
const start = ({ init, shape }, i) => {
  if (init.kind === "table") return tf.tensor(init.values(), shape);
  if (init.kind === "zeros" || init.kind === "ones") return tf.fill(shape, init.kind === "ones" ? 1 : 0.01);
  return tf.mul(randomNormal({ key, stream: i, step: 0, shape }), 0.02);
};
const variables = new Map(specs.map((spec, i) => [spec.name, tf.variable(start(spec, i), spec.trainable)]));
const parameters = specs.filter(({ trainable }) => trainable).map(({ name }) => variables.get(name));
const zeros = () => parameters.map((p) => tf.variable(tf.zeros(p.shape)));
const [first, second] = [zeros(), zeros()];
const average = parameters.map((p) => tf.variable(tf.add(p, 0)));

let step = 0;
const random = {
  normal: (shape, stream = "") => randomNormal({ key, stream: stream.length, step, shape }),
  uniform: (shape, stream = "") => randomUniform({ key, stream: stream.length, step, shape }),
};

function train() {
  step++;
  return tf.tidy(() => {
    const shape = [batch, params.input_size, params.input_size, params.in_channels];
    const data = randomNormal({ key, stream: 1, step, shape });
    const noise = randomNormal({ key, stream: 2, step, shape });
    const t = randomUniform({ key, stream: 3, step, shape: [batch] });
    const label = tf.tensor1d(
      Array.from({ length: batch }, (_, i) => i % params.num_classes),
      "int32",
    );
    const at = tf.reshape(t, [batch, 1, 1, 1]);
    const target = tf.sub(noise, data);
    const x = tf.add(data, tf.mul(at, target));
    const forward = () => {
      const context = { step, training: true, random };
      const { velocity } = ditDh.apply((name) => variables.get(name), { x, t, label }, params, context);
      return velocityLoss({ prediction: velocity, target }, {});
    };
    const { value, grads } = tf.engine().gradients(forward, parameters, undefined, true);
    const settings = { lr: 2e-4, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0, step, clip: 1, averageDecay: 0.9995 };
    adamwStep({ parameters, gradients: grads, first, second, average }, settings);
    return value;
  });
}

/** Milliseconds and calls per kernel, by wrapping every kernel of the backend. Kernels inside kernels are not counted twice. */
function profile() {
  const table = new Map();
  let depth = 0;
  for (const config of tf.getKernelsForBackend(tf.getBackend())) {
    const own = config.kernelFunc;
    config.kernelFunc = (call) => {
      const began = performance.now();
      depth++;
      try {
        return own(call);
      } finally {
        depth--;
        const entry = table.get(config.kernelName) ?? { calls: 0, ms: 0 };
        if (depth === 0) table.set(config.kernelName, { calls: entry.calls + 1, ms: entry.ms + performance.now() - began });
      }
    };
  }
  return table;
}

const losses = [];
for (let i = 0; i < 3; i++) losses.push((await train().data())[0]);
const table = values.profile ? profile() : undefined;
const times = [];
const before = process.cpuUsage();
for (let i = 0; i < Number(values.steps); i++) {
  const began = performance.now();
  const loss = train();
  losses.push((await loss.data())[0]);
  loss.dispose();
  times.push(performance.now() - began);
}
const { user, system } = process.cpuUsage(before);
times.sort((a, b) => a - b);
const result = {
  config: values.config,
  device: device.info,
  ms_median: times[times.length >> 1],
  ms_min: times[0],
  ms_processor: (user + system) / 1e3 / times.length,
  loss: losses.at(-1),
};
if (values.json) console.log(JSON.stringify(result));
else {
  console.log(
    `${result.config} on ${result.device}: ${result.ms_median.toFixed(1)} ms a step, best ${result.ms_min.toFixed(1)}, processor time ${result.ms_processor.toFixed(0)}, loss ${losses[0].toFixed(4)} -> ${result.loss.toFixed(4)}`,
  );
  for (const [name, { calls, ms }] of [...(table ?? [])].sort(([, a], [, b]) => b.ms - a.ms))
    console.log(
      `${name.padEnd(20)} ${(calls / times.length).toFixed(0).padStart(5)} calls ${(ms / times.length).toFixed(2).padStart(8)} ms`,
    );
}
await device.close();
