import { CudnnError, kinds, list, types } from "./cudnn-calls.js";
import type { Attribute, Calls, Descriptor } from "./cudnn-calls.js";

const dataTypes = { f32: 0, bf16: 9 } as const;
const pointwiseModes = { multiply: 1, subtract: 9, exp: 13 } as const;
/** The attributes of each kind of descriptor, by their numbers there too. */
const attributes = {
  tensor: { alignment: 900, type: 901, dims: 902, strides: 903, id: 906, virtual: 907, byValue: 908 },
  pointwise: { mode: 0, precision: 1, how: 750, x: 751, y: 752, result: 753 },
  product: { precision: 1500, a: 1520, b: 1521, result: 1522, how: 1523 },
  reduction: { operator: 1600, precision: 1601, x: 1610, result: 1611, how: 1612 },
  view: { x: 2200, result: 2201 },
  attention: { q: 2800, k: 2801, v: 2802, y: 2803, sums: 2804, scale: 2805 },
  graph: { handle: 800, operations: 801 },
  heuristics: { mode: 200, graph: 201, results: 202, device: 204 },
  plan: { handle: 400, config: 401, workspace: 402, device: 407 },
  pack: { ids: 1000, places: 1001, workspace: 1003 },
} as const;
/** Ids of tensors between operations; those in memory have lower ones. */
const firstVirtual = 1000;
/** The heuristics that NVIDIA recommends, CUDNN_HEUR_MODE_A. */
const heuristicsMode = 3;

/** A tensor of an operation graph. */
export type GraphTensor = Descriptor;

/** A way in which the library carries out a graph. */
export interface CudnnPlan {
  readonly workspaceBytes: number;
  /** Starts it on the stream, `places` being the addresses of the graph's tensors by their ids. */
  run(places: ReadonlyMap<number, number>, workspace: number): void;
}

const longs = (values: readonly number[]): BigInt64Array => BigInt64Array.from(values, BigInt);
const refer = (attribute: number, descriptor: Descriptor): Attribute => [attribute, types.descriptor, list([descriptor])];
const enumerated = (attribute: number, type: number, value: number): Attribute => [attribute, type, Int32Array.of(value)];

/** Operations one after the other; sums are counted in float32. */
export class OperationGraph {
  private readonly operations: Descriptor[] = [];
  private between = firstVirtual;

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
    return this.tensor(id, "f32", [1, 1, 1, 1], [1, 1, 1, 1], [[attributes.tensor.byValue, types.boolean, Uint8Array.of(1)]]);
  }

  /** A tensor that exists between operations only; numbers lie one after the other where no strides are given. */
  virtual(dims: readonly number[], strides = contiguous(dims), type: keyof typeof dataTypes = "f32"): GraphTensor {
    return this.tensor(this.between++, type, dims, strides, [[attributes.tensor.virtual, types.boolean, Uint8Array.of(1)]]);
  }

  pointwise(mode: keyof typeof pointwiseModes, x: GraphTensor, y: GraphTensor | null, result: GraphTensor): GraphTensor {
    const how = this.calls.described(kinds.pointwise, [
      enumerated(attributes.pointwise.mode, types.pointwise, pointwiseModes[mode]),
      enumerated(attributes.pointwise.precision, types.dataType, dataTypes.f32),
    ]);
    const second = y ? [refer(attributes.pointwise.y, y)] : [];
    this.add(kinds.pointwiseOperation, [
      refer(attributes.pointwise.how, how),
      refer(attributes.pointwise.x, x),
      ...second,
      refer(attributes.pointwise.result, result),
    ]);
    return result;
  }

  /** [B,heads,m,k]·[B,heads,k,n]. */
  product(a: GraphTensor, b: GraphTensor, result: GraphTensor): GraphTensor {
    const how = this.calls.described(kinds.product, [enumerated(attributes.product.precision, types.dataType, dataTypes.f32)]);
    const operands = [refer(attributes.product.a, a), refer(attributes.product.b, b), refer(attributes.product.result, result)];
    this.add(kinds.productOperation, [...operands, refer(attributes.product.how, how)]);
    return result;
  }

  /** Sums over what has one place in the result. */
  sum(x: GraphTensor, result: GraphTensor): GraphTensor {
    const how = this.calls.described(kinds.reduction, [
      enumerated(attributes.reduction.operator, types.reduction, 0),
      enumerated(attributes.reduction.precision, types.dataType, dataTypes.f32),
    ]);
    this.add(kinds.reductionOperation, [
      refer(attributes.reduction.x, x),
      refer(attributes.reduction.result, result),
      refer(attributes.reduction.how, how),
    ]);
    return result;
  }

  /** The same memory under the result's shape. */
  view(x: GraphTensor, result: GraphTensor): GraphTensor {
    this.add(kinds.view, [refer(attributes.view.x, x), refer(attributes.view.result, result)]);
    return result;
  }

  /** softmax(q·kᵀ·scale)·v, and the logarithm of each row's sum of exponentials; cuDNN 9.13 or newer. */
  attention(q: GraphTensor, k: GraphTensor, v: GraphTensor, scale: GraphTensor, y: GraphTensor, sums: GraphTensor | null): void {
    const { attention } = attributes;
    const tensors = [refer(attention.q, q), refer(attention.k, k), refer(attention.v, v), refer(attention.y, y)];
    this.add(kinds.attention, [...tensors, ...(sums ? [refer(attention.sums, sums)] : []), refer(attention.scale, scale)]);
  }

  /** The ways in which the library does it, its favourite first. Throws a CudnnError where there is none. */
  plans(): CudnnPlan[] {
    const { calls, handle, device } = this;
    // Where it is to run: the device at hand, or the one that is described.
    const byHandle = (attribute: number): Attribute[] => (handle === 0 ? [] : [[attribute, types.handle, list([handle])]]);
    const byDevice = (attribute: number): Attribute[] => (handle === 0 ? [refer(attribute, device)] : []);
    const graph = calls.described(kinds.graph, [
      [attributes.graph.operations, types.descriptor, list(this.operations)],
      ...byHandle(attributes.graph.handle),
    ]);
    const heuristics = calls.described(kinds.heuristics, [
      refer(attributes.heuristics.graph, graph),
      enumerated(attributes.heuristics.mode, types.mode, heuristicsMode),
      ...byDevice(attributes.heuristics.device),
    ]);
    const plans: CudnnPlan[] = [];
    let refused: CudnnError | undefined;
    for (const config of calls.given(heuristics, attributes.heuristics.results, kinds.engineConfig)) {
      try {
        const plan = calls.described(kinds.plan, [
          refer(attributes.plan.config, config),
          ...byHandle(attributes.plan.handle),
          ...byDevice(attributes.plan.device),
        ]);
        plans.push(this.planned(plan, calls.wholeNumber(plan, attributes.plan.workspace)));
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
            [attributes.pack.ids, types.int64, longs([...places.keys()])],
            [attributes.pack.places, types.pointer, list([...places.values()])],
            [attributes.pack.workspace, types.pointer, list([workspace])],
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
      [attributes.tensor.id, types.int64, longs([id])],
      enumerated(attributes.tensor.type, types.dataType, dataTypes[type]),
      [attributes.tensor.alignment, types.int64, longs([type === "f32" ? 4 : 16])],
      [attributes.tensor.dims, types.int64, longs(dims)],
      [attributes.tensor.strides, types.int64, longs(strides)],
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
