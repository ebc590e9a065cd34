import { embedding } from "../../../core/ops/embedding.js";
import type { TensorInfo } from "../../../core/tensor.js";
import { fusedKernels } from "../../shared/fused.js";
import type { KernelTable } from "../../shared/open-device.js";
import { allFloat, lastAxis, sizeOf } from "../../shared/shapes.js";
import type { WebGpuBackend } from "../backend.js";
import { index, main, spreadOver } from "../shader.js";
import type { Shader } from "../shader.js";

type Inputs = { dy?: TensorInfo; table: TensorInfo; index: TensorInfo };

/** Rows of a table by index; the gradient adds up repeated rows, always in the same order. */
export const rowKernels: KernelTable = fusedKernels<WebGpuBackend>(
  embedding,
  (inputs, _attrs, backend) => {
    const { table, index: places } = inputs as Inputs;
    if (!fits(table, places)) return undefined;
    const width = lastAxis(table.shape);
    const out = backend.output([...places.shape, width]);
    const size = sizeOf(out.shape);
    const numbers = [size, width, table.shape[0] ?? 0];
    backend.run(gather, { reads: [table, places], writes: [out], numbers, groups: spreadOver(size) });
    return out;
  },
  (inputs, _attrs, backend) => {
    const { dy, table, index: places } = inputs as Inputs;
    if (!dy || !allFloat(dy) || !fits(table, places)) return undefined;
    const [sums, none] = [backend.output(table.shape), backend.output(places.shape)];
    const size = sizeOf(table.shape);
    const numbers = [size, lastAxis(table.shape), sizeOf(places.shape)];
    backend.run(scatter, { reads: [dy, places], writes: [sums], numbers, groups: spreadOver(size) });
    const count = sizeOf(places.shape);
    backend.run(zeros, { reads: [], writes: [none], numbers: [count], groups: spreadOver(count) });
    return [sums, none];
  },
);

function fits(table: TensorInfo, places: TensorInfo): boolean {
  return (
    allFloat(table) && places.dtype === "int32" && table.shape.length === 2 && sizeOf(places.shape) * sizeOf(table.shape) > 0
  );
}

const gather: Shader = {
  name: "gather",
  reads: ["rows", "place: i32"],
  writes: ["y"],
  numbers: ["size", "width", "count"],
  code: `${main} {
  let i = ${index};
  if (i >= u.size) { return; }
  let row = u32(place[i / u.width]);
  // A place outside the table gives zeros, as tfjs does on a GPU.
  y[i] = select(0.0, rows[min(row, u.count - 1u) * u.width + i % u.width], row < u.count);
}`,
};

const scatter: Shader = {
  name: "scatter_sum",
  reads: ["dy", "place: i32"],
  writes: ["sums"],
  numbers: ["size", "width", "count"],
  code: `${main} {
  let i = ${index};
  if (i >= u.size) { return; }
  let row = i32(i / u.width);
  var sum = 0.0;
  for (var n = 0u; n < u.count; n++) {
    if (place[n] == row) { sum += dy[n * u.width + i % u.width]; }
  }
  sums[i] = sum;
}`,
};

const zeros: Shader = {
  name: "zeros",
  reads: [],
  writes: ["y"],
  numbers: ["size"],
  code: `${main} {
  let i = ${index};
  if (i < u.size) { y[i] = 0.0; }
}`,
};
