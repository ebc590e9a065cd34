import type { MatrixUnit } from "./kernels/gemm-matrix-shader.js";

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

/** A kind of product that subgroups do at once, as the adapter lists it; not yet among WebGPU's own types. */
interface MatrixConfig {
  readonly M: number;
  readonly N: number;
  readonly K: number;
  readonly componentType: string;
  readonly resultComponentType: string;
}

/**
 * The adapter's product of half floats with single sums, for devices that have subgroup matrices; undefined where there is none, or
 * where subgroups are of more than one size, so that a shader cannot be written for them.
 */
export function matrixUnit(info: GPUAdapterInfo, has: GPUSupportedFeatures): MatrixUnit | undefined {
  const needed = ["shader-f16", "subgroups", "chromium-experimental-subgroup-matrix"];
  const { subgroupMinSize: lanes, subgroupMaxSize } = info;
  if (!needed.every((name) => has.has(name)) || !lanes || lanes !== subgroupMaxSize || 4 * lanes > 256) return undefined;
  const listed = (info as { subgroupMatrixConfigs?: Iterable<MatrixConfig> }).subgroupMatrixConfigs ?? [];
  const fits = ({ M, N, K, componentType, resultComponentType }: MatrixConfig): boolean =>
    componentType === "f16" && resultComponentType === "f32" && [M, N, K].every((size) => 16 % size === 0);
  const found = [...listed].find(fits);
  return found && { M: found.M, N: found.N, K: found.K, lanes };
}

/** True where the adapter is a processor that plays a GPU, such as SwiftShader or llvmpipe. */
export function isSoftware({ architecture, description, isFallbackAdapter }: GPUAdapterInfo): boolean {
  return isFallbackAdapter || /swiftshader|llvmpipe/i.test(`${architecture} ${description}`);
}
