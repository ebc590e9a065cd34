import type { z } from "zod";
import type { KeyLayout } from "./key-layout.js";
import type { PerStep } from "./per-step.js";
import type { Port, PortKind } from "./port.js";
import type { Random } from "./random.js";
import type { Reading } from "./reading.js";
import type { HostArray, Tensor, Variable } from "./tensor.js";
import type { SavedTable, WeightSpec } from "./weight-spec.js";

/** Sizes by the names a node's ports use, e.g. `{ B: 32, h: 4, w: 4, C: 128 }`. */
export type Dims = Readonly<Record<string, number>>;

export type Ports = Readonly<Record<string, Port>>;

/** A JSON value, as checkpoints and reports store it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What a device node may know besides its inputs. It never learns its backend. */
export interface StepContext {
  /**
   * True for a map where an optimizer trains in this phase, for a model while its own weights are trained: switches label dropout and noise
   * augmentation on.
   */
  readonly training: boolean;
  readonly random: Random;
  /** Of a model in training: gives one of its weights that are not trained its next value, at once, as a running estimate. */
  remember(name: string, value: Tensor): void;
}

/** Looks a weight up by its name; throws for a name that the model did not declare. */
export type Weights = (name: string) => Tensor;

/** A callable model, as samplers use it; channels last. */
export interface Model {
  /** Sizes of one sample: h, w, C. */
  readonly latent: readonly [number, number, number];
  /** The label that stands for "no class". */
  readonly nullLabel: number;
  /** Velocity at x `[B,h,w,C]`, time t `[B]` (0 data, 1 noise), label `[B]`. */
  velocity(x: Tensor, t: Tensor, label: Tensor): Tensor;
}

/** The named variables of a model, in the order of its declaration. */
export interface WeightSet {
  readonly node: string;
  readonly specs: readonly WeightSpec[];
  /** What files of it list besides. */
  readonly tables?: readonly SavedTable[];
  get: Weights;
}

/** Any value of the device: what a definition whose own types were forgotten takes and gives. */
export type AnyValue = Tensor | Model | WeightSet | Json;

interface DeviceKinds {
  tensor: Tensor;
  model: Model;
  weights: WeightSet;
  record: Json;
}
interface HostKinds {
  tensor: HostArray;
  model: never;
  weights: NamedArrays;
  record: Json;
}
type ValueOf<P extends Port> = PortKind extends P["kind"] ? AnyValue : DeviceKinds[P["kind"]];
type HostValueOf<P extends Port> = HostKinds[P["kind"]];

/** Device values by port name. */
export type Values<P extends Ports> = {
  [K in keyof P]: P[K]["optional"] extends true ? ValueOf<P[K]> | undefined : ValueOf<P[K]>;
};
/** The same values, fetched to host memory. */
export type HostValues<P extends Ports> = {
  [K in keyof P]: P[K]["optional"] extends true ? HostValueOf<P[K]> | undefined : HostValueOf<P[K]>;
};
/** Weights fetched to host memory, with their published names. */
export type NamedArrays = ReadonlyMap<string, HostArray>;

/** One batch from a source, with the index of each of its samples in the data set. */
export interface Packet {
  readonly indices: readonly number[];
  readonly values: Readonly<Record<string, HostArray>>;
}

/**
 * A running source. `state()` describes the position after the packet that `next()` gave last; a fresh instance given that
 * state by `restore` continues with the very next sample.
 */
export interface Source {
  /** The next batch, or undefined at the end of the data. */
  next(): Promise<Packet | undefined>;
  state(): Json;
  restore(state: Json): void;
  close(): Promise<void>;
}

/** A source or model that a host node's data came through, with a file that it reads. */
export interface Origin {
  readonly node: string;
  readonly type: string;
  /** What the node's probe said of its data, e.g. how many images. */
  readonly summary?: string;
  readonly file?: string;
  /** Of a file; a folder has none. */
  readonly sha256?: string;
}

/** What host nodes (sources, reducers, sinks) may use of the run. */
export interface HostContext {
  readonly node: string;
  readonly seed: number;
  /** Seconds of the run's clock: for rates and for what is due now and then. Tests set it. */
  now(): number;
  /** Shows a line to the user and writes it to the run's log. */
  log(level: "info" | "warn", message: string): void;
  /** Writes a file into the run folder, atomically; gives its full path. `path` is relative to the run folder. */
  write(path: string, bytes: Uint8Array): Promise<string>;
  /** The most bytes that the run's device held so far; left out where it does not tell. */
  peakMemory?(): number;
  /** Where the node's inputs come from, to store with results: every source and model before it, a line for each of its files. */
  origins(): Promise<readonly Origin[]>;
}

