import { lanes } from "../shader.js";

/** WGSL: the sum of a value over a workgroup, the same for all its invocations. Must be reached by all of them. */
export const sumText = `
var<workgroup> shared_sums: array<f32, ${lanes}>;
fn total(lane: u32, value: f32) -> f32 {
  shared_sums[lane] = value;
  workgroupBarrier();
  for (var half = ${lanes / 2}u; half > 0u; half /= 2u) {
    if (lane < half) { shared_sums[lane] += shared_sums[lane + half]; }
    workgroupBarrier();
  }
  let sum = shared_sums[0];
  workgroupBarrier();
  return sum;
}`;
