import { attention } from "../../../core/ops/attention.js";
import type { TensorInfo } from "../../../core/tensor.js";
import { fusedKernels } from "../../shared/fused.js";
import type { KernelTable } from "../../shared/open-device.js";
import { allFloat, sameShape } from "../../shared/shapes.js";
import type { WebGpuBackend } from "../backend.js";
import { attentionKeyGrad, attentionLanes, attentionQueryGrad, attentionShader, widestHead } from "./attention-shaders.js";
import type { AttentionForm } from "./attention-shaders.js";

type Inputs = { dy?: TensorInfo; qkv: TensorInfo; cos?: TensorInfo; sin?: TensorInfo };

/** Self-attention and its gradient, without the matrix of scores in memory. */
export const attentionKernels: KernelTable = fusedKernels<WebGpuBackend>(
  attention,
  (inputs, attrs, backend) => {
    const { qkv, cos, sin } = inputs as Inputs;
    const plan = planOf(qkv, cos, sin, attrs["heads"] as number, backend);
    if (!plan) return undefined;
    const { numbers, groups, form } = plan;
    const out = backend.output([numbers[0], numbers[1], numbers[2] * form.width]);
    backend.run(attentionShader(form), { reads: [qkv, ...tables(cos, sin)], writes: [out], numbers, groups });
    return out;
  },
  (inputs, attrs, backend) => {
    const { dy, qkv, cos, sin } = inputs as Inputs;
    const plan = planOf(qkv, cos, sin, attrs["heads"] as number, backend);
    if (!dy || !plan || !allFloat(dy)) return undefined;
    const { numbers, groups, form } = plan;
    const [B, N, heads] = numbers;
    const dqkv = backend.output(qkv.shape);
    const [logs, deltas] = [backend.output([B, heads, N]), backend.output([B, heads, N])];
    const more = tables(cos, sin);
    backend.run(attentionQueryGrad(form), { reads: [dy, qkv, ...more], writes: [dqkv, logs, deltas], numbers, groups });
    backend.run(attentionKeyGrad(form), { reads: [dy, qkv, logs, deltas, ...more], writes: [dqkv], numbers, groups });
    backend.free(logs);
    backend.free(deltas);
    // The tables are constants: whatever is given as their pull is thrown away.
    return [dqkv, ...more.map((table) => backend.output(table.shape))];
  },
);

interface Plan {
  readonly form: AttentionForm;
  /** B, N, heads. */
  readonly numbers: readonly [number, number, number];
  readonly groups: readonly [number, number, number];
}

function planOf(
  qkv: TensorInfo,
  cos: TensorInfo | undefined,
  sin: TensorInfo | undefined,
  heads: number,
  backend: WebGpuBackend,
): Plan | undefined {
  const [B = 0, N = 0, D3 = 0] = qkv.shape;
  const width = D3 / 3 / heads;
  const rotary = cos !== undefined && sin !== undefined;
  if (qkv.shape.length !== 3 || !Number.isInteger(width) || width > widestHead || B * N * D3 === 0) return undefined;
  if (!allFloat(qkv, cos, sin) || Math.max(B, heads) > 65_535 || (rotary && width % 2 === 1)) return undefined;
  if ((cos === undefined) !== (sin === undefined)) return undefined;
  if (cos && sin && !(sameShape(cos.shape, [N, width]) && sameShape(sin.shape, [N, width]))) return undefined;
  return {
    form: { width, rotary, tile: backend.software ? 16 : attentionLanes, half: backend.precision === "f16" },
    numbers: [B, N, heads],
    groups: [Math.ceil(N / attentionLanes), heads, B],
  };
}

function tables(cos: TensorInfo | undefined, sin: TensorInfo | undefined): TensorInfo[] {
  return cos && sin ? [cos, sin] : [];
}
