import { openCudnn } from "./cudnn.js";
import type { Cudnn, CudnnTarget } from "./cudnn.js";
import { CudnnError } from "./cudnn-calls.js";
import type { CudnnPlan, GraphTensor, OperationGraph } from "./cudnn-graph.js";
import { addressOf } from "./ffi.js";
import type { Ffi, Library } from "./ffi.js";

/** What attention is asked for: its result; with each row's sums for the backward pass; or the gradients of q, k and v. */
export type AttentionPass = "forward" | "forwardWithSums" | "backward";

export interface AttentionSize {
  readonly pass: AttentionPass;
  readonly batch: number;
  readonly tokens: number;
  readonly heads: number;
  /** Numbers of a head. */
  readonly width: number;
}

/** Addresses: q, k, v beside each other [B,N,3D] as bf16, like their gradients; y and dy [B,N,D] as bf16. */
export interface AttentionPlaces {
  readonly qkv: number;
  readonly y: number;
  /** [B,heads,N] float32: the logarithm of each row's sum of exponentials. */
  readonly sums?: number;
  readonly dy?: number;
  /** [B,heads,N] float32, for the plan's own use. */
  readonly along?: number;
  readonly dqkv?: number;
}

export interface AttentionPlan {
  readonly workspaceBytes: number;
  run(places: AttentionPlaces, workspace: number): void;
}

/** cuDNN's attention. */
export interface CudnnAttention {
  /** True where it goes before our own kernels, however fast these are. */
  readonly preferred: boolean;
  /** The ways in which it does attention of a size, its favourite first; none where it does not. */
  plans(size: AttentionSize): readonly AttentionPlan[];
  /** Why it did not do some size, told once. */
  remarks(): string[];
  close(): void;
}

/** The first version with attention as one operation. */
export const oldestCudnn = 91300;
/** The first whose backward pass takes numbers of tokens that 128 does not divide. */
const anyTokens = 91600;

/** Bytes of workspace beyond which a plan is not worth it: the deterministic backward pass keeps B·heads·N·N numbers. */
const mostWorkspace = 2 ** 28;

const ids = { q: 1, k: 2, v: 3, y: 4, sums: 5, scale: 6, one: 7, dy: 8, along: 9, dq: 10, dk: 11, dv: 12 } as const;

/** Opens the library when it is first asked. `version` is as cudnnVersion gives it. */
export function makeCudnnAttention(
  ffi: Ffi,
  library: Library,
  version: number,
  target: CudnnTarget,
  preferred = false,
): CudnnAttention {
  const known = new Map<string, readonly AttentionPlan[]>();
  const remarks = new Map<string, string>();
  const told = new Set<string>();
  let opened: Cudnn | undefined;

  const refuse = ({ batch, tokens, heads, width }: AttentionSize, reason: string): void =>
    void remarks.set([batch, tokens, heads, width].join(), reason);
  const make = (size: AttentionSize): readonly AttentionPlan[] => {
    if (version < oldestCudnn || size.width % 8 !== 0) return [];
    if (size.pass === "backward" && size.tokens % 128 !== 0 && version < anyTokens) return [];
    try {
      opened ??= openCudnn(library, target);
      const graph = opened.graph();
      if (size.pass === "backward") describeBackward(graph, size);
      else describeForward(graph, size);
      const plans = graph.plans();
      const [least = 0] = plans.map(({ workspaceBytes }) => workspaceBytes).sort((a, b) => a - b);
      if (least > mostWorkspace) refuse(size, `it takes ${(least / 1e6).toFixed(0)} MB of workspace`);
      return plans.filter(({ workspaceBytes }) => workspaceBytes <= mostWorkspace).map((plan) => planned(ffi, plan, size));
    } catch (error) {
      if (!(error instanceof CudnnError)) throw error;
      refuse(size, error.message.replace(/^cuda: /, ""));
      return [];
    }
  };
  return {
    preferred,
    plans(size) {
      const key = Object.values(size).join();
      const plans = known.get(key) ?? make(size);
      known.set(key, plans);
      return plans;
    },
    remarks() {
      const fresh = [...remarks].filter(([key]) => !told.has(key));
      return fresh.map(([key, reason]) => {
        told.add(key);
        return `cuda: cuDNN does no attention of [B,N,heads,width] = [${key}] (${reason}); our own kernels do it`;
      });
    },
    close: () => opened?.close(),
  };
}

/** [B,heads,N,width] in memory where tokens are `pitch` numbers apart; the columns come before the tokens where it is turned. */
function headsIn(graph: OperationGraph, id: number, size: AttentionSize, thirds: number, turned = false): GraphTensor {
  const { batch, tokens, heads, width } = size;
  const pitch = thirds * heads * width;
  return turned
    ? graph.memory(id, "bf16", [batch, heads, width, tokens], [tokens * pitch, width, 1, pitch])
    : graph.memory(id, "bf16", [batch, heads, tokens, width], [tokens * pitch, width, pitch, 1]);
}

