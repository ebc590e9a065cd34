import { layerNorm } from "../../../core/ops/layer-norm.js";
import { rmsNorm } from "../../../core/ops/rms-norm.js";
import type { TensorInfo } from "../../../core/tensor.js";
import { fusedKernels } from "../../shared/fused.js";
import type { KernelTable } from "../../shared/open-device.js";
import { allFloat, lastAxis, sizeOf } from "../../shared/shapes.js";
import type { WebGpuBackend } from "../backend.js";
import { spread } from "../shader.js";
import { columnSums } from "./column-sums.js";
import { normGradShader, normShader } from "./norm-shaders.js";
import { lanesFor } from "./sums-text.js";

type Inputs = { dy?: TensorInfo; x: TensorInfo; weight?: TensorInfo; bias?: TensorInfo };

/** RMS and layer norm over the last axis with their gradients, one workgroup a row. */
export const normKernels: KernelTable = {
  ...fusedKernels<WebGpuBackend>(
    rmsNorm,
    (inputs, attrs, backend) => norm(inputs as Inputs, attrs, backend, false),
    (inputs, attrs, backend) => normGrad(inputs as Inputs, attrs, backend, false),
  ),
  ...fusedKernels<WebGpuBackend>(
    layerNorm,
    (inputs, attrs, backend) => norm(inputs as Inputs, attrs, backend, true),
    (inputs, attrs, backend) => normGrad(inputs as Inputs, attrs, backend, true),
  ),
};

type Attrs = Readonly<Record<string, unknown>>;

function norm({ x, weight, bias }: Inputs, attrs: Attrs, backend: WebGpuBackend, centred: boolean): TensorInfo | undefined {
  if (!perColumn(x, weight, bias)) return undefined;
  const out = backend.output(x.shape);
  const width = lastAxis(x.shape);
  const rows = sizeOf(x.shape) / width;
  backend.run(normShader({ centred, weight: weight !== undefined, bias: bias !== undefined, lanes: lanesFor(width, backend) }), {
    reads: [x, ...(weight ? [weight] : []), ...(bias ? [bias] : [])],
    writes: [out],
    numbers: [rows, width, attrs["epsilon"] as number],
    groups: spread(rows),
  });
  return out;
}

/** dx by row; the weight's pull is first written for each row and then added up over the rows. */
function normGrad(inputs: Inputs, attrs: Attrs, backend: WebGpuBackend, centred: boolean): TensorInfo[] | undefined {
  const { dy, x, weight, bias } = inputs;
  if (!dy || !allFloat(dy) || !perColumn(x, weight, bias)) return undefined;
  const width = lastAxis(x.shape);
  const rows = sizeOf(x.shape) / width;
  const dx = backend.output(x.shape);
  const pulls = weight && backend.output(x.shape);
  backend.run(normGradShader({ centred, weight: weight !== undefined, lanes: lanesFor(width, backend) }), {
    reads: [dy, x, ...(weight ? [weight] : [])],
    writes: [dx, ...(pulls ? [pulls] : [])],
    numbers: [rows, width, attrs["epsilon"] as number],
    groups: spread(rows),
  });
  const given = [dx];
  if (weight && pulls) {
    given.push(columnSums(backend, pulls, rows, width, weight.shape));
    backend.free(pulls);
  }
  if (bias) given.push(columnSums(backend, dy, rows, width, bias.shape));
  return given;
}

/** True where the weights hold one number per column of x. */
function perColumn(x: TensorInfo, ...weights: readonly (TensorInfo | undefined)[]): boolean {
  const width = lastAxis(x.shape);
  const fits = weights.every((info) => !info || (info.shape.length === 1 && info.shape[0] === width));
  return allFloat(x, ...weights) && sizeOf(x.shape) > 0 && fits;
}
