import { tf } from "../../core/tensor.js";
import type { TensorInfo } from "../../core/tensor.js";
import type { TfjsProgram, UniformPart } from "./tfjs-backend.js";

/** The uniform block that a tfjs shader expects: NaN, infinity, shapes and strides of inputs and output, size, its own numbers. */
export function tfjsUniforms(
  program: TfjsProgram,
  output: TensorInfo,
  inputs: readonly TensorInfo[],
  more: readonly UniformPart[] = [],
): Uint8Array {
  const shapes = [...inputs, output].flatMap(({ shape }) => [
    { type: "int32", data: shape },
    { type: "int32", data: tf.util.computeStrides(shape) },
  ]);
  const size = tf.util.sizeFromShape([...program.outputShape]) / (program.outputComponent || 1);
  return pack([
    { type: "float32", data: [NaN] },
    { type: "float32", data: [Infinity] },
    ...shapes,
    ...(program.size ? [{ type: "int32", data: [size] }] : []),
    ...more,
  ]);
}

/** Parts one after the other, aligned as WGSL aligns scalars, vectors and tfjs's structs of five or six numbers. */
function pack(parts: readonly UniformPart[]): Uint8Array {
  let bytes = 0;
  let before = 0;
  let widest = 4;
  const places = parts.map(({ type, data }) => {
    const numbers = data.length === 0 ? [1] : data;
    const { length } = numbers;
    if (length > 6) throw new Error(`webgpu: a tensor of ${length} axes; at most 6 are possible`);
    const align = before > 4 || length > 2 ? 16 : 4 * length;
    widest = Math.max(widest, align);
    const at = Math.ceil(bytes / align) * align;
    bytes = at + 4 * length;
    before = length;
    return { type, numbers, at };
  });
  const block = new ArrayBuffer(Math.ceil(bytes / widest) * widest);
  for (const { type, numbers, at } of places) {
    const view = type === "int32" ? Int32Array : type === "uint32" ? Uint32Array : Float32Array;
    new view(block, at, numbers.length).set(numbers);
  }
  return new Uint8Array(block);
}
