import { addressOf, declare, viewAt } from "./ffi.js";
import type { Ffi, Library, NativeFunction } from "./ffi.js";

/** Results of the driver that the backend tells apart. */
const codes = { ok: 0, outOfMemory: 2, notReady: 600 } as const;

/** What the driver refused. */
export class CudaError extends Error {
  constructor(
    readonly call: string,
    readonly code: number,
    text: string,
  ) {
    super(`cuda: ${call} failed with ${text}`);
    this.name = "CudaError";
  }

  get outOfMemory(): boolean {
    return this.code === codes.outOfMemory;
  }
}

/** CUdevice_attribute. */
export const attributes = { multiprocessors: 16, major: 75, minor: 76, clock: 13, memoryClock: 36, memoryBus: 37 } as const;

const declarations = {
  cuInit: "int cuInit(unsigned int flags)",
  cuDriverGetVersion: "int cuDriverGetVersion(void *version)",
  cuGetErrorName: "int cuGetErrorName(int code, void *text)",
  cuGetErrorString: "int cuGetErrorString(int code, void *text)",
  cuDeviceGetCount: "int cuDeviceGetCount(void *count)",
  cuDeviceGet: "int cuDeviceGet(void *device, int ordinal)",
  cuDeviceGetName: "int cuDeviceGetName(void *name, int length, int device)",
  cuDeviceGetAttribute: "int cuDeviceGetAttribute(void *value, int attribute, int device)",
  cuDeviceTotalMem_v2: "int cuDeviceTotalMem_v2(void *bytes, int device)",
  cuDevicePrimaryCtxRetain: "int cuDevicePrimaryCtxRetain(void *context, int device)",
  cuDevicePrimaryCtxRelease_v2: "int cuDevicePrimaryCtxRelease_v2(int device)",
  cuCtxSetCurrent: "int cuCtxSetCurrent(uint64_t context)",
  cuModuleLoadData: "int cuModuleLoadData(void *module, void *image)",
  cuModuleUnload: "int cuModuleUnload(uint64_t module)",
  cuModuleGetFunction: "int cuModuleGetFunction(void *function, uint64_t module, const char *name)",
  cuFuncSetAttribute: "int cuFuncSetAttribute(uint64_t function, int attribute, int value)",
  cuMemAlloc_v2: "int cuMemAlloc_v2(void *address, size_t bytes)",
  cuMemFree_v2: "int cuMemFree_v2(uint64_t address)",
  cuMemGetInfo_v2: "int cuMemGetInfo_v2(void *free, void *total)",
  cuMemHostAlloc: "int cuMemHostAlloc(void *address, size_t bytes, unsigned int flags)",
  cuMemFreeHost: "int cuMemFreeHost(uint64_t address)",
  cuMemcpyHtoDAsync_v2: "int cuMemcpyHtoDAsync_v2(uint64_t to, uint64_t from, size_t bytes, uint64_t stream)",
  cuMemcpyDtoHAsync_v2: "int cuMemcpyDtoHAsync_v2(uint64_t to, uint64_t from, size_t bytes, uint64_t stream)",
  cuMemcpyDtoDAsync_v2: "int cuMemcpyDtoDAsync_v2(uint64_t to, uint64_t from, size_t bytes, uint64_t stream)",
  cuMemsetD32Async: "int cuMemsetD32Async(uint64_t to, unsigned int value, size_t count, uint64_t stream)",
  cuStreamCreate: "int cuStreamCreate(void *stream, unsigned int flags)",
  cuStreamDestroy_v2: "int cuStreamDestroy_v2(uint64_t stream)",
  cuStreamSynchronize: "int cuStreamSynchronize(uint64_t stream)",
  cuStreamBeginCapture_v2: "int cuStreamBeginCapture_v2(uint64_t stream, int mode)",
  cuStreamEndCapture: "int cuStreamEndCapture(uint64_t stream, void *graph)",
  cuGraphInstantiateWithFlags: "int cuGraphInstantiateWithFlags(void *exec, uint64_t graph, uint64_t flags)",
  cuGraphLaunch: "int cuGraphLaunch(uint64_t exec, uint64_t stream)",
  cuGraphDestroy: "int cuGraphDestroy(uint64_t graph)",
  cuGraphExecDestroy: "int cuGraphExecDestroy(uint64_t exec)",
  cuEventCreate: "int cuEventCreate(void *event, unsigned int flags)",
  cuEventDestroy_v2: "int cuEventDestroy_v2(uint64_t event)",
  cuEventRecord: "int cuEventRecord(uint64_t event, uint64_t stream)",
  cuEventQuery: "int cuEventQuery(uint64_t event)",
  cuEventSynchronize: "int cuEventSynchronize(uint64_t event)",
  cuEventElapsedTime: "int cuEventElapsedTime(void *milliseconds, uint64_t start, uint64_t end)",
  cuLaunchKernel:
    "int cuLaunchKernel(uint64_t function, unsigned int gx, unsigned int gy, unsigned int gz, unsigned int bx, unsigned int by, unsigned int bz, unsigned int shared, uint64_t stream, uint64_t parameters, uint64_t extra)",
} as const;