/** Accumulates host arrays over a phase in float64 and gives the result at its end. */
export interface Reduction<I extends Ports> {
  add(values: HostValues<I>): void | Promise<void>;
  /** Named results, e.g. `{ psnr: 27.1 }`. */
  finish(): Promise<Record<string, number>> | Record<string, number>;
  /** Called instead of `finish` when the phase fails or is stopped: frees what is held. */
  abandon?(): Promise<void> | void;
}

/** Writes or shows packets. */
export interface Sink<I extends Ports> {
  write(values: HostValues<I>, at: { readonly step: number; readonly phase: string }): Promise<void>;
  /** Called once at the end of a phase that went well: what was gathered is whole. */
  close(): Promise<void>;
  /** Called instead of `close` when the phase fails or is stopped: frees what is held and leaves finished files as they are. */
  abandon?(): Promise<void>;
}

/** A tensor inside a node: what it is, e.g. `the first layer of the MLP`, and its shape. */
export interface InnerTensor {
  readonly what: string;
  readonly shape: readonly number[];
}

/** What `probe` found out about files without reading their contents. */
export interface ProbeResult {
  /** Sizes that the files decide, by the names used in the ports. */
  readonly dims?: Dims;
  /** Whole shapes of ports whose spec has `...`, by port, batch included. */
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
  /** One line for `graph check`, e.g. `10000 images 28x28`. */
  readonly summary?: string;
}

interface Common<I extends Ports, O extends Ports, S extends z.ZodObject> {
  /** Registered name, `family.snake_name`. */
  readonly type: string;
  /** Raised when the meaning of params or ports changes. */
  readonly version?: number;
  /** One sentence for `graph inspect`. */
  readonly note: string;
  readonly inputs: I;
  readonly outputs: O;
  /** Ranges, defaults and one-line docs of the params. Mark paths with `path()` from `params.ts`. */
  readonly params: S;
  /**
   * Sizes that follow from the params and from sizes known so far, e.g. h from H and the patch. Called until nothing new
   * comes; throw an Error that says what is wrong with the sizes and the cure.
   */
  dims?(params: z.output<S>, known: Partial<Dims>): Partial<Dims>;
  /** Looks at files (existence, headers) before a run; throws an Error that says what is wrong and the cure. */
  probe?(params: z.output<S>): Promise<ProbeResult>;
  /**
   * Of map and model nodes whose results depend on inputs, params and weights alone, never on random numbers, the step or training: such a node
   * may be cached. `sample`: each sample's results depend on that sample alone; `batch`: on the whole batch.
   */
  readonly pure?: "sample" | "batch";
  /** Floating-point operations of one forward pass at these sizes (a multiply-add counts two). */
  flops?(params: z.output<S>, dims: Dims): number;
  /** Numbers that one forward pass leaves for the backward pass, for the memory estimate. */
  activations?(params: z.output<S>, dims: Dims): number;
  /** The largest tensor that one forward pass makes on its way, to be held against a device's limit. */
  largest?(params: z.output<S>, dims: Dims): InnerTensor;
}

/** Reads data: host side, an endless or finite series of batches. */
export interface SourceNode<O extends Ports = Ports, S extends z.ZodObject = z.ZodObject> extends Common<Ports, O, S> {
  readonly kind: "source";
  readonly inputs: Record<string, never>;
  open(params: z.output<S>, context: HostContext): Promise<Source>;
}

/** A pure tensor function of one step. */
export interface MapNode<I extends Ports = Ports, O extends Ports = Ports, S extends z.ZodObject = z.ZodObject> extends Common<
  I,
  O,
  S
> {
  readonly kind: "map";
  /** How often a step asks the model of its `model` input, counted in batches of its own size, for the count of operations. */
  evaluations?(params: z.output<S>): number;
  run(inputs: Values<I>, params: z.output<S>, context: StepContext): Values<O>;
  /**
   * The same work for params with which `run` looks at numbers on its way, undefined for others. With it a node works on devices that give
   * numbers only later; its steps are never replayed as programs.
   */
  reading?(params: z.output<S>): ((inputs: Values<I>, context: StepContext) => Reading<Values<O>>) | undefined;
}

/**
 * A tensor function with weights. A `weights` output and, for velocity models, a `model` output are filled by the runtime;
 * `apply` returns the tensor outputs.
 */
