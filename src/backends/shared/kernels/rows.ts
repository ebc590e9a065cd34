import { embedding } from "../../../core/ops/embedding.js";
import type { TensorInfo } from "../../../core/tensor.js";
import type { KernelTable } from "../open-device.js";
import { fused } from "../call-backend.js";
import type { BaseKernels, CallBackend } from "../call-backend.js";
import { allFloat, lastAxis, sizeOf } from "../shapes.js";

/** Rows of a table by index. */
export const embeddingKernels: KernelTable = fused(
  embedding,
  (inputs, _attrs, backend) => {
    const { table, index } = inputs as { table: TensorInfo; index: TensorInfo };
    if (!allFloat(table) || index.dtype !== "int32" || table.shape.length !== 2) return undefined;
    return gathered(backend, table, index, [...index.shape, lastAxis(table.shape)]);
  },
  (inputs, _attrs, backend) => {
    const { dy, table, index } = inputs as { dy: TensorInfo; table: TensorInfo; index: TensorInfo };
    if (!allFloat(dy, table) || index.dtype !== "int32" || table.shape.length !== 2) return undefined;
    const sums = segmentSums(backend, dy, index, table.shape[0] ?? 0, table.shape);
    const none = backend.output(index.shape);
    backend.call("fill")(none.values, 0, none.values.length, 0);
    return [sums, none.info];
  },
);

/** Kernels that pick or add up rows by index, fill and convert. */
export const rowKernels: BaseKernels = {
  GatherV2: (inputs, attrs, backend) => {
    const { x, indices } = inputs as { x: TensorInfo; indices: TensorInfo };
    const plain = (attrs["axis"] ?? 0) === 0 && ((attrs["batchDims"] as number | undefined) ?? 0) === 0 && x.shape.length > 0;
    if (!plain || !allFloat(x) || indices.dtype !== "int32") return undefined;
    return gathered(backend, x, indices, [...indices.shape, ...x.shape.slice(1)]);
  },
  UnsortedSegmentSum: (inputs, attrs, backend) => {
    const { x, segmentIds } = inputs as { x: TensorInfo; segmentIds: TensorInfo };
    const segments = attrs["numSegments"] as number;
    if (!allFloat(x) || segmentIds.dtype !== "int32" || segmentIds.shape.length !== 1 || x.shape.length === 0) return undefined;
    return segmentSums(backend, x, segmentIds, segments, [segments, ...x.shape.slice(1)]);
  },
  Fill: (_inputs, attrs, backend) => {
    const { shape, value, dtype } = attrs as { shape: number[]; value: unknown; dtype?: string };
    const type = dtype ?? "float32";
    if (typeof value !== "number" || (type !== "float32" && type !== "int32")) return undefined;
    const out = backend.outputLike(shape, type);
    backend.call("fill")(out.values, value, out.values.length, Number(type === "int32"));
    return out.info;
  },
  OneHot: (inputs, attrs, backend) => {
    const { indices } = inputs as { indices: TensorInfo };
    const { depth, onValue, offValue, dtype = "int32" } = attrs as OneHotAttrs;
    if (indices.dtype !== "int32" || (dtype !== "int32" && dtype !== "float32")) return undefined;
    const out = backend.outputLike([...indices.shape, depth], dtype);
    const numbers = [sizeOf(indices.shape), depth, onValue, offValue, Number(dtype === "int32")];
    backend.call("oneHot")(out.values, backend.i32(indices), ...numbers);
    return out.info;
  },
  Cast: (inputs, attrs, backend) => {
    const { x } = inputs as { x: TensorInfo };
    if (x.dtype === attrs["dtype"]) return backend.alias(x, x.shape);
    const kind = ["int32>float32", "float32>int32", "bool>float32", "bool>int32"].indexOf(`${x.dtype}>${String(attrs["dtype"])}`);
    if (kind < 0) return undefined;
    const out = backend.outputLike(x.shape, attrs["dtype"] as string);
    backend.call("cast")(out.values, backend.array(x), kind, out.values.length);
    return out.info;
  },
};

type OneHotAttrs = { readonly depth: number; readonly onValue: number; readonly offValue: number; readonly dtype?: string };

function gathered(backend: CallBackend, table: TensorInfo, index: TensorInfo, shape: readonly number[]): TensorInfo {
  const rows = table.shape[0] ?? 0;
  const places = backend.i32(index);
  const out = backend.output(shape);
  backend.call("gather")(out.values, backend.f32(table), places, places.length, sizeOf(table.shape.slice(1)), rows);
  return out.info;
}

function segmentSums(
  backend: CallBackend,
  x: TensorInfo,
  ids: TensorInfo,
  segments: number,
  shape: readonly number[],
): TensorInfo {
  const out = backend.output(shape);
  const rows = sizeOf(ids.shape);
  backend.call("segmentSum")(out.values, backend.f32(x), backend.i32(ids), rows, sizeOf(shape.slice(1)), segments);
  return out.info;
}
