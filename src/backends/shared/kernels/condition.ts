import { gate } from "../../../core/ops/gate.js";
import { modulate } from "../../../core/ops/modulate.js";
import { swiglu } from "../../../core/ops/swiglu.js";
import type { TensorInfo } from "../../../core/tensor.js";
import { fused } from "../call-backend.js";
import type { KernelTable } from "../open-device.js";
import { allFloat, lastAxis, sameShape, sizeOf } from "../shapes.js";

type ModulateInputs = { x: TensorInfo; scale: TensorInfo; shift?: TensorInfo };
type GateInputs = { x: TensorInfo; y: TensorInfo; gate: TensorInfo };

/** adaLN's modulation and gate, and SwiGLU, with their gradients. */
export const conditionKernels: KernelTable = {
  ...fused(
    modulate,
    (inputs, _attrs, backend) => {
      const { x, scale, shift } = inputs as ModulateInputs;
      const sizes = tokenSizes(x, scale, shift);
      if (!sizes) return undefined;
      const out = backend.activation(x.shape);
      backend.call("modulate")(
        out.values,
        backend.floats(x),
        backend.floats(scale),
        shift ? backend.floats(shift) : null,
        ...sizes,
      );
      return out.info;
    },
    (inputs, _attrs, backend) => {
      const { dy, x, scale, shift } = inputs as ModulateInputs & { dy: TensorInfo };
      const sizes = tokenSizes(x, scale, shift);
      if (!sizes || !allFloat(dy)) return undefined;
      const [dx, dscale] = [backend.activation(x.shape), backend.output(scale.shape)];
      const dshift = shift ? backend.output(shift.shape) : undefined;
      const given = [dy, x, scale].map((info) => backend.floats(info));
      backend.call("modulateGrad")(dx.values, dscale.values, dshift?.values, ...given, ...sizes);
      return [dx.info, dscale.info, ...(dshift ? [dshift.info] : [])];
    },
  ),
  ...fused(
    gate,
    (inputs, _attrs, backend) => {
      const { x, y, gate: g } = inputs as GateInputs;
      const sizes = tokenSizes(x, g);
      if (!sizes || !allFloat(y) || !sameShape(x.shape, y.shape)) return undefined;
      const out = backend.output(x.shape);
      backend.call("gate")(out.values, backend.floats(x), backend.floats(y), backend.floats(g), ...sizes);
      return out.info;
    },
    (inputs, _attrs, backend) => {
      const { dy, x, y, gate: g } = inputs as GateInputs & { dy: TensorInfo };
      const sizes = tokenSizes(x, g);
      if (!sizes || !allFloat(dy, y) || !sameShape(x.shape, y.shape)) return undefined;
      const [pull, dgate] = [backend.activation(y.shape), backend.output(g.shape)];
      backend.call("gateGrad")(pull.values, dgate.values, backend.floats(dy), backend.floats(y), backend.floats(g), ...sizes);
      return [backend.alias(dy, dy.shape), pull.info, dgate.info];
    },
  ),
  ...fused(
    swiglu,
    (inputs, _attrs, backend) => {
      const { u } = inputs as { u: TensorInfo };
      const half = lastAxis(u.shape) / 2;
      if (!allFloat(u) || !Number.isInteger(half) || half === 0) return undefined;
      const out = backend.activation([...u.shape.slice(0, -1), half]);
      backend.call("swiglu")(out.values, backend.floats(u), sizeOf(u.shape) / half / 2, half);
      return out.info;
    },
    (inputs, _attrs, backend) => {
      const { dy, u } = inputs as { dy: TensorInfo; u: TensorInfo };
      const half = lastAxis(u.shape) / 2;
      if (!allFloat(dy, u) || !Number.isInteger(half) || half === 0) return undefined;
      const out = backend.activation(u.shape);
      backend.call("swigluGrad")(out.values, backend.floats(dy), backend.floats(u), sizeOf(u.shape) / half / 2, half);
      return [out.info];
    },
  ),
};

/** B, N, D, T of tokens `[B,N,D]` and conditions `[B,T,D]`; undefined for other shapes. */
function tokenSizes(x: TensorInfo, condition: TensorInfo, other?: TensorInfo): [number, number, number, number] | undefined {
  const [B = 0, N = 0, D = 0] = x.shape;
  const T = condition.shape[1] ?? 0;
  const fits = x.shape.length === 3 && sameShape(condition.shape, [B, T, D]) && (T === 1 || T === N);
  if (!fits || !allFloat(x, condition, other) || (other && !sameShape(other.shape, condition.shape))) return undefined;
  return [B, N, D, T];
}
