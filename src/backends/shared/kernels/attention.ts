import { attention } from "../../../core/ops/attention.js";
import type { TensorInfo } from "../../../core/tensor.js";
import type { KernelTable } from "../open-device.js";
import { fused } from "../call-backend.js";
import type { CallBackend, KernelAttrs, Numbers } from "../call-backend.js";
import { allFloat, sameShape } from "../shapes.js";

type Inputs = { qkv: TensorInfo; cos?: TensorInfo; sin?: TensorInfo };

/** Self-attention with rotary tables, forward and backward, a head at a time in the cache. */
export const attentionKernels: KernelTable = fused(
  attention,
  (inputs, attrs, backend) => {
    const { qkv, cos, sin } = inputs as Inputs;
    const sizes = sizesOf(inputs as Inputs, attrs);
    if (!sizes) return undefined;
    const [B, N, D] = sizes;
    const out = backend.activation([B, N, D]);
    backend.call("attention")(out.values, backend.floats(qkv), ...tables(backend, cos, sin), ...sizes, Number(backend.bf16));
    return out.info;
  },
  (inputs, attrs, backend) => {
    const { dy, qkv, cos, sin } = inputs as Inputs & { dy: TensorInfo };
    const sizes = sizesOf(inputs as Inputs, attrs);
    if (!sizes || !allFloat(dy)) return undefined;
    const out = backend.activation(qkv.shape);
    const given = [backend.floats(dy), backend.floats(qkv), ...tables(backend, cos, sin)];
    backend.call("attentionGrad")(out.values, ...given, ...sizes, Number(backend.bf16));
    // The tables are constants.
    const none = [cos, sin].flatMap((table) => (table ? [backend.output(table.shape)] : []));
    for (const { values } of none) backend.call("fill")(values, 0, values.length, 0);
    return [out.info, ...none.map(({ info }) => info)];
  },
);

function tables(backend: CallBackend, cos: TensorInfo | undefined, sin: TensorInfo | undefined): (Numbers | null)[] {
  return cos && sin ? [backend.f32(cos), backend.f32(sin)] : [null, null];
}

/** B, N, D, heads; undefined for shapes that the kernel does not know. */
function sizesOf({ qkv, cos, sin }: Inputs, attrs: KernelAttrs): [number, number, number, number] | undefined {
  const [B = 0, N = 0, wide = 0] = qkv.shape;
  const heads = attrs["heads"] as number;
  const width = wide / 3 / heads;
  if (!allFloat(qkv, cos, sin) || qkv.shape.length !== 3 || !Number.isInteger(width) || N === 0 || width === 0) return undefined;
  const table = (info: TensorInfo | undefined): boolean => !info || (width % 2 === 0 && sameShape(info.shape, [N, width]));
  return table(cos) && table(sin) ? [B, N, wide / 3, heads] : undefined;
}
