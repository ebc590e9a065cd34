import type { TensorInfo } from "../../../core/tensor.js";
import type { WebGpuBackend } from "../backend.js";
import { index, main, spreadOver } from "../shader.js";
import type { Shader } from "../shader.js";

/** Rows that one workgroup adds up. */
const chunk = 256;

/** Sums over the rows of x `[rows,width]` into a tensor of `shape` (width numbers), in two steps and always in the same order. */
export function columnSums(
  backend: WebGpuBackend,
  x: TensorInfo,
  rows: number,
  width: number,
  shape: readonly number[],
): TensorInfo {
  const out = backend.output(shape);
  const chunks = Math.ceil(rows / chunk);
  const first = chunks === 1 ? out : backend.output([chunks, width]);
  backend.run(chunkSums, { reads: [x], writes: [first], numbers: [rows, width], groups: [Math.ceil(width / 64), chunks, 1] });
  if (first === out) return out;
  addRows(backend, first, out, chunks, width);
  backend.free(first);
  return out;
}

/** out = the sum of the rows of x `[rows,width]`, for few rows. */
export function addRows(backend: WebGpuBackend, x: TensorInfo, out: TensorInfo, rows: number, width: number): void {
  backend.run(rowSums, { reads: [x], writes: [out], numbers: [rows, width], groups: spreadOver(width) });
}

const rowSums: Shader = {
  name: "row_sums",
  reads: ["x"],
  writes: ["y"],
  numbers: ["rows", "width"],
  code: `${main} {
  let i = ${index};
  if (i >= u.width) { return; }
  var sum = 0.0;
  for (var row = 0u; row < u.rows; row++) { sum += x[row * u.width + i]; }
  y[i] = sum;
}`,
};

/** 64 columns by 4 rows of invocations. */
const chunkSums: Shader = {
  name: "chunk_sums",
  reads: ["x"],
  writes: ["y"],
  numbers: ["rows", "width"],
  code: `var<workgroup> part: array<f32, 256>;
${main} {
  let column = group.x * 64u + lane % 64u;
  let start = group.y * ${chunk}u + lane / 64u;
  let end = min(u.rows, (group.y + 1u) * ${chunk}u);
  var sum = 0.0;
  if (column < u.width) {
    for (var row = start; row < end; row += 4u) { sum += x[row * u.width + column]; }
  }
  part[lane] = sum;
  workgroupBarrier();
  if (lane < 64u && column < u.width) {
    y[group.y * u.width + column] = part[lane] + part[lane + 64u] + part[lane + 128u] + part[lane + 192u];
  }
}`,
};
