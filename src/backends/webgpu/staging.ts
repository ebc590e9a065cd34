import type { HostArray } from "../../core/tensor.js";

/** Where a result lies on the device. */
export interface DeviceResult {
  readonly buffer: GPUBuffer;
  readonly shape: readonly number[];
  readonly dtype: string;
}

/** The way of a program's results to the host, through one buffer. */
export interface Staging {
  /** Adds the copies to a command buffer. */
  copy(encoder: GPUCommandEncoder): void;
  /** The results once that command buffer is done. */
  read(): Promise<HostArray[]>;
}

/** One buffer for all results, which are float32 or int32. */
export function makeStaging(device: GPUDevice, results: readonly DeviceResult[]): Staging {
  let bytes = 0;
  const parts = results.map(({ buffer, shape, dtype }) => {
    const length = shape.reduce((a, b) => a * b, 1);
    const part = { buffer, shape, dtype, at: bytes, length };
    bytes += 4 * length;
    return part;
  });
  const host = device.createBuffer({
    label: "results",
    size: Math.max(4, bytes),
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
  return {
    copy(encoder) {
      for (const { buffer, at, length } of parts) if (length > 0) encoder.copyBufferToBuffer(buffer, 0, host, at, 4 * length);
    },
    async read() {
      await host.mapAsync(GPUMapMode.READ);
      const all = host.getMappedRange().slice(0);
      host.unmap();
      return parts.map(({ shape, dtype, at, length }): HostArray =>
        dtype === "int32"
          ? { dtype: "i32", shape, data: new Int32Array(all, at, length) }
          : { dtype: "f32", shape, data: new Float32Array(all, at, length) },
      );
    },
  };
}
