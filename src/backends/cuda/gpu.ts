import { attributes } from "./driver.js";
import type { Driver } from "./driver.js";
import type { Compiler } from "./nvrtc.js";
import { compiled } from "./sources.js";

/** An argument of a kernel, as C lays it out. */
export type LaunchArgument =
  | { readonly kind: "i32" | "i64" | "f32" | "f64"; readonly value: number }
  | { readonly kind: "bytes"; readonly value: Uint8Array };

export type Grid = readonly [number, number?, number?];

/** One GPU with a context and one stream: everything is done in the order in which it is given. */
export interface Gpu {
  readonly driver: Driver;
  readonly stream: number;
  readonly name: string;
  /** Compute capability, e.g. `sm_90a`. */
  readonly architecture: string;
  readonly multiprocessors: number;
  readonly memoryBytes: number;
  /** True while what is given to the stream becomes a graph. */
  readonly capturing: boolean;
  /** Makes a graph of what `give` gives to the stream, ready to be launched. */
  capture(give: () => void): number;
  /** Starts a kernel of a source file; `shared` are bytes of dynamic shared memory. */
  launch(file: string, name: string, grid: Grid, args: readonly LaunchArgument[], threads?: number, shared?: number): void;
  /** Waits for all work given, on the JavaScript thread. */
  sync(): void;
  /** The same without blocking it. */
  wait(): Promise<void>;
  close(): void;
}

/** How long a wait asks at every turn of the event loop before it sleeps between questions, in milliseconds. */
const busyWait = 2;

/** Opens a device of the driver. */
export function openGpu(driver: Driver, compiler: Compiler, ordinal = 0): Gpu {
  driver.call("cuInit", 0);
  const device = driver.int("cuDeviceGet", ordinal);
  const attribute = (name: keyof typeof attributes): number => driver.int("cuDeviceGetAttribute", attributes[name], device);
  const context = driver.make("cuDevicePrimaryCtxRetain", device);
  driver.call("cuCtxSetCurrent", context);
  // 1: it does not wait for the legacy stream.
  const stream = driver.make("cuStreamCreate", 1);
  const [major, minor] = [attribute("major"), attribute("minor")];
  const architecture = `sm_${major}${minor}${major === 9 ? "a" : ""}`;
  const modules = new Map<string, number>();
  const functions = new Map<string, number>();
  const block = new ArgumentBlock(driver);

  const find = (file: string, name: string, shared: number): number => {
    const known = functions.get(name);
    if (known !== undefined) return known;
    let module = modules.get(file);
    if (module === undefined) {
      module = driver.make("cuModuleLoadData", compiled(compiler, file, architecture));
      modules.set(file, module);
    }
    const found = driver.make("cuModuleGetFunction", module, name);
    // 8: the most dynamic shared memory; beyond 48 KB it must be asked for.
    if (shared > 48 * 1024) driver.call("cuFuncSetAttribute", found, 8, shared);
    functions.set(name, found);
    return found;
  };

  let capturing = false;
  return {
    driver,
    stream,
    get capturing() {
      return capturing;
    },
    capture(give) {
      // 1: calls of other threads do not disturb it.
      driver.call("cuStreamBeginCapture_v2", stream, 1);
      capturing = true;
      try {
        give();
      } catch (error) {
        try {
          driver.call("cuGraphDestroy", driver.endCapture(stream));
        } catch {
          // A spoilt capture has no graph; the reason is what counts.
        }
        throw error;
      } finally {
        capturing = false;
      }
      const graph = driver.endCapture(stream);
      const exec = driver.make("cuGraphInstantiateWithFlags", graph, 0);
      driver.call("cuGraphDestroy", graph);
      return exec;
    },
    name: driver.deviceName(device),
    architecture,
    multiprocessors: attribute("multiprocessors"),
    memoryBytes: driver.make("cuDeviceTotalMem_v2", device),
    launch(file, name, [x, y = 1, z = 1], args, threads = 256, shared = 0) {
      if (x === 0 || y === 0 || z === 0) return;
      const found = find(file, name, shared);
      driver.call("cuLaunchKernel", found, x, y, z, threads, 1, 1, shared, stream, block.fill(args), 0);
    },
    sync: () => driver.call("cuStreamSynchronize", stream),
    async wait() {
      // 2: no timing, which makes it cheap.
      const event = driver.make("cuEventCreate", 2);
      try {
        driver.call("cuEventRecord", event, stream);
        const start = performance.now();
        while (!driver.reached(event))
          await new Promise<void>((done) => {
            if (performance.now() - start < busyWait) setImmediate(done);
            else setTimeout(done, 1);
          });
      } finally {
        driver.call("cuEventDestroy_v2", event);
      }
    },
    close() {
      driver.call("cuStreamSynchronize", stream);
      for (const module of modules.values()) driver.call("cuModuleUnload", module);
      driver.call("cuStreamDestroy_v2", stream);
      driver.call("cuDevicePrimaryCtxRelease_v2", device);
    },
  };
}

/** Milliseconds that the GPU works on what the function gives it, by events in the stream. */
export async function timeWork({ driver, stream, wait }: Gpu, give: () => void): Promise<number> {
  const events = [driver.make("cuEventCreate", 0), driver.make("cuEventCreate", 0)] as const;
  driver.call("cuEventRecord", events[0], stream);
  give();
  driver.call("cuEventRecord", events[1], stream);
  await wait();
  const time = driver.milliseconds(...events);
  for (const event of events) driver.call("cuEventDestroy_v2", event);
  return time;
}

/** The arguments of a launch in native form: the values, and the table of where each lies. The driver copies both at the call. */
class ArgumentBlock {
  private readonly values = new Uint8Array(4096);
  private readonly table = new BigUint64Array(64);
  private readonly numbers = new DataView(this.values.buffer);
  private readonly base: bigint;
  private readonly tableAddress: number;

  constructor(driver: Driver) {
    this.base = BigInt(driver.addressOf(this.values));
    this.tableAddress = driver.addressOf(this.table);
  }

  fill(args: readonly LaunchArgument[]): number {
    let at = 0;
    for (const [i, { kind, value }] of args.entries()) {
      this.table[i] = this.base + BigInt(at);
      if (kind === "bytes") this.values.set(value, at);
      else if (kind === "i32") this.numbers.setInt32(at, value, true);
      else if (kind === "f32") this.numbers.setFloat32(at, value, true);
      else if (kind === "f64") this.numbers.setFloat64(at, value, true);
      else this.numbers.setBigInt64(at, BigInt(value), true);
      at += kind === "bytes" ? Math.ceil(value.length / 8) * 8 : 8;
    }
    return this.tableAddress;
  }
}
