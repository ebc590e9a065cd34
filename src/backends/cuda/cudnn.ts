import { declare } from "./ffi.js";
import type { Library } from "./ffi.js";

const declarations = {
  cudnnGetVersion: "size_t cudnnGetVersion()",
  cudnnGetCudartVersion: "size_t cudnnGetCudartVersion()",
  cudnnGetLastErrorString: "void cudnnGetLastErrorString(void *text, size_t bytes)",
  cudnnCreate: "int cudnnCreate(void *handle)",
  cudnnDestroy: "int cudnnDestroy(uint64_t handle)",
  cudnnSetStream: "int cudnnSetStream(uint64_t handle, uint64_t stream)",
  cudnnBackendCreateDescriptor: "int cudnnBackendCreateDescriptor(int type, void *descriptor)",
  cudnnBackendDestroyDescriptor: "int cudnnBackendDestroyDescriptor(uint64_t descriptor)",
  cudnnBackendSetAttribute:
    "int cudnnBackendSetAttribute(uint64_t descriptor, int attribute, int type, int64_t count, void *values)",
  cudnnBackendGetAttribute:
    "int cudnnBackendGetAttribute(uint64_t descriptor, int attribute, int type, int64_t wanted, void *count, void *values)",
  cudnnBackendFinalize: "int cudnnBackendFinalize(uint64_t descriptor)",
  cudnnBackendExecute: "int cudnnBackendExecute(uint64_t handle, uint64_t plan, uint64_t pack)",
} as const;

/** Numbers of cudnn_graph.h: kinds of descriptors, types of attributes, attributes. */
const kinds = {
  pointwise: 0, heuristics: 4, engineConfig: 3, plan: 5, pointwiseOperation: 13, graph: 15, pack: 16, tensor: 17, product: 18,
  productOperation: 19, reduction: 21, reductionOperation: 22, view: 31, device: 38, attention: 41,
} as const; // prettier-ignore
const types = {
  handle: 0, dataType: 1, boolean: 2, int64: 3, pointer: 6, mode: 8, pointwise: 14, descriptor: 15, reduction: 18, char: 24,
} as const; // prettier-ignore
const dataTypes = { f32: 0, bf16: 9 } as const;
const pointwiseModes = { multiply: 1, subtract: 9, exp: 13 } as const;
/** The heuristics that NVIDIA recommends, CUDNN_HEUR_MODE_A. */
const heuristicsMode = 3;

/** Anything of the library's own. */
type Descriptor = number;

/** A tensor of an operation graph. */
export type GraphTensor = Descriptor;

/** A way in which the library carries out a graph. */
export interface CudnnPlan {
  readonly workspaceBytes: number;
  /** Starts it on the stream, `places` being the addresses of the graph's tensors by their ids. */
  run(places: ReadonlyMap<number, number>, workspace: number): void;
}

/** What cuDNN refused. */
export class CudnnError extends Error {
  constructor(what: string, reason: string) {
    super(reason === "" ? `cuda: ${what}` : `cuda: ${what}: ${reason}`);
    this.name = "CudnnError";
  }
}

/** Where graphs are to run: on a stream of the device whose context is current, or on one that is only described (as cuDNN's JSON). */
export type CudnnTarget = { readonly stream: number } | { readonly device: string };

/** cuDNN's graphs of operations on tensors [B,heads,rows,columns]. */
export interface Cudnn {
  graph(): OperationGraph;
  close(): void;
}

/** The library's version, e.g. 92400 for 9.24.0, and the first number of the CUDA that it was made for. */
export function cudnnVersion(library: Library): { readonly version: number; readonly cuda: number } {
  const { cudnnGetVersion, cudnnGetCudartVersion } = declarations;
  const f = declare(library, { cudnnGetVersion, cudnnGetCudartVersion });
  return { version: f.cudnnGetVersion(), cuda: Math.floor(f.cudnnGetCudartVersion() / 1000) };
}

/** Throws a CudnnError where the library cannot start. */
export function openCudnn(library: Library, target: CudnnTarget): Cudnn {
  const calls = new Calls(library);
  let handle = 0;
  let device = 0;
  if ("stream" in target) {
    handle = calls.make("cudnnCreate");
    calls.check("cudnnSetStream", calls.f.cudnnSetStream(handle, target.stream));
  } else device = calls.described(kinds.device, [[2702, types.char, Buffer.from(target.device)]]);
  return {
    graph: () => new OperationGraph(calls, handle, device),
    close() {
      calls.close();
      if (handle !== 0) calls.f.cudnnDestroy(handle);
    },
  };
}

type Attribute = readonly [attribute: number, type: number, values: ArrayBufferView];

/** The functions, with what fails as an error, and all descriptors that were made. */
class Calls {
  readonly f: Record<keyof typeof declarations, (...args: unknown[]) => number>;
  private readonly handle = new BigUint64Array(1);
  private readonly descriptors: Descriptor[] = [];

