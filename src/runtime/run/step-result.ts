import type { HostArray, Tensor } from "../../core/tensor.js";
import { upload } from "./transfer.js";

/** A scalar to log: on the device, or in host memory where a program gave it. */
export type Scalar = Tensor | HostArray;

/** What a step leaves: tensors on the device that host nodes read, and scalars to log. The caller disposes both. */
export interface StepResult {
  /** By `node.port`, for every tensor that a reducer or sink reads. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** By optimizer node and name: loss, grad_norm; a number for each update of the step. */
  readonly scalars: ReadonlyMap<string, Readonly<Record<string, Scalar>>>;
  /** By `node.port`, the mean of every output that the phase logs. */
  readonly logged: ReadonlyMap<string, Scalar>;
}

/** Frees what a step left on the device. */
export function disposeStep(result: StepResult): void {
  for (const tensor of tensorsOf(result)) tensor.dispose();
}

/** A tensor of a step's result: by key, a scalar by optimizer and name, or the mean of a logged output. */
export type ResultName =
  { readonly key: string } | { readonly node: string; readonly scalar: string } | { readonly logged: string };

/** The names of a result's tensors, in the order of `tensorsOf`. */
export function namesOf({ tensors, scalars, logged }: StepResult): ResultName[] {
  const named = [...scalars].flatMap(([node, values]) => Object.keys(values).map((scalar) => ({ node, scalar })));
  return [...[...tensors.keys()].map((key) => ({ key })), ...named, ...[...logged.keys()].map((key) => ({ logged: key }))];
}

/** The tensors of a step's result in the order of their names; scalars in host memory are none. */
export function tensorsOf({ tensors, scalars, logged }: StepResult): Tensor[] {
  const all = [...tensors.values(), ...[...scalars.values()].flatMap((values) => Object.values(values)), ...logged.values()];
  return all.filter(isTensor);
}

function isTensor(value: Scalar): value is Tensor {
  return "dispose" in value;
}

/** A scalar's numbers, one for every update of the step. */
export async function numbersOf(scalar: Scalar): Promise<ArrayLike<number>> {
  return isTensor(scalar) ? scalar.data() : scalar.data;
}

/** A name as messages show it. */
export function textOf(name: ResultName): string {
  if ("key" in name) return name.key;
  return "logged" in name ? `the log's ${name.logged}` : `${name.node}.${name.scalar}`;
}

/** A result made of host arrays in the order of their names. */
export function resultOf(names: readonly ResultName[], outputs: readonly HostArray[]): StepResult {
  const tensors = new Map<string, Tensor>();
  const scalars = new Map<string, Record<string, Scalar>>();
  const logged = new Map<string, Scalar>();
  for (const [i, name] of names.entries()) {
    const output = outputs[i];
    if (!output) {
      disposeStep({ tensors, scalars, logged });
      throw new Error(`the program gave no ${textOf(name)}`);
    }
    if ("key" in name) tensors.set(name.key, upload(output));
    else if ("logged" in name) logged.set(name.logged, output);
    else scalars.set(name.node, { ...scalars.get(name.node), [name.scalar]: output });
  }
  return { tensors, scalars, logged };
}
