import { gate } from "../../../core/ops/gate.js";
import { modulate } from "../../../core/ops/modulate.js";
import { swiglu } from "../../../core/ops/swiglu.js";
import type { TensorInfo } from "../../../core/tensor.js";
import type { KernelTable } from "../../shared/open-device.js";
import { allFloat, fused, lastAxis, sameShape, sizeOf } from "../kernel.js";

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
      const out = backend.output(x.shape);
      backend.call("modulate")(out.values, backend.f32(x), backend.f32(scale), shift ? backend.f32(shift) : null, ...sizes);
      return out.info;
    },
    (inputs, _attrs, backend) => {
      const { dy, x, scale, shift } = inputs as ModulateInputs & { dy: TensorInfo };
      const sizes = tokenSizes(x, scale, shift);
      if (!sizes || !allFloat(dy)) return undefined;
      const [dx, dscale] = [backend.output(x.shape), backend.output(scale.shape)];
      const dshift = shift ? backend.output(shift.shape) : undefined;
      const given = [dy, x, scale].map((info) => backend.f32(info));
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
      backend.call("gate")(out.values, backend.f32(x), backend.f32(y), backend.f32(g), ...sizes);
      return out.info;
    },
    (inputs, _attrs, backend) => {
      const { dy, x, y, gate: g } = inputs as GateInputs & { dy: TensorInfo };
      const sizes = tokenSizes(x, g);
      if (!sizes || !allFloat(dy, y) || !sameShape(x.shape, y.shape)) return undefined;
      const [pull, dgate] = [backend.output(y.shape), backend.output(g.shape)];
      backend.call("gateGrad")(pull.values, dgate.values, backend.f32(dy), backend.f32(y), backend.f32(g), ...sizes);
      return [backend.alias(dy, dy.shape), pull.info, dgate.info];
    },
  ),
  ...fused(
    swiglu,
    (inputs, _attrs, backend) => {
      const { u } = inputs as { u: TensorInfo };
      const half = lastAxis(u.shape) / 2;
      if (!allFloat(u) || !Number.isInteger(half) || half === 0) return undefined;
      const out = backend.output([...u.shape.slice(0, -1), half]);
      backend.call("swiglu")(out.values, backend.f32(u), sizeOf(u.shape) / half / 2, half);
      return out.info;
    },
    (inputs, _attrs, backend) => {
      const { dy, u } = inputs as { dy: TensorInfo; u: TensorInfo };
      const half = lastAxis(u.shape) / 2;
      if (!allFloat(dy, u) || !Number.isInteger(half) || half === 0) return undefined;
      const out = backend.output(u.shape);
      backend.call("swigluGrad")(out.values, backend.f32(dy), backend.f32(u), sizeOf(u.shape) / half / 2, half);
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