  constructor(library: Library) {
    this.f = declare(library, declarations);
  }

  check(call: string, code: number): void {
    if (code !== 0) throw new CudnnError(`${call} failed with code ${code}`, this.complaint());
  }

  /** The library's words for the first thing that did not fit of late; what follows in them tells where that was noticed. */
  complaint(): string {
    const text = Buffer.alloc(4096);
    this.f.cudnnGetLastErrorString(text, text.length);
    const lines = text.subarray(0, text.indexOf(0)).toString().trim().split("\n");
    return lines.find((line) => line.includes("Reason: "))?.split("Reason: ")[1] ?? lines[0] ?? "";
  }

  make(call: "cudnnCreate" | "cudnnBackendCreateDescriptor", ...args: unknown[]): number {
    this.handle[0] = 0n;
    this.check(call, this.f[call](...args, this.handle));
    return Number(this.handle[0]);
  }

  /** A finished descriptor. */
  described(kind: number, attributes: readonly Attribute[], keep = true): Descriptor {
    const made = this.make("cudnnBackendCreateDescriptor", kind);
    if (keep) this.descriptors.push(made);
    for (const [attribute, type, values] of attributes) {
      const code = this.f.cudnnBackendSetAttribute(made, attribute, type, values.byteLength / bytesOf(type), values);
      this.check("cudnnBackendSetAttribute", code);
    }
    this.check("cudnnBackendFinalize", this.f.cudnnBackendFinalize(made));
    return made;
  }

  drop(descriptor: Descriptor): void {
    this.f.cudnnBackendDestroyDescriptor(descriptor);
  }

  /** Descriptors of a kind that another one gives: as many as it has. */
  given(from: Descriptor, attribute: number, kind: number): Descriptor[] {
    const count = new BigInt64Array(1);
    this.check("cudnnBackendGetAttribute", this.f.cudnnBackendGetAttribute(from, attribute, types.descriptor, 0, count, null));
    const made = Array.from({ length: Number(count[0]) }, () => this.make("cudnnBackendCreateDescriptor", kind));
    this.descriptors.push(...made);
    if (made.length === 0) return [];
    const code = this.f.cudnnBackendGetAttribute(from, attribute, types.descriptor, made.length, count, list(made));
    this.check("cudnnBackendGetAttribute", code);
    // Of those that it counted some may not be able to do it.
    return made.slice(0, Number(count[0]));
  }

  wholeNumber(from: Descriptor, attribute: number): number {
    const [count, value] = [new BigInt64Array(1), new BigInt64Array(1)];
    this.check("cudnnBackendGetAttribute", this.f.cudnnBackendGetAttribute(from, attribute, types.int64, 1, count, value));
    return Number(value[0]);
  }

  close(): void {
    for (const descriptor of this.descriptors.splice(0).reverse()) this.drop(descriptor);
  }
}

function bytesOf(type: number): number {
  if (type === types.char || type === types.boolean) return 1;
  return enumerations.has(type) ? 4 : 8;
}
const enumerations: ReadonlySet<number> = new Set([types.dataType, types.mode, types.pointwise, types.reduction]);

const list = (descriptors: readonly Descriptor[]): BigUint64Array => BigUint64Array.from(descriptors, BigInt);
const longs = (values: readonly number[]): BigInt64Array => BigInt64Array.from(values, BigInt);
const refer = (attribute: number, descriptor: Descriptor): Attribute => [attribute, types.descriptor, list([descriptor])];
const enumerated = (attribute: number, type: number, value: number): Attribute => [attribute, type, Int32Array.of(value)];

/** Operations one after the other; sums are counted in float32. */
export class OperationGraph {
  private readonly operations: Descriptor[] = [];
  private between = 1000;

  constructor(
    private readonly calls: Calls,
    private readonly handle: number,
    private readonly device: Descriptor,
  ) {}

  /** A tensor in the device's memory, at a multiple of 16 bytes. */
  memory(id: number, type: keyof typeof dataTypes, dims: readonly number[], strides: readonly number[]): GraphTensor {
    return this.tensor(id, type, dims, strides, []);
  }

  /** A float32 number that the host gives at each run. */
  value(id: number): GraphTensor {
    return this.tensor(id, "f32", [1, 1, 1, 1], [1, 1, 1, 1], [[908, types.boolean, Uint8Array.of(1)]]);
  }

  /** A tensor that exists between operations only; numbers lie one after the other where no strides are given. */
  virtual(dims: readonly number[], strides = contiguous(dims), type: keyof typeof dataTypes = "f32"): GraphTensor {
    return this.tensor(this.between++, type, dims, strides, [[907, types.boolean, Uint8Array.of(1)]]);
  }

