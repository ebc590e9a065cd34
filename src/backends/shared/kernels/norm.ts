import { layerNorm } from "../../../core/ops/layer-norm.js";
import { rmsNorm } from "../../../core/ops/rms-norm.js";
import type { TensorInfo } from "../../../core/tensor.js";
import type { KernelTable } from "../open-device.js";
import { fused } from "../call-backend.js";
import type { CallBackend, KernelAttrs, Numbers } from "../call-backend.js";
import { allFloat, lastAxis, sizeOf } from "../shapes.js";

type Inputs = { dy?: TensorInfo; x: TensorInfo; weight?: TensorInfo; bias?: TensorInfo };

/** RMS and layer norm over the last axis with their gradients. */
export const normKernels: KernelTable = {
  ...fused(
    rmsNorm,
    (inputs, attrs, backend) => {
      const { x, weight } = inputs as Inputs;
      if (!weight || !perColumn(x, weight)) return undefined;
      const out = backend.activation(x.shape);
      backend.call("rmsNorm")(out.values, backend.floats(x), backend.f32(weight), ...sizes(x, attrs));
      return out.info;
    },
    (inputs, attrs, backend) => {
      const { dy, x, weight } = inputs as Inputs;
      if (!dy || !weight || !perColumn(x, weight) || !allFloat(dy)) return undefined;
      const [dx, dweight] = [backend.activation(x.shape), backend.output(weight.shape)];
      const given = [backend.floats(dy), backend.floats(x), backend.f32(weight)];
      backend.call("rmsNormGrad")(dx.values, dweight.values, ...given, ...sizes(x, attrs));
      return [dx.info, dweight.info];
    },
  ),
  ...fused(
    layerNorm,
    (inputs, attrs, backend) => {
      const { x, weight, bias } = inputs as Inputs;
      if (!perColumn(x, weight, bias)) return undefined;
      const out = backend.activation(x.shape);
      backend.call("layerNorm")(out.values, backend.floats(x), maybe(backend, weight), maybe(backend, bias), ...sizes(x, attrs));
      return out.info;
    },
    (inputs, attrs, backend) => {
      const { dy, x, weight, bias } = inputs as Inputs;
      if (!dy || !allFloat(dy) || !perColumn(x, weight, bias)) return undefined;
      const dx = backend.activation(x.shape);
      const [dweight, dbias] = [weight, bias].map((info) => (info ? backend.output(info.shape) : undefined));
      const outputs = [dx.values, dweight?.values, dbias?.values];
      backend.call("layerNormGrad")(
        ...outputs,
        backend.floats(dy),
        backend.floats(x),
        maybe(backend, weight),
        ...sizes(x, attrs),
      );
      return [dx, dweight, dbias].flatMap((out) => (out ? [out.info] : []));
    },
  ),
};

function maybe(backend: CallBackend, info: TensorInfo | undefined): Numbers | null {
  return info ? backend.f32(info) : null;
}

/** True where the weights hold one number per column of x. */
function perColumn(x: TensorInfo, ...weights: readonly (TensorInfo | undefined)[]): boolean {
  const width = lastAxis(x.shape);
  return (
    allFloat(x, ...weights) && width > 0 && weights.every((info) => !info || (info.shape.length === 1 && info.shape[0] === width))
  );
}

function sizes(x: TensorInfo, attrs: KernelAttrs): [number, number, number] {
  const width = lastAxis(x.shape);
  return [sizeOf(x.shape) / width, width, attrs["epsilon"] as number];
}
