import { attention } from "../../core/ops/attention.js";
import { gelu } from "../../core/ops/gelu.js";
import { layerNorm } from "../../core/ops/layer-norm.js";
import { linear } from "../../core/ops/linear.js";
import { swiglu } from "../../core/ops/swiglu.js";
import { philoxNormal } from "../../core/philox.js";
import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";
import type { NativeAddon } from "./addon.js";

/** Results of two instruction sets may differ by rounding, no more; bf16 operands keep eight bits. */
const tolerance = { fp32: 1e-4, bf16: 0.1 };

/**
 * Runs a few kernels on the instruction set in use and on the plain one, and steps down to the next set while they disagree: a
 * processor or compiler that no test has met must not train on wrong numbers. Gives a line for each set that failed.
 */
export function checkInstructionSet(addon: NativeAddon, precision: "fp32" | "bf16"): string[] {
  const failed: string[] = [];
  const usable = addon.isas();
  for (const isa of usable.slice(usable.indexOf(addon.isa()))) {
    addon.setIsa("plain");
    const wanted = probe();
    addon.setIsa(isa);
    if (isa === "plain" || agree(probe(), wanted, tolerance[precision])) break;
    failed.push(`${isa} failed its self-check`);
  }
  return failed;
}

/** Odd sizes, so that edges of tiles and vectors take part. */
function probe(): Float32Array {
  const draw = (place: number, ...shape: number[]): Tensor =>
    tf.tensor(philoxNormal([1, 2], place, 0, tf.util.sizeFromShape(shape)), shape);
  const results = tf.tidy(() => {
    const x = draw(0, 2, 37, 48);
    const qkv = linear({ x, weight: draw(1, 51, 48), bias: draw(2, 51) }, { activation: "none" });
    const mixed = attention({ qkv }, { heads: 1 });
    const normed = layerNorm({ x: mixed }, { epsilon: 1e-5 });
    const outputs = [normed, gelu({ x }, { form: "erf" }), swiglu({ u: x }, {}), tf.matMul(x, x, true, false), tf.sum(x, 0)];
    return tf.concat(outputs.map((y) => tf.reshape(y, [-1])));
  });
  const values = Float32Array.from(results.dataSync());
  results.dispose();
  return values;
}

function agree(got: Float32Array, wanted: Float32Array, limit: number): boolean {
  return got.every((value, i) => Math.abs(value - (wanted[i] ?? NaN)) <= limit * (1 + Math.abs(wanted[i] ?? NaN)));
}
