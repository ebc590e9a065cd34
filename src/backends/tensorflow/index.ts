import { defineBackend } from "../../core/define-backend.js";
import type { DeviceOptions } from "../../core/define-backend.js";
import { registerGradients } from "../../core/gradients/register.js";
import { prepareTensors } from "../../core/prepare.js";
import { tf } from "../../core/tensor.js";
import { openDevice } from "../shared/open-device.js";
import { findPackage } from "./find-package.js";

/** What tfjs-node's backend says of itself. */
interface NodeBackend {
  readonly isGPUPackage: boolean;
  readonly isUsingGpuDevice: boolean;
}

/** TensorFlow's own kernels through @tensorflow/tfjs-node-gpu or @tensorflow/tfjs-node, where one of them is installed; fused ops expand. */
export const tensorflowBackend = defineBackend({
  id: "tensorflow",
  note: "TensorFlow 2.9 through @tensorflow/tfjs-node-gpu (CUDA 11.2, cuDNN 8.1) or @tensorflow/tfjs-node, where installed",
  precisions: ["fp32"],
  probe() {
    const found = findPackage();
    return Promise.resolve(
      typeof found === "string" ? { available: false, reason: found } : { available: true, reason: found.text },
    );
  },
  async open(options: DeviceOptions) {
    const found = findPackage();
    if (typeof found === "string") throw new Error(`tensorflow: ${found}`);
    await prepareTensors();
    try {
      found.load();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(
        `tensorflow: ${found.name} does not load: ${why}; run \`npm rebuild ${found.name} --build-addon-from-source\``,
        {
          cause: error,
        },
      );
    }
    // The package registers tfjs's gradients; ours take their places again.
    registerGradients();
    const device = await openDevice({ name: "tensorflow", info: "", kernels: {} }, options);
    const { isGPUPackage, isUsingGpuDevice } = tf.backend() as unknown as NodeBackend;
    if (isGPUPackage && !isUsingGpuDevice)
      throw new Error(
        "tensorflow: @tensorflow/tfjs-node-gpu fell back to the CPU; it needs CUDA 11.2 and cuDNN 8.1 where the loader finds them (LD_LIBRARY_PATH) and a card of compute capability up to 8.6; for newer ones use --backend cuda",
      );
    return { ...device, info: `tensorflow: ${found.text}, ${isUsingGpuDevice ? "GPU" : "CPU"}` };
  },
});
