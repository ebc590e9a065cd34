/** Features that our kernels or reports use, asked for where the adapter has them. */
const features = ["shader-f16", "subgroups", "timestamp-query", "chromium-experimental-subgroup-matrix"];

/** Limits that are raised from the guaranteed minimum to the adapter's own. */
const limits = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
  "maxComputeWorkgroupsPerDimension",
] as const;

/** The adapter that a probe and a run choose: the fastest, else any. */
export async function chooseAdapter(gpu: GPU): Promise<GPUAdapter | undefined> {
  const fast = await gpu.requestAdapter({ powerPreference: "high-performance" });
  return fast ?? (await gpu.requestAdapter()) ?? undefined;
}

/** Bytes that every WebGPU device binds as one storage buffer. */
export const guaranteedBytes = 128 * 2 ** 20;

/** Bytes that these limits allow in one tensor. */
export function largestBuffer({ maxBufferSize, maxStorageBufferBindingSize }: GPUSupportedLimits): number {
  return Math.min(maxBufferSize, maxStorageBufferBindingSize);
}

/** For example `nvidia ampere (NVIDIA A100)`. */
export function adapterName({ info }: GPUAdapter): string {
  const names = [info.vendor, info.architecture].filter(Boolean).join(" ");
  const described = info.description || info.device;
  return names && described ? `${names} (${described})` : names || described || "an adapter without a name";
}

/** One line on an adapter, e.g. `nvidia ampere (NVIDIA A100): f16, subgroups; buffers to 2048 MiB`. */
export function adapterText(adapter: GPUAdapter): string {
  const has = features.filter((name) => adapter.features.has(name));
  const kinds = has.map((name) => name.replace(/^(chromium-experimental-|shader-)/, ""));
  const most = Math.floor(largestBuffer(adapter.limits) / 2 ** 20);
  return `${adapterName(adapter)}: ${kinds.join(", ") || "no optional feature"}; buffers to ${most} MiB`;
}

/** A device with all that the adapter offers of what is used. */
export function openGpu(adapter: GPUAdapter): Promise<GPUDevice> {
  return adapter.requestDevice({
    label: "raegraph",
    requiredFeatures: features.filter((name) => adapter.features.has(name)) as GPUFeatureName[],
    requiredLimits: Object.fromEntries(limits.map((name) => [name, adapter.limits[name]])),
  });
}

/** True where the adapter is a processor that plays a GPU, such as SwiftShader or llvmpipe. */
export function isSoftware({ architecture, description, isFallbackAdapter }: GPUAdapterInfo): boolean {
  return isFallbackAdapter || /swiftshader|llvmpipe/i.test(`${architecture} ${description}`);
}
