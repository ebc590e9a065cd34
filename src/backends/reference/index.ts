import { defineBackend } from "../../core/define-backend.js";
import { prepareTensors } from "../../core/prepare.js";
import { openDevice } from "../shared/open-device.js";
import { transpose } from "./transpose.js";

/** tfjs's plain JavaScript kernels, and a transpose as plain: slow, simple, what the others are compared with. */
export const referenceBackend = defineBackend({
  id: "reference",
  note: "plain JavaScript; slow, for comparison and tests",
  precisions: ["fp32"],
  probe: () => Promise.resolve({ available: true, reason: "plain JavaScript" }),
  async open(options) {
    await prepareTensors();
    const { version_cpu: version } = await import("@tensorflow/tfjs-backend-cpu");
    const kernels = { Transpose: transpose };
    return openDevice({ name: "cpu", info: `reference: tfjs ${version}, plain JavaScript`, kernels }, options);
  },
});
