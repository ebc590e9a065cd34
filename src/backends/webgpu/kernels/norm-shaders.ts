import { groupIndex, lanes, main } from "../shader.js";
import type { Shader } from "../shader.js";
import { sumText } from "./sums-text.js";

const numbers = ["rows", "width", "epsilon: f32"];
const columns = `for (var i = lane; i < u.width; i += ${lanes}u)`;

/** WGSL that finds the row's `mean` (0 where not centred) and `inverse` = 1/sqrt(mean square about it + epsilon). */
function statistics(centred: boolean): string {
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
export function normShader(has: { readonly centred: boolean; readonly weight: boolean; readonly bias: boolean }): Shader {
  const { centred, weight, bias } = has;
  return {
    name: `${centred ? "layer" : "rms"}_norm${weight ? "_weight" : ""}${bias ? "_bias" : ""}`,
    reads: ["x", ...(weight ? ["weight"] : []), ...(bias ? ["bias"] : [])],
    writes: ["y"],
    numbers,
    code: `${sumText}
${main} {${statistics(centred)}
  ${columns} {
    y[start + i] = (x[start + i] - mean) * inverse${weight ? " * weight[i]" : ""}${bias ? " + bias[i]" : ""};
  }
}`,
  };
}

/** dx = inverse · (p − mean(p) − n · mean(p·n)) with p = dy·weight and n the normed row (no mean(p) for RMS); pulls = dy·n. */
export function normGradShader({ centred, weight }: { readonly centred: boolean; readonly weight: boolean }): Shader {
  const pull = `dy[start + i]${weight ? " * weight[i]" : ""}`;
  return {
    name: `${centred ? "layer" : "rms"}_norm_grad${weight ? "_weight" : ""}`,
    reads: ["dy", "x", ...(weight ? ["weight"] : [])],
    writes: ["dx", ...(weight ? ["pulls"] : [])],
    numbers,
    code: `${sumText}
${main} {${statistics(centred)}
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
