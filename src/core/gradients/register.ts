import { tf } from "../tensor.js";
import type { Tensor } from "../tensor.js";
import { elementwiseRules } from "./elementwise.js";
import { imageRules } from "./image.js";
import { reduceRules } from "./reduce.js";
import type { GradientRule } from "./rules.js";
import { shapeRules } from "./shape.js";

/** Every kernel that can be differentiated outside the fused ops. */
export const gradientRules: readonly GradientRule[] = [...elementwiseRules, ...shapeRules, ...reduceRules, ...imageRules];

/** Tells tfjs how to differentiate its kernels: its own rules are not part of what Node loads. Call once. */
export function registerGradients(): void {
  for (const { kernel, inputs, outputs, pull } of gradientRules)
    tf.registerGradient({
      kernelName: kernel,
      ...(inputs === "all" ? { saveAllInputs: true, inputsToSave: [] } : { inputsToSave: [...(inputs ?? [])] }),
      ...(outputs ? { outputsToSave: [true] } : {}),
      gradFunc: (dy, saved, attrs) => pull(dy as Tensor, saved, attrs) as never,
    });
}
