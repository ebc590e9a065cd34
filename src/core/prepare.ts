import { registerGradients } from "./gradients/register.js";
import { loadTensors } from "./tensor.js";

let ready: Promise<void> | undefined;

/** Loads the tensor library and the gradients of its kernels, once; everything that runs tensors awaits this first. */
export function prepareTensors(): Promise<void> {
  return (ready ??= loadTensors().then((tf) => {
    // The banner about faster platforms is for others; warnings still come.
    tf.env().set("PROD", true);
    registerGradients();
  }));
}
