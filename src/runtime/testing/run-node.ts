import type { AnyValue, NodeDef, StepContext, Values, Ports } from "../../core/define-node.js";
import { prepareTensors } from "../../core/prepare.js";
import { tf } from "../../core/tensor.js";
import type { HostArray } from "../../core/tensor.js";
import { builtinBackends } from "../../backends/index.js";
import { chooseBackend } from "../choose-backend.js";
import { createModel } from "../run/live-model.js";
import { stepContext } from "../run/random.js";
import { toNested, toTensor } from "./arrays.js";
import type { Nested } from "./arrays.js";

/** Settings of a node run alone; each has a sensible default. */
export interface RunNodeOptions {
  /** A backend's id; `reference` by default, the slow and plain one. */
  readonly backend?: string;
  readonly seed?: number;
  readonly step?: number;
  readonly training?: boolean;
  /** Weights of a model node, by published key; the others start as a run would start them. */
  readonly weights?: ReadonlyMap<string, HostArray>;
  /** Numbers to give instead of drawing them. */
  readonly noise?: Nested;
  /** Sizes that no input tells, e.g. `{ h: 4 }`. */
  readonly dims?: Readonly<Record<string, number>>;
}

/**
 * Runs one map or model node alone: nested numbers in, nested numbers out, by port. Throws what the schema says of bad params and
 * what the node itself throws.
 */
export async function runNode(
  def: NodeDef,
  inputs: Readonly<Record<string, Nested | HostArray>>,
  params: Readonly<Record<string, unknown>> = {},
  options: RunNodeOptions = {},
): Promise<Record<string, Nested>> {
  await prepareTensors();
  const { backend } = await chooseBackend(builtinBackends, options.backend ?? "reference");
  const device = await backend.open({ precision: "fp32" });
  try {
    const results: Record<string, Nested> = {};
    tf.tidy(() => {
      const outputs = runOn(def, inputs, def.params.parse(params), options);
      for (const [port, value] of Object.entries(outputs)) if (value instanceof tf.Tensor) results[port] = toNested(value);
    });
    return results;
  } finally {
    await device.close();
  }
}

function runOn(
  def: NodeDef,
  inputs: Readonly<Record<string, Nested | HostArray>>,
  params: Readonly<Record<string, unknown>>,
  options: RunNodeOptions,
): Readonly<Record<string, AnyValue | undefined>> {
  const tensors = Object.fromEntries(
    Object.entries(inputs).map(([port, value]) => [
      port,
      toTensor(value, def.inputs[port]?.spec.startsWith("i32") ? "i32" : "f32"),
    ]),
  ) as Values<Ports>;
  const drawn = stepContext(options.seed ?? 0, "node", () => options.step ?? 0, options.training ?? false);
  const { noise } = options;
  const context: StepContext =
    noise === undefined
      ? drawn
      : { ...drawn, random: { normal: () => toTensor(noise, "f32"), uniform: () => toTensor(noise, "f32") } };
  if (def.kind === "map") return def.run(tensors, params, context);
  if (def.kind !== "model") throw new Error(`runNode runs map and model nodes; "${def.type}" is a ${def.kind}`);
  const dims = { ...def.dims?.(params, options.dims ?? {}), ...options.dims };
  const node = {
    name: "node",
    def,
    params,
    inputs: {},
    dims: Object.fromEntries(Object.entries(dims).map(([name, size]) => [name, size ?? 0])),
    at: { file: "", start: 0, end: 0 },
  };
  const live = createModel(node, options.seed ?? 0, options.weights ?? new Map());
  try {
    return def.apply(live.weights, tensors, params, context);
  } finally {
    for (const variable of live.variables.values()) variable.dispose();
  }
}
