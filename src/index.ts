/** The public face of raegraph: read, check and run graphs; define node types, ops and backends. */
export { checkGraph, loadGraph, runGraph } from "./runtime/api.js";
export type { CheckedGraph, LoadOptions, Part, RunOptions, RunResult } from "./runtime/api.js";
export { UsageError } from "./runtime/usage-error.js";
export { RunFailure } from "./runtime/run/failure.js";

export { defineNode } from "./core/define-node.js";
export type * from "./core/define-node.js";
export type * from "./core/weight-spec.js";
export { defineOp } from "./core/define-op.js";
export type { Attrs, Op, OpDef } from "./core/define-op.js";
export { defineBackend } from "./core/define-backend.js";
export type {
  ComputeBackend,
  Device,
  DeviceOptions,
  Precision,
  Probe,
  Program,
  Recording,
  Trace,
} from "./core/define-backend.js";
export type { PerStep } from "./core/per-step.js";
export type { Random } from "./core/random.js";
export { readNow } from "./core/reading.js";
export type { Reading } from "./core/reading.js";
export { model, optional, record, tensor, weights } from "./core/port.js";
export type { Port, PortKind } from "./core/port.js";
export { z } from "zod";
export { path } from "./core/params.js";
export { tf } from "./core/tensor.js";
export type { HostArray, Tensor } from "./core/tensor.js";

export type { Plugin } from "./core/plugin.js";
export type { Contract, Graph, GraphEdge, GraphNode, Phase, PortRef } from "./core/graph.js";
export { GraphError } from "./core/problem.js";
export type { Problem, Span } from "./core/problem.js";
