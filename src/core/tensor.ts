/**
 * The tensor language of core, nodes and backends: `@tensorflow/tfjs-core`, loaded on first use so that verbs which only
 * read graphs start without it.
 *
 * Axis letters, the same everywhere: B batch, N tokens, C channels, H W image, h w latent grid, D width, K heads.
 */
import type * as TensorLibrary from "@tensorflow/tfjs-core";

export type { Tensor, TensorInfo, KernelConfig, NamedAttrMap, NamedTensorMap, Variable } from "@tensorflow/tfjs-core";

/** The tensor library; undefined until `loadTensors` has resolved. Import it and use it inside functions only. */
export let tf: typeof TensorLibrary;

/** Loads the tensor library once. Everything that runs tensors awaits this first. */
export async function loadTensors(): Promise<typeof TensorLibrary> {
  tf ??= await import("@tensorflow/tfjs-core");
  return tf;
}

/** An array in host memory, row-major: what crosses the border between host and device nodes. */
export interface HostArray {
  readonly dtype: "f32" | "i32";
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}
