import type { HostArray, Tensor } from "../../core/tensor.js";
import { upload } from "./transfer.js";

/** What a step leaves on the device: tensors that host nodes read, and scalars to log. The caller disposes both. */
export interface StepResult {
  /** By `node.port`, for every tensor that a reducer or sink reads. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** By optimizer node and name: loss, grad_norm. */
  readonly scalars: ReadonlyMap<string, Readonly<Record<string, Tensor>>>;
}

/** Frees what a step left on the device. */
export function disposeStep({ tensors, scalars }: StepResult): void {
  for (const tensor of tensors.values()) tensor.dispose();
  for (const values of scalars.values()) for (const value of Object.values(values)) value.dispose();
}

/** A tensor of a step's result: by key, or a scalar by optimizer and name. */
export type ResultName = { readonly key: string } | { readonly node: string; readonly scalar: string };

/** The names of a result's tensors, in the order of `tensorsOf`. */
export function namesOf({ tensors, scalars }: StepResult): ResultName[] {
  const named = [...scalars].flatMap(([node, values]) => Object.keys(values).map((scalar) => ({ node, scalar })));
  return [...[...tensors.keys()].map((key) => ({ key })), ...named];
}

/** The tensors of a step's result in the order of their names. */
export function tensorsOf({ tensors, scalars }: StepResult): Tensor[] {
  return [...tensors.values(), ...[...scalars.values()].flatMap((values) => Object.values(values))];
}

/** A name as messages show it. */
export function textOf(name: ResultName): string {
  return "key" in name ? name.key : `${name.node}.${name.scalar}`;
}

/** A result made of host arrays in the order of their names. */
export function resultOf(names: readonly ResultName[], outputs: readonly HostArray[]): StepResult {
  const tensors = new Map<string, Tensor>();
  const scalars = new Map<string, Record<string, Tensor>>();
  for (const [i, name] of names.entries()) {
    const output = outputs[i];
    if (!output) {
      disposeStep({ tensors, scalars });
      throw new Error(`the program gave no ${textOf(name)}`);
    }
    if ("key" in name) tensors.set(name.key, upload(output));
    else scalars.set(name.node, { ...scalars.get(name.node), [name.scalar]: upload(output) });
  }
  return { tensors, scalars };
}
