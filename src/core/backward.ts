import { tf } from "./tensor.js";
import type { Tensor, Variable } from "./tensor.js";

/** A scalar and its derivatives; undefined for a variable that it does not depend on. */
export interface Differentiated {
  readonly value: Tensor;
  readonly gradients: readonly (Tensor | undefined)[];
}

/**
 * The value of a scalar function and its gradient by each variable, as `tf.variableGrads` gives them, with less memory: saved
 * tensors and inner gradients are freed as soon as the walk back over the tape has used them, where tfjs keeps all to its end. The
 * caller owns the results. Throws where an op on the way has no gradient.
 */
export function differentiate(
  forward: () => Tensor,
  variables: readonly Variable[],
  onPull: (pull: Pull) => void = () => undefined,
): Differentiated {
  const engine = tf.engine() as unknown as TapeEngine;
  const tape = (): readonly TapeNode[] => engine.state.activeTape ?? [];
  const pulls = new Map<number, Tensor>();
  if (engine.state.gradientDepth > 0) throw new Error("differentiate: a gradient within a gradient is not supported");
  try {
    const value = engine.scopedRun(
      () => engine.startTape(),
      () => engine.endTape(),
      () => engine.tidy("forward", forward),
    );
    const reached = reachedFrom(variables, tape());
    if (reached.has(value.id)) pulls.set(value.id, tf.ones(value.shape));
    for (const [at, node] of [...tape().entries()].reverse()) {
      const made = pullBack(node, reached, pulls);
      if (made.length > 0) onPull({ at, kernel: node.kernelName, gradients: made });
      free(node);
    }
    const gradients = variables.map(({ id }) => pulls.get(id));
    pulls.clear();
    return { value, gradients };
  } finally {
    tape().forEach(free);
    for (const pull of pulls.values()) pull.dispose();
    engine.state.activeTape = null;
  }
}

/** One step of the walk back: the gradients that an op passed on to its inputs, which stay the walk's own. */
export interface Pull {
  /** Place of the op on the tape. */
  readonly at: number;
  readonly kernel: string;
  readonly gradients: readonly Tensor[];
}

/** Ops on the tape so far: between two calls lie the ops of the work between. 0 where none is kept. */
export function tapeLength(): number {
  return (tf.engine() as unknown as TapeEngine).state.activeTape?.length ?? 0;
}

/** What tfjs keeps of one op under the tape. */
export interface TapeNode {
  readonly kernelName: string;
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly outputs: readonly Tensor[];
  readonly saved?: Tensor[];
  gradient?(pulls: readonly (Tensor | undefined)[]): Record<string, () => Tensor>;
}

/** The parts of tfjs's engine that hold the tape; private in its types, and fixed by the pinned version. */
interface TapeEngine {
  readonly state: { activeTape: TapeNode[] | null; gradientDepth: number };
  startTape(): void;
  endTape(): void;
  scopedRun<T>(start: () => void, end: () => void, run: () => T): T;
  tidy<T>(name: string, run: () => T): T;
}

/** The ops so far of the tape under which the caller works; undefined outside one. */
export function openTape(): readonly TapeNode[] | undefined {
  const { state } = tf.engine() as unknown as TapeEngine;
  return state.gradientDepth > 0 ? [...(state.activeTape ?? [])] : undefined;
}

/** Ids of the tensors that depend on a variable, the variables included. */
export function reachedFrom(variables: readonly Variable[], tape: readonly TapeNode[]): Set<number> {
  const reached = new Set(variables.map(({ id }) => id));
  for (const node of tape)
    if (Object.values(node.inputs).some(({ id }) => reached.has(id))) for (const { id } of node.outputs) reached.add(id);
  return reached;
}

/** Takes the gradients of a node's outputs, adds those of its inputs; gives the latter's sums so far. What the op has saved stays. */
export function pullBack(node: TapeNode, reached: ReadonlySet<number>, pulls: Map<number, Tensor>): readonly Tensor[] {
  const given = node.outputs.map(({ id }) => pulls.get(id));
  if (given.every((pull) => pull === undefined)) return [];
  const wanted = Object.entries(node.inputs).filter(([, { id }]) => reached.has(id));
  if (wanted.length > 0) {
    const rules = node.gradient;
    if (!rules) throw new Error(`the op ${node.kernelName} has no gradient`);
    const made = tf.tidy(() => {
      const parts = rules(given);
      const own: Tensor[] = [];
      for (const [name, input] of wanted) own.push(owned(tf.tidy(part(node, parts, name)), input, node, [...given, ...own]));
      return own;
    });
    wanted.forEach(([, { id }], i) => add(pulls, id, made[i] as Tensor));
  }
  for (const output of node.outputs) {
    pulls.get(output.id)?.dispose();
    pulls.delete(output.id);
  }
  return wanted.flatMap(([, { id }]) => pulls.get(id) ?? []);
}

function part(node: TapeNode, parts: Readonly<Record<string, () => Tensor>>, name: string): () => Tensor {
  const rule = parts[name];
  if (!rule) throw new Error(`the op ${node.kernelName} has no gradient for its input "${name}"`);
  return rule;
}

/** A gradient that nobody else holds: a rule may give back the very tensor that it was given. */
function owned(gradient: Tensor, input: Tensor, node: TapeNode, others: readonly (Tensor | undefined)[]): Tensor {
  if (gradient.dtype !== "float32" || gradient.shape.join() !== input.shape.join())
    throw new Error(
      `the gradient of ${node.kernelName} is ${gradient.dtype}[${gradient.shape.join()}], expected float32[${input.shape.join()}]`,
    );
  return others.includes(gradient) ? gradient.clone() : gradient;
}

function add(pulls: Map<number, Tensor>, id: number, more: Tensor): void {
  const known = pulls.get(id);
  if (!known) {
    pulls.set(id, more);
    return;
  }
  pulls.set(id, tf.add(known, more));
  known.dispose();
  more.dispose();
}

function free(node: TapeNode): void {
  for (const tensor of node.saved?.splice(0) ?? []) tensor.dispose();
}
