import type { NodeDef } from "../../core/define-node.js";
import { prepareTensors } from "../../core/prepare.js";
import { tf } from "../../core/tensor.js";
import type { HostArray } from "../../core/tensor.js";
import { builtinBackends } from "../../backends/index.js";
import { chooseBackend } from "../choose-backend.js";
import { toNested } from "./arrays.js";
import type { Nested } from "./arrays.js";
import { isTensor, nodeFunction } from "./node-function.js";
import type { NodeInput } from "./node-function.js";

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
 * Runs one map or model node alone: nested numbers in, nested numbers out, by port. Throws where inputs do not fit the declared ports,
 * what the schema says of bad params, and what the node itself throws.
 */
export async function runNode(
  def: NodeDef,
  inputs: Readonly<Record<string, NodeInput>>,
  params: Readonly<Record<string, unknown>> = {},
  options: RunNodeOptions = {},
): Promise<Record<string, Nested>> {
  return onBackend(options.backend ?? "reference", async () => {
    const results: Record<string, Nested> = {};
    const node = nodeFunction(def, inputs, params, options);
    try {
      for (const [port, value] of Object.entries(node.call())) if (isTensor(value)) results[port] = await toNested(value);
    } finally {
      node.dispose();
    }
    return results;
  });
}

/** Calls a function on an opened backend; tensors that it makes are freed. One at a time: a process has one tensor library. */
export async function onBackend<T>(id: string, run: () => Promise<T>): Promise<T> {
  await prepareTensors();
  const { backend } = await chooseBackend(builtinBackends, id);
  const device = await backend.open({ precision: "fp32" });
  try {
    tf.engine().startScope();
    try {
      return await run();
    } finally {
      tf.engine().endScope();
    }
  } finally {
    await device.close();
  }
}
