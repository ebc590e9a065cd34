import { expect, test } from "@jest/globals";
import type { WebGpuBackend } from "../../../src/backends/webgpu/backend.js";
import { webgpuBackend } from "../../../src/backends/webgpu/index.js";
import type { Device, Program } from "../../../src/core/define-backend.js";
import { tf } from "../../../src/core/tensor.js";
import type { HostArray, Tensor } from "../../../src/core/tensor.js";
import { withWebGpu } from "./with-webgpu.js";

const numbers: HostArray = { dtype: "f32", shape: [2], data: Float32Array.of(1, 2) };
const lost = /webgpu: the device was lost \(.+\); .* start again from the last checkpoint/;

function programOf(device: Device): Program {
  const [first, second] = [0, 1].map(() => device.record?.(([x]) => [tf.exp(x as Tensor)], [numbers]));
  if (!first || !second) throw new Error("webgpu records steps");
  tf.dispose([...first.outputs, ...second.outputs]);
  const program = device.compile?.(first, second);
  if (!program || typeof program === "string") throw new Error(program);
  return program;
}

const gpu = (): WebGpuBackend => tf.backend() as WebGpuBackend;

withWebGpu("a device of webgpu that fails", () => {
  test("lost within a replay: the replay, later ones and reads say so, and another device can be opened", async () => {
    const device = await webgpuBackend.open({ precision: "fp32" });
    const program = programOf(device);
    await program.replay([numbers]);
    const work = program.replay([numbers]);
    gpu().device.destroy();
    await expect(work).rejects.toThrow(lost);
    await expect(program.replay([numbers])).rejects.toThrow(lost);
    await expect(device.sync()).rejects.toThrow(lost);
    await expect(tf.tidy(() => tf.exp(tf.tensor1d([1]))).data()).rejects.toThrow(lost);
    await device.close();
    const next = await webgpuBackend.open({ precision: "fp32" });
    expect((await programOf(next).replay([numbers]))[0]?.data[0]).toBeCloseTo(Math.E, 5);
    await next.close();
  }, 60_000);

  test("without memory: the next read tells what to do, and the device works on", async () => {
    const device = await webgpuBackend.open({ precision: "fp32" });
    const { device: raw } = gpu();
    const held: GPUBuffer[] = [];
    try {
      // Nothing is written, so the processor that plays the GPU takes no pages for it.
      for (let i = 0; i < 4096 && raw.limits.maxBufferSize > 0; i++) {
        raw.pushErrorScope("out-of-memory");
        held.push(raw.createBuffer({ size: raw.limits.maxBufferSize, usage: GPUBufferUsage.STORAGE }));
        if (await raw.popErrorScope()) break;
      }
      raw.createBuffer({ size: raw.limits.maxBufferSize, usage: GPUBufferUsage.STORAGE });
      await expect(device.sync()).rejects.toThrow(
        /webgpu: the device has no memory left \(.+\); make the batch or the model smaller/,
      );
    } finally {
      for (const buffer of held) buffer.destroy();
    }
    expect([...(await tf.tidy(() => tf.square(tf.tensor1d([3]))).data())]).toEqual([9]);
    await device.close();
  }, 60_000);

  test("closed on purpose it is not lost", async () => {
    const device = await webgpuBackend.open({ precision: "fp32" });
    const backend = gpu();
    await device.close();
    await backend.device.lost;
    expect(() => backend.checkFaults()).not.toThrow();
  });
});
