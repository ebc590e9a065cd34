/** Uniform buffers by what they hold; they are written once and never changed. */
export interface UniformBlocks {
  of(contents: Uint8Array): GPUBuffer;
  clear(): void;
}

/** Blocks that are kept before all are let go: with static shapes a graph needs a few hundred. */
const most = 4096;

/** Keeps one buffer per contents, so that equal blocks are uploaded once. Buffers that a queue still reads outlive `clear`. */
export function makeUniformBlocks(device: GPUDevice): UniformBlocks {
  const known = new Map<string, GPUBuffer>();
  return {
    of(contents) {
      const key = String.fromCharCode(...contents);
      let buffer = known.get(key);
      if (!buffer) {
        if (known.size >= most) known.clear();
        buffer = uniformBuffer(device, contents.byteLength);
        device.queue.writeBuffer(buffer, 0, contents as Uint8Array<ArrayBuffer>);
        known.set(key, buffer);
      }
      return buffer;
    },
    clear: () => known.clear(),
  };
}

/** An empty uniform buffer. */
export function uniformBuffer(device: GPUDevice, bytes: number): GPUBuffer {
  return device.createBuffer({ label: "numbers", size: bytes, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
}