function rowsIn(graph: OperationGraph, id: number, { batch, tokens, heads }: AttentionSize): GraphTensor {
  return graph.memory(id, "f32", [batch, heads, tokens, 1], [heads * tokens, tokens, 1, 1]);
}

function describeForward(graph: OperationGraph, size: AttentionSize): void {
  const [q, k, v] = [ids.q, ids.k, ids.v].map((id) => headsIn(graph, id, size, 3)) as [GraphTensor, GraphTensor, GraphTensor];
  const sums = size.pass === "forward" ? null : rowsIn(graph, ids.sums, size);
  graph.attention(q, k, v, graph.value(ids.scale), headsIn(graph, ids.y, size, 1), sums);
}

/**
 * The gradients from the sums that the forward pass left (arXiv 2307.08691, algorithm 2): p = exp(q·kᵀ·scale - sums), dv = pᵀ·dy,
 * ds = p·(dy·vᵀ - Σ dy·y)·scale, dk = dsᵀ·q, dq = ds·k. dq is a product of its own, not added up in float32 by whoever comes first, so the
 * same numbers come at every run; the library takes B·heads·N·N numbers of workspace for it.
 */
function describeBackward(graph: OperationGraph, size: AttentionSize): void {
  const { batch, tokens, heads, width } = size;
  const [rows, each] = [
    [batch, heads, tokens, 1],
    [batch, heads, tokens, width],
  ];
  const square = [batch, heads, tokens, tokens];
  const turned = [heads * tokens * tokens, tokens * tokens, 1, tokens];
  const q = headsIn(graph, ids.q, size, 3);
  const [k, v] = [headsIn(graph, ids.k, size, 3, true), headsIn(graph, ids.v, size, 3, true)];
  const [y, dy] = [headsIn(graph, ids.y, size, 1), headsIn(graph, ids.dy, size, 1)];
  const [dq, dk, dv] = [ids.dq, ids.dk, ids.dv].map((id) => headsIn(graph, id, size, 3)) as [
    GraphTensor,
    GraphTensor,
    GraphTensor,
  ];
  const [scale, one] = [graph.value(ids.scale), graph.value(ids.one)];

  const sum = graph.sum(graph.pointwise("multiply", dy, y, graph.virtual(each)), graph.virtual(rows));
  const along = graph.pointwise("multiply", sum, one, rowsIn(graph, ids.along, size));

  const scaled = graph.pointwise("multiply", graph.product(q, k, graph.virtual(square)), scale, graph.virtual(square));
  const shifted = graph.pointwise("subtract", scaled, rowsIn(graph, ids.sums, size), graph.virtual(square));
  const p = graph.pointwise("exp", shifted, null, graph.virtual(square));
  graph.product(graph.view(p, graph.virtual(square, turned, "bf16")), dy, dv);

  const pull = graph.pointwise("subtract", graph.product(dy, v, graph.virtual(square)), along, graph.virtual(square));
  const weighed = graph.pointwise("multiply", pull, p, graph.virtual(square));
  const ds = graph.pointwise("multiply", weighed, scale, graph.virtual(square));
  graph.product(graph.view(ds, graph.virtual(square, turned, "bf16")), q, dk);

  const pitch = 3 * heads * width;
  graph.product(ds, graph.view(k, graph.virtual(each, [tokens * pitch, width, pitch, 1], "bf16")), dq);
}

function planned(ffi: Ffi, plan: CudnnPlan, size: AttentionSize): AttentionPlan {
  const third = 2 * size.heads * size.width;
  const constants = Float32Array.of(1 / Math.sqrt(size.width), 1);
  return {
    workspaceBytes: plan.workspaceBytes,
    run({ qkv, y, sums = 0, dy = 0, along = 0, dqkv = 0 }, workspace) {
      // The library reads these during the call.
      const constantsAt = addressOf(ffi, constants);
      const places = new Map<number, number>([
        [ids.q, qkv], [ids.k, qkv + third], [ids.v, qkv + 2 * third], [ids.y, y], [ids.scale, constantsAt],
      ]); // prettier-ignore
      if (size.pass !== "forward") places.set(ids.sums, sums);
      if (size.pass === "backward") {
        places
          .set(ids.one, constantsAt + 4)
          .set(ids.dy, dy)
          .set(ids.along, along);
        places
          .set(ids.dq, dqkv)
          .set(ids.dk, dqkv + third)
          .set(ids.dv, dqkv + 2 * third);
      }
      plan.run(places, workspace);
    },
  };
}