type Call = keyof typeof declarations;

/** The driver API: handles and addresses are plain numbers, and what fails throws a CudaError. */
export interface Driver {
  /** Calls a function that gives nothing but its result code. */
  call(name: Call, ...args: unknown[]): void;
  /** Calls a function that writes a handle, an address or a size first. */
  make(name: Call, ...args: unknown[]): number;
  /** The same for one that writes an int. */
  int(name: Call, ...args: unknown[]): number;
  /** Ends a capture; gives the graph. */
  endCapture(stream: number): number;
  /** False where the work before the event is still under way. */
  reached(event: number): boolean;
  milliseconds(start: number, end: number): number;
  deviceName(device: number): string;
  addressOf(array: ArrayBufferView): number;
  view(address: number, bytes: number): ArrayBuffer;
}

/** The driver's functions in a loaded library. */
export function openDriver(ffi: Ffi, library: Library): Driver {
  const functions: Record<Call, NativeFunction> = declare(library, declarations);
  const handle = new BigUint64Array(1);
  const whole = new Int32Array(1);
  const float = new Float32Array(1);
  const check = (name: Call, code: number): void => {
    if (code !== codes.ok) throw new CudaError(name, code, errorText(code));
  };
  const errorText = (code: number): string => {
    const parts = (["cuGetErrorName", "cuGetErrorString"] as const).map((name) => {
      handle[0] = 0n;
      return functions[name](code, handle) === 0 && handle[0] !== 0n ? ffi.decode(handle[0], "char", -1) : "";
    });
    return `${parts.join(": ")} (${code})`;
  };
  return {
    call: (name, ...args) => check(name, functions[name](...args)),
    make(name, ...args) {
      handle[0] = 0n;
      check(name, functions[name](handle, ...args));
      return Number(handle[0]);
    },
    int(name, ...args) {
      check(name, functions[name](whole, ...args));
      return whole[0] ?? 0;
    },
    endCapture(stream) {
      handle[0] = 0n;
      check("cuStreamEndCapture", functions.cuStreamEndCapture(stream, handle));
      return Number(handle[0]);
    },
    reached(event) {
      const code = functions.cuEventQuery(event);
      if (code === codes.notReady) return false;
      check("cuEventQuery", code);
      return true;
    },
    milliseconds(start, end) {
      check("cuEventElapsedTime", functions.cuEventElapsedTime(float, start, end));
      return float[0] ?? 0;
    },
    deviceName(device) {
      const text = new Uint8Array(256);
      check("cuDeviceGetName", functions.cuDeviceGetName(text, text.length, device));
      return Buffer.from(text.subarray(0, text.indexOf(0))).toString();
    },
    addressOf: (array) => addressOf(ffi, array),
    view: (address, bytes) => viewAt(ffi, address, bytes),
  };
}