  pointwise(mode: keyof typeof pointwiseModes, x: GraphTensor, y: GraphTensor | null, result: GraphTensor): GraphTensor {
    const how = this.calls.described(kinds.pointwise, [
      enumerated(0, types.pointwise, pointwiseModes[mode]),
      enumerated(1, types.dataType, dataTypes.f32),
    ]);
    const second = y ? [refer(752, y)] : [];
    this.add(kinds.pointwiseOperation, [refer(750, how), refer(751, x), ...second, refer(753, result)]);
    return result;
  }

  /** [B,heads,m,k]·[B,heads,k,n]. */
  product(a: GraphTensor, b: GraphTensor, result: GraphTensor): GraphTensor {
    const how = this.calls.described(kinds.product, [enumerated(1500, types.dataType, dataTypes.f32)]);
    const operands = [refer(1520, a), refer(1521, b), refer(1522, result)];
    this.add(kinds.productOperation, [...operands, refer(1523, how)]);
    return result;
  }

  /** Sums over what has one place in the result. */
  sum(x: GraphTensor, result: GraphTensor): GraphTensor {
    const how = this.calls.described(kinds.reduction, [
      enumerated(1600, types.reduction, 0),
      enumerated(1601, types.dataType, dataTypes.f32),
    ]);
    this.add(kinds.reductionOperation, [refer(1610, x), refer(1611, result), refer(1612, how)]);
    return result;
  }

  /** The same memory under the result's shape. */
  view(x: GraphTensor, result: GraphTensor): GraphTensor {
    this.add(kinds.view, [refer(2200, x), refer(2201, result)]);
    return result;
  }

  /** softmax(q·kᵀ·scale)·v, and the logarithm of each row's sum of exponentials; cuDNN 9.13 or newer. */
  attention(q: GraphTensor, k: GraphTensor, v: GraphTensor, scale: GraphTensor, y: GraphTensor, sums: GraphTensor | null): void {
    const tensors = [q, k, v, y].map((tensor, i) => refer(2800 + i, tensor));
    this.add(kinds.attention, [...tensors, ...(sums ? [refer(2804, sums)] : []), refer(2805, scale)]);
  }

  /** The ways in which the library does it, its favourite first. Throws a CudnnError where there is none. */
  plans(): CudnnPlan[] {
    const { calls, handle, device } = this;
    const own = (attribute: number, deviceAttribute: number): Attribute[] =>
      handle !== 0 ? [[attribute, types.handle, list([handle])]] : [refer(deviceAttribute, device)];
    const graph = calls.described(kinds.graph, [
      [801, types.descriptor, list(this.operations)],
      ...(handle !== 0 ? own(800, 0) : []),
    ]);
    const heuristics = calls.described(kinds.heuristics, [
      refer(201, graph),
      enumerated(200, types.mode, heuristicsMode),
      ...(handle !== 0 ? [] : own(0, 204)),
    ]);
    const plans: CudnnPlan[] = [];
    let refused: CudnnError | undefined;
    for (const config of calls.given(heuristics, 202, kinds.engineConfig)) {
      try {
        const plan = calls.described(kinds.plan, [refer(401, config), ...own(400, 407)]);
        plans.push(this.planned(plan, calls.wholeNumber(plan, 402)));
      } catch (error) {
        // Offered and yet refused: the next one.
        if (!(error instanceof CudnnError)) throw error;
        refused = error;
      }
    }
    if (plans.length === 0) throw refused ?? new CudnnError("there is no plan", calls.complaint());
    return plans;
  }

  private planned(plan: Descriptor, workspaceBytes: number): CudnnPlan {
    const { calls, handle } = this;
    return {
      workspaceBytes,
      run(places, workspace) {
        const pack = calls.described(
          kinds.pack,
          [
            [1000, types.int64, longs([...places.keys()])],
            [1001, types.pointer, list([...places.values()])],
            [1003, types.pointer, list([workspace])],
          ],
          false,
        );
        calls.check("cudnnBackendExecute", calls.f.cudnnBackendExecute(handle, plan, pack));
        calls.drop(pack);
      },
    };
  }

  private tensor(
    id: number,
    type: keyof typeof dataTypes,
    dims: readonly number[],
    strides: readonly number[],
    more: readonly Attribute[],
  ): GraphTensor {
    return this.calls.described(kinds.tensor, [
      [906, types.int64, longs([id])],
      enumerated(901, types.dataType, dataTypes[type]),
      [900, types.int64, longs([type === "f32" ? 4 : 16])],
      [902, types.int64, longs(dims)],
      [903, types.int64, longs(strides)],
      ...more,
    ]);
  }

  private add(kind: number, attributes: readonly Attribute[]): void {
    this.operations.push(this.calls.described(kind, attributes));
  }
}

function contiguous([, heads = 1, rows = 1, columns = 1]: readonly number[]): number[] {
  return [heads * rows * columns, rows * columns, columns, 1];
}
