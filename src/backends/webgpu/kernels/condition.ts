import { gate } from "../../../core/ops/gate.js";
import { modulate } from "../../../core/ops/modulate.js";
import type { TensorInfo } from "../../../core/tensor.js";
import { fusedKernels } from "../../shared/fused.js";
import type { KernelTable } from "../../shared/open-device.js";
import { allFloat, sameShape, sizeOf } from "../../shared/shapes.js";
import type { WebGpuBackend } from "../backend.js";
import { index, main, spreadOver } from "../shader.js";
import type { Shader } from "../shader.js";

type ModulateInputs = { dy?: TensorInfo; x: TensorInfo; scale: TensorInfo; shift?: TensorInfo };
type GateInputs = { dy?: TensorInfo; x: TensorInfo; y: TensorInfo; gate: TensorInfo };

/** adaLN's modulation and gate with their gradients: tokens `[B,N,D]`, conditions `[B,T,D]` with T = 1 or N. */
export const conditionKernels: KernelTable = {
  ...fusedKernels<WebGpuBackend>(
    modulate,
    (inputs, _attrs, backend) => {
      const { x, scale, shift } = inputs as ModulateInputs;
      const sizes = tokenSizes(x, scale, shift);
      if (!sizes) return undefined;
      const out = backend.output(x.shape);
      const size = sizeOf(x.shape);
      const reads = shift ? [x, scale, shift] : [x, scale];
      backend.run(modulateShader(shift !== undefined), { reads, writes: [out], numbers: sizes, groups: spreadOver(size) });
      return out;
    },
    (inputs, _attrs, backend) => {
      const { dy, x, scale, shift } = inputs as ModulateInputs;
      const sizes = tokenSizes(x, scale, shift);
      if (!sizes || !dy || !allFloat(dy)) return undefined;
      const [dx, dscale] = [backend.output(x.shape), backend.output(scale.shape)];
      const dshift = shift && backend.output(shift.shape);
      backend.run(modulateGrad, { reads: [dy, scale], writes: [dx], numbers: sizes, groups: spreadOver(sizeOf(x.shape)) });
      const sums = { numbers: sizes, groups: spreadOver(sizeOf(scale.shape)) };
      backend.run(conditionSums(dshift !== undefined), {
        reads: [dy, x],
        writes: dshift ? [dscale, dshift] : [dscale],
        ...sums,
      });
      return [dx, dscale, ...(dshift ? [dshift] : [])];
    },
  ),
  ...fusedKernels<WebGpuBackend>(
    gate,
    (inputs, _attrs, backend) => {
      const { x, y, gate: g } = inputs as GateInputs;
      const sizes = tokenSizes(x, g);
      if (!sizes || !allFloat(y) || !sameShape(x.shape, y.shape)) return undefined;
      const out = backend.output(x.shape);
      backend.run(gateShader, { reads: [x, y, g], writes: [out], numbers: sizes, groups: spreadOver(sizeOf(x.shape)) });
      return out;
    },
    (inputs, _attrs, backend) => {
      const { dy, x, y, gate: g } = inputs as GateInputs;
      const sizes = tokenSizes(x, g);
      if (!sizes || !dy || !allFloat(dy, y) || !sameShape(x.shape, y.shape)) return undefined;
      const [pull, dgate] = [backend.output(y.shape), backend.output(g.shape)];
      backend.run(gateGrad, { reads: [dy, g], writes: [pull], numbers: sizes, groups: spreadOver(sizeOf(y.shape)) });
      backend.run(conditionSums(false), {
        reads: [dy, y],
        writes: [dgate],
        numbers: sizes,
        groups: spreadOver(sizeOf(g.shape)),
      });
      return [backend.alias(dy, dy.shape), pull, dgate];
    },
  ),
};

/** B, N, D, T; undefined for other shapes. */
function tokenSizes(x: TensorInfo, condition: TensorInfo, other?: TensorInfo): [number, number, number, number] | undefined {
  const [B = 0, N = 0, D = 0] = x.shape;
  const T = condition.shape[1] ?? 0;
  const fits = x.shape.length === 3 && sameShape(condition.shape, [B, T, D]) && (T === 1 || T === N) && B * N * D > 0;
  if (!fits || !allFloat(x, condition, other) || (other && !sameShape(other.shape, condition.shape))) return undefined;
  return [B, N, D, T];
}

const numbers = ["B", "N", "D", "T"];

/** The condition's place `c` for the number `i` of the tokens. */
const place = `
  let i = ${index};
  if (i >= u.B * u.N * u.D) { return; }
  let token = i / u.D;
  let c = select(token, token / u.N, u.T == 1u) * u.D + i % u.D;`;

function modulateShader(shift: boolean): Shader {
  return {
    name: shift ? "modulate" : "modulate_unshifted",
    reads: shift ? ["x", "scale", "shift"] : ["x", "scale"],
    writes: ["y"],
    numbers,
    code: `${main} {${place}
  y[i] = x[i] * (1.0 + scale[c])${shift ? " + shift[c]" : ""};
}`,
  };
}

const modulateGrad: Shader = {
  name: "modulate_grad",
  reads: ["dy", "scale"],
  writes: ["dx"],
  numbers,
  code: `${main} {${place}
  dx[i] = dy[i] * (1.0 + scale[c]);
}`,
};

const gateShader: Shader = {
  name: "gate",
  reads: ["x", "y", "factor"],
  writes: ["out"],
  numbers,
  code: `${main} {${place}
  out[i] = x[i] + factor[c] * y[i];
}`,
};

const gateGrad: Shader = {
  name: "gate_grad",
  reads: ["dy", "factor"],
  writes: ["pull"],
  numbers,
  code: `${main} {${place}
  pull[i] = dy[i] * factor[c];
}`,
};

/** For each number of the condition, the sum over its tokens of dy·x, and of dy where asked for. */
function conditionSums(plain: boolean): Shader {
  return {
    name: plain ? "condition_sums" : "condition_product_sums",
    reads: ["dy", "x"],
    writes: plain ? ["products", "pulls"] : ["products"],
    numbers,
    code: `${main} {
  let c = ${index};
  if (c >= u.B * u.T * u.D) { return; }
  let tokens = u.N / u.T;
  let start = (c / u.D) * tokens * u.D + c % u.D;
  var product = 0.0;
  var pull = 0.0;
  for (var n = 0u; n < tokens; n++) {
    let at = start + n * u.D;
    product += dy[at] * x[at];
    pull += dy[at];
  }
  products[c] = product;
  ${plain ? "pulls[c] = pull;" : ""}
}`,
  };
}
