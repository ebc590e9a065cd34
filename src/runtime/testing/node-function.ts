import type { AnyValue, Model, NodeDef, Ports, StepContext, Values, WeightSet } from "../../core/define-node.js";
import { tf } from "../../core/tensor.js";
import type { HostArray, Tensor, Variable } from "../../core/tensor.js";
import { createModel } from "../run/live-model.js";
import { stepContext } from "../run/random.js";
import { toTensor } from "./arrays.js";
import type { Nested } from "./arrays.js";
import { matchPorts } from "./match-ports.js";
import type { Shaped, Sizes } from "./match-ports.js";

/** What a node alone may be given at a port. */
export type NodeInput = Nested | HostArray | Model | WeightSet;

/** The run around a node alone. */
export interface NodeSettings {
  /** The node's name, which keys its random numbers besides the seed. */
  readonly name?: string;
  readonly seed?: number;
  readonly step?: number;
  readonly training?: boolean;
  readonly weights?: ReadonlyMap<string, HostArray>;
  readonly noise?: Nested;
  readonly dims?: Readonly<Record<string, number>>;
}

/** A map or model node with its params, ready to be called. */
export interface NodeFunction {
  /** The inputs that are tensors, by port; whoever called for them frees them. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** Trainable variables of a model. */
  readonly variables: readonly { readonly name: string; readonly variable: Variable }[];
  /** Sizes that the inputs show, by name. */
  readonly sizes: Sizes;
  /** One step, on the given tensors where they replace inputs. */
  call(replaced?: Readonly<Record<string, Tensor>>): Readonly<Record<string, AnyValue | undefined>>;
  dispose(): void;
}

/** Makes a node callable on the opened device. Throws where inputs do not fit its ports, and what its schema says of bad params. */
export function nodeFunction(
  def: NodeDef,
  inputs: Readonly<Record<string, NodeInput>>,
  params: Readonly<Record<string, unknown>>,
  settings: NodeSettings,
): NodeFunction {
  if (def.kind !== "map" && def.kind !== "model")
    throw new Error(`map and model nodes run alone; "${def.type}" is a ${def.kind}: use harness`);
  const checked = def.params.parse(params);
  const callables = Object.fromEntries(Object.entries(inputs).filter(([, value]) => isCallable(value)));
  const tensors: Record<string, Tensor> = {};
  for (const [port, value] of Object.entries(inputs))
    if (!isCallable(value)) tensors[port] = toTensor(value, dtypeOf(def.inputs, port));
  const sizes: Sizes = { names: new Map(Object.entries(settings.dims ?? {})), row: undefined };
  const wrong = [
    ...matchPorts("input", def.inputs, new Map(Object.entries(tensors).map(([port, tensor]) => [port, shapedOf(tensor)])), sizes),
    ...missing(def.inputs, inputs),
  ];
  if (wrong.length > 0) throw new Error(`${def.type}: ${wrong.join("; ")}`);
  const dims = allDims(def, checked, sizes);
  const context = contextOf(settings);
  const givenTo = (replaced: Readonly<Record<string, Tensor>> = {}): Values<Ports> =>
    // The values fit the ports: that was looked at above.
    ({ ...callables, ...tensors, ...replaced }) as Values<Ports>;
  if (def.kind === "map")
    return {
      tensors,
      variables: [],
      sizes,
      call: (replaced) => def.run(givenTo(replaced), checked, context),
      dispose: () => undefined,
    };
  const node = { name: "node", def, params: checked, inputs: {}, dims, at: { file: "", start: 0, end: 0 } };
  const live = createModel(node, settings.seed ?? 0, settings.weights ?? new Map());
  return {
    tensors,
    variables: [...live.variables].flatMap(([name, variable]) => (variable.trainable ? [{ name, variable }] : [])),
    sizes,
    call: (replaced) => def.apply(live.weights, givenTo(replaced), checked, context),
    dispose() {
      for (const variable of live.variables.values()) variable.dispose();
    },
  };
}

/** A tensor's type as ports declare it. */
export function shapedOf(tensor: Tensor): Shaped {
  return { dtype: tensor.dtype === "int32" ? "i32" : "f32", shape: tensor.shape };
}

/** The dtype that a port declares. */
export function dtypeOf(ports: Ports, port: string): "f32" | "i32" {
  return ports[port]?.spec.trim().startsWith("i32") ? "i32" : "f32";
}

function missing(ports: Ports, inputs: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(ports).flatMap(([name, port]) =>
    port.optional || name in inputs ? [] : [`input "${name}" (${port.spec}) is not given`],
  );
}

/** The sizes that follow from params and inputs, asked for until nothing new comes, as the checker does. */
function allDims(def: NodeDef, params: Readonly<Record<string, unknown>>, { names }: Sizes): Record<string, number> {
  for (let before = -1; def.dims && names.size > before;) {
    before = names.size;
    for (const [name, size] of Object.entries(def.dims(params, Object.fromEntries(names))))
      if (size !== undefined) names.set(name, size);
  }
  return Object.fromEntries(names);
}

function contextOf({ name = "node", seed = 0, step = 0, training = false, noise }: NodeSettings): StepContext {
  // A node alone is a pure function: what it would remember for later is let go.
  const drawn = stepContext(seed, name, () => step, training, { remember: () => undefined });
  if (noise === undefined) return drawn;
  return { ...drawn, random: { normal: () => toTensor(noise, "f32"), uniform: () => toTensor(noise, "f32") } };
}

function isCallable(value: NodeInput): value is Model | WeightSet {
  return typeof value === "object" && ("velocity" in value || "specs" in value);
}

/** True for a value that is a tensor. */
export function isTensor(value: AnyValue | undefined): value is Tensor {
  return value instanceof tf.Tensor;
}