export interface ModelNode<I extends Ports = Ports, O extends Ports = Ports, S extends z.ZodObject = z.ZodObject> extends Common<
  I,
  O,
  S
> {
  readonly kind: "model";
  weights(params: z.output<S>, dims: Dims): readonly WeightSpec[];
  apply(weights: Weights, inputs: Values<I>, params: z.output<S>, context: StepContext): Record<string, Tensor>;
  /** Tables that its files list beside the weights. */
  tables?(params: z.output<S>): readonly SavedTable[];
  /** The label that stands for "no class", for models with a `model` output. */
  nullLabel?(params: z.output<S>): number;
  /** Where its weights can be had, to be told where their file is missing. */
  readonly published?: string;
  /** How files may name the weights; the first that fits is taken. Default: as declared, nothing left out. */
  readonly layouts?: readonly KeyLayout[];
}

/** Owns gradients' use: moments, averages, schedules. The runtime gives it the gradients of its `loss` input. */
export interface OptimizerNode<
  I extends Ports = Ports,
  O extends Ports = Ports,
  S extends z.ZodObject = z.ZodObject,
> extends Common<I, O, S> {
  readonly kind: "optimizer";
  create(params: z.output<S>, trains: WeightSet): Optimizer;
}

/** A running optimizer over the trainable variables of one model. */
export interface Optimizer {
  readonly trains: WeightSet;
  /** Micro-batches that a step's batch is cut into, whose gradients are averaged: less memory, the same step. Default 1. */
  readonly accumulate?: number;
  /** What follows a step whose loss or gradient is NaN or infinite: the run's end (the default), or the next step. */
  readonly onNonfinite?: "stop" | "skip";
  /**
   * Updates the variables in place from gradients in the order of `trains.specs` that are trainable; gives scalars to log. `step` counts
   * the updates before this one; what depends on it is asked for by kernels, for a recorded step runs this function no more. Where a
   * gradient is NaN or infinite it must change nothing and give a scalar that is not finite, as `adamwStep` does.
   */
  apply(gradients: readonly Tensor[], step: PerStep): Record<string, Tensor>;
  /** Numbers that are known before the update, to log: the learning rate. */
  schedule(step: number): Readonly<Record<string, number>>;
  /** Variables that a checkpoint must hold besides the weights, by name. */
  state(): ReadonlyMap<string, Variable>;
  /** The averaged weights, if it keeps them: `dit.model@ema` reads these. */
  readonly average: Weights | undefined;
  /** Frees moments and averages. */
  dispose(): void;
}

/** Accumulates over a phase and gives its value at the end. */
export interface ReducerNode<I extends Ports = Ports, S extends z.ZodObject = z.ZodObject> extends Common<I, Ports, S> {
  readonly kind: "reducer";
  readonly outputs: Record<string, never>;
  start(params: z.output<S>, context: HostContext): Promise<Reduction<I>> | Reduction<I>;
}

/** Writes or shows. */
export interface SinkNode<I extends Ports = Ports, S extends z.ZodObject = z.ZodObject> extends Common<I, Ports, S> {
  readonly kind: "sink";
  readonly outputs: Record<string, never>;
  open(params: z.output<S>, context: HostContext): Promise<Sink<I>>;
}

/** Any node type, its parameter types forgotten; made only by `defineNode`. */
export type NodeDef = SourceNode | MapNode | ModelNode | OptimizerNode | ReducerNode | SinkNode;

/** Makes a node type. `kind` says what it is; see the interface of that kind for what it must give. */
export function defineNode<O extends Ports, S extends z.ZodObject>(def: SourceNode<O, S>): NodeDef;
export function defineNode<I extends Ports, O extends Ports, S extends z.ZodObject>(def: MapNode<I, O, S>): NodeDef;
export function defineNode<I extends Ports, O extends Ports, S extends z.ZodObject>(def: ModelNode<I, O, S>): NodeDef;
export function defineNode<I extends Ports, O extends Ports, S extends z.ZodObject>(def: OptimizerNode<I, O, S>): NodeDef;
export function defineNode<I extends Ports, S extends z.ZodObject>(def: ReducerNode<I, S>): NodeDef;
export function defineNode<I extends Ports, S extends z.ZodObject>(def: SinkNode<I, S>): NodeDef;
export function defineNode(def: unknown): NodeDef {
  // A definition forgets its own parameter types here. That holds because the checker parses params with the definition's
  // own schema, and connects only ports of the declared types, before anything calls its functions.
  return def as NodeDef;
}
