import type { Device, DeviceOptions, Precision } from "../../core/define-backend.js";
import { tf } from "../../core/tensor.js";
import type { KernelConfig } from "../../core/tensor.js";

/** A kernel by its name. */
export type KernelTable = Readonly<Record<string, KernelConfig["kernelFunc"]>>;

/** A backend that tfjs knows under `name`. */
export interface TensorBackend {
  readonly name: string;
  /** One line for logs. */
  readonly info: string;
  /** Kernels to add to those that it brings. */
  readonly kernels: KernelTable;
  readonly precisions?: readonly Precision[];
}

/** Makes tfjs run on a backend that it knows. Throws where the backend cannot start or lacks the precision asked for. */
export async function openDevice(backend: TensorBackend, options: DeviceOptions): Promise<Device> {
  const { name, info, kernels, precisions = ["fp32"] } = backend;
  if (!precisions.includes(options.precision))
    throw new Error(`this backend computes in ${precisions.join(" or ")}, not ${options.precision}; choose another --backend`);
  registerKernels(name, kernels);
  if (!(await tf.setBackend(name))) throw new Error(`tfjs could not start its backend "${name}"`);
  await tf.ready();
  return {
    backend: name,
    info,
    // Kernels of these backends have finished when they return.
    sync: () => Promise.resolve(),
    memory: () => ({ bytes: tf.memory().numBytes, tensors: tf.memory().numTensors }),
    close: () => Promise.resolve(),
  };
}

/** Adds kernels to a tfjs backend, in place of its own (whose set-up they inherit); a second call changes nothing. */
export function registerKernels(backendName: string, kernels: KernelTable): void {
  for (const [kernelName, kernelFunc] of Object.entries(kernels)) {
    const known = tf.getKernel(kernelName, backendName);
    if (known?.kernelFunc === kernelFunc) continue;
    if (known) tf.unregisterKernel(kernelName, backendName);
    tf.registerKernel({ kernelName, backendName, kernelFunc, ...(known?.setupFunc ? { setupFunc: known.setupFunc } : {}) });
  }
}
