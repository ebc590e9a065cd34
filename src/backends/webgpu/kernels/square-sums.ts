import { mainOf } from "../shader.js";
import type { Shader } from "../shader.js";
import { sumText } from "./sums-text.js";

/** Most workgroups that add up the squares of one tensor. */
const mostParts = 32;

/** Workgroups, and partial sums, for a tensor of so many numbers. */
export function squareParts(size: number, lanes: number): number {
  return Math.min(mostParts, Math.ceil(size / lanes / 4));
}

/** Partial sums of the squares of `g`, one for each workgroup, from the place `offset` on. */
export function squareSums(lanes: number): Shader {
  return {
    name: `square_sums_${lanes}`,
    reads: ["g"],
    writes: ["sums"],
    numbers: ["size", "offset"],
    code: `${sumText(lanes)}
${mainOf(lanes)} {
  var part = 0.0;
  for (var i = group.x * ${lanes}u + lane; i < u.size; i += groups.x * ${lanes}u) { part += g[i] * g[i]; }
  let sum = total(lane, part);
  if (lane == 0u) { sums[u.offset + group.x] = sum; }
}`,
  };
}

/** Adds those partial sums up; `finish` writes what follows from their `sum` to `target`. */
export function fromSquareSums(lanes: number, name: string, target: string, finish: string): Shader {
  return {
    name: `${name}_${lanes}`,
    reads: ["sums"],
    writes: [target],
    numbers: ["count"],
    code: `${sumText(lanes)}
${mainOf(lanes)} {
  var part = 0.0;
  for (var i = lane; i < u.count; i += ${lanes}u) { part += sums[i]; }
  let sum = total(lane, part);
  if (lane == 0u) {
    ${finish}
  }
}`,
  };
}
