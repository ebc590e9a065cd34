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

/** One line on an adapter, e.g. `nvidia ampere (NVIDIA A100): f16, subgroups; buffers to 2048 MiB`. */
export function adapterText({ info, features: has, limits: most }: GPUAdapter): string {
  const names = [info.vendor, info.architecture].filter(Boolean).join(" ");
  const described = info.description || info.device;
  const kinds = features.filter((name) => has.has(name)).map((name) => name.replace(/^(chromium-experimental-|shader-)/, ""));
  const bytes = Math.min(most.maxBufferSize, most.maxStorageBufferBindingSize);
  const name = names && described ? `${names} (${described})` : names || described || "an adapter without a name";
  return `${name}: ${kinds.join(", ") || "no optional feature"}; buffers to ${Math.floor(bytes / 2 ** 20)} MiB`;
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
