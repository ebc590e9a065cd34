import type { TensorInfo } from "../../../core/tensor.js";
import { sizeOf } from "../../shared/shapes.js";
import type { WebGpuBackend } from "../backend.js";
import type { Shader } from "../shader.js";
import { fromSquareSums, squareParts, squareSums } from "./square-sums.js";
import { lanesFor } from "./sums-text.js";

/**
 * A power of two that brings gradients into the range of half floats (6e-8 to 65504), for those of a mean over millions of numbers lie
 * below it: norm(x) becomes at most 2^14, so that no single number overflows.
 */
export function halfScale(backend: WebGpuBackend, x: TensorInfo): TensorInfo {
  const size = sizeOf(x.shape);
  const lanes = lanesFor(size, backend);
  const parts = squareParts(size, lanes);
  const [sums, scale] = [backend.output([parts]), backend.output([])];
  backend.run(squareSums(lanes), { reads: [x], writes: [sums], numbers: [size, 0], groups: [parts, 1, 1] });
  backend.run(scaleOf(lanes), { reads: [sums], writes: [scale], numbers: [parts], groups: [1, 1, 1] });
  backend.free(sums);
  return scale;
}

/** Where the squares are too small for f32, or all zero, the scale is 2^60. */
function scaleOf(lanes: number): Shader {
  return fromSquareSums(
    lanes,
    "half_scale",
    "scale",
    `let power = select(14.0 - 0.5 * log2(max(sum, 1.0e-37)), 60.0, sum == 0.0);
    scale[0] = ldexp(1.0, i32(clamp(floor(power), -60.0, 60.0)));`,
  );
}
