import { groupIndex, mainOf } from "../shader.js";
import type { Shader } from "../shader.js";
import { sumText } from "./sums-text.js";

/** What a norm does: subtracts the mean, multiplies by a weight; and the invocations of a row. */
export interface NormForm {
  readonly centred: boolean;
  readonly weight: boolean;
  readonly lanes: number;
}

const numbers = ["rows", "width", "epsilon: f32"];
/** Goes over the row's numbers. */
const over = (lanes: number): string => `for (var i = lane; i < u.width; i += ${lanes}u)`;

/** WGSL that finds the row's `mean` (0 where not centred) and `inverse` = 1/sqrt(mean square about it + epsilon). */
function statistics(centred: boolean, lanes: number): string {
  const columns = over(lanes);
  return `
  let row = ${groupIndex};
  if (row >= u.rows) { return; }
  let start = row * u.width;
  var part = 0.0;
  ${centred ? `${columns} { part += x[start + i]; }` : ""}
  let mean = total(lane, part) / f32(u.width);
  part = 0.0;
  ${columns} { let d = x[start + i] - mean; part += d * d; }
  let inverse = 1.0 / sqrt(total(lane, part) / f32(u.width) + u.epsilon);`;
}

/** y = (x − mean) · inverse · weight + bias, a workgroup a row. */
export function normShader(has: NormForm & { readonly bias: boolean }): Shader {
  const { centred, weight, bias, lanes } = has;
  const columns = over(lanes);
  return {
    name: `${centred ? "layer" : "rms"}_norm_${lanes}${weight ? "_weight" : ""}${bias ? "_bias" : ""}`,
    reads: ["x", ...(weight ? ["weight"] : []), ...(bias ? ["bias"] : [])],
    writes: ["y"],
    numbers,
    code: `${sumText(lanes)}
${mainOf(lanes)} {${statistics(centred, lanes)}
  ${columns} {
    y[start + i] = (x[start + i] - mean) * inverse${weight ? " * weight[i]" : ""}${bias ? " + bias[i]" : ""};
  }
}`,
  };
}

/** dx = inverse · (p − mean(p) − n · mean(p·n)) with p = dy·weight and n the normed row (no mean(p) for RMS); pulls = dy·n. */
export function normGradShader({ centred, weight, lanes }: NormForm): Shader {
  const columns = over(lanes);
  const pull = `dy[start + i]${weight ? " * weight[i]" : ""}`;
  return {
    name: `${centred ? "layer" : "rms"}_norm_grad_${lanes}${weight ? "_weight" : ""}`,
    reads: ["dy", "x", ...(weight ? ["weight"] : [])],
    writes: ["dx", ...(weight ? ["pulls"] : [])],
    numbers,
    code: `${sumText(lanes)}
${mainOf(lanes)} {${statistics(centred, lanes)}
  var pulled = 0.0;
  var along = 0.0;
  ${columns} {
    let p = ${pull};
    pulled += p;
    along += p * (x[start + i] - mean) * inverse;
  }
  let mean_pull = ${centred ? "total(lane, pulled) / f32(u.width)" : "0.0"};
  let mean_along = total(lane, along) / f32(u.width);
  ${columns} {
    let normed = (x[start + i] - mean) * inverse;
    dx[start + i] = inverse * (${pull} - mean_pull - normed * mean_along);
    ${weight ? "pulls[start + i] = dy[start + i] * normed;" : ""}
  }
}`,
  };
}
