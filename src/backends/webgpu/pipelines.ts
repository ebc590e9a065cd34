import { shaderText } from "./shader.js";
import type { Shader } from "./shader.js";

/** Compiled shaders by name. */
export interface Pipelines {
  of(shader: Shader): GPUComputePipeline;
}

/** Compiles each shader once. Bindings are laid out as the shader declares them, used or not. */
export function makePipelines(device: GPUDevice): Pipelines {
  const known = new Map<string, GPUComputePipeline>();
  const layouts = new Map<string, GPUPipelineLayout>();
  return {
    of(shader) {
      let pipeline = known.get(shader.name);
      if (!pipeline) {
        const module = device.createShaderModule({ label: shader.name, code: shaderText(shader) });
        const layout = layoutOf(device, layouts, shader);
        pipeline = device.createComputePipeline({ label: shader.name, layout, compute: { module, entryPoint: "main" } });
        known.set(shader.name, pipeline);
      }
      return pipeline;
    },
  };
}

function layoutOf(device: GPUDevice, layouts: Map<string, GPUPipelineLayout>, shader: Shader): GPUPipelineLayout {
  const types: GPUBufferBindingType[] = [
    ...shader.reads.map(() => "read-only-storage" as const),
    ...shader.writes.map(() => "storage" as const),
    ...(shader.numbers.length > 0 ? ["uniform" as const] : []),
  ];
  const key = types.join();
  let layout = layouts.get(key);
  if (!layout) {
    const entries = types.map((type, binding) => ({ binding, visibility: GPUShaderStage.COMPUTE, buffer: { type } }));
    layout = device.createPipelineLayout({ bindGroupLayouts: [device.createBindGroupLayout({ entries })] });
    layouts.set(key, layout);
  }
  return layout;
}
