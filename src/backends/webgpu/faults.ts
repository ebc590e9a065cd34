/** What the device complained of, for WebGPU reports errors beside the calls that cause them. */
export interface Faults {
  /** Throws the first complaint since the last check. */
  check(): void;
  /** The value of a promise of the device; rejects with the reason where the device is lost meanwhile. */
  during<T>(work: Promise<T>): Promise<T>;
  /** From here on the device's end is wanted, and no loss. */
  end(): void;
}

/** Listens to a device's errors and to its loss. */
export function watchFaults(device: GPUDevice): Faults {
  let found: Error | undefined;
  let lost: Error | undefined;
  let ended = false;
  device.addEventListener("uncapturederror", ({ error }) => {
    const memory = error.constructor.name === "GPUOutOfMemoryError";
    found ??= memory
      ? new Error(`webgpu: the device has no memory left (${error.message.split("\n")[0]}); make the batch or the model smaller`)
      : new Error(`webgpu: the device refused a call: ${error.message}`);
  });
  void device.lost.then(({ reason, message }) => {
    if (!ended)
      lost = new Error(
        `webgpu: the device was lost (${message || reason || "no reason given"}); its driver stopped or was reset; start again from the last checkpoint`,
      );
  });
  const check = (): void => {
    if (lost) throw lost;
    const first = found;
    found = undefined;
    if (first) throw first;
  };
  return {
    check,
    end: () => void (ended = true),
    async during(work) {
      try {
        return await work;
      } catch (error) {
        // The loss itself is told a turn of the event loop later.
        await Promise.race([device.lost, new Promise((resolve) => setTimeout(resolve, 50))]);
        check();
        throw error;
      }
    },
  };
}
