import type { WebGpuBackend } from "../backend.js";

/** WGSL: the sum of a value over a workgroup of so many invocations, the same for all of them. Must be reached by all of them. */
export function sumText(lanes: number): string {
  return `
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
}

/** Invocations that share the sum of `count` numbers; on a processor, which switches among them at each barrier, few. */
export function lanesFor(count: number, { software }: Pick<WebGpuBackend, "software">): number {
  if (software) return 8;
  return count <= 128 ? 32 : count <= 512 ? 64 : 256;
}
