import type { PerStep } from "../../core/per-step.js";
import { planMemory } from "../shared/plan-memory.js";
import type { CallRecording, Piece, Place, RecordedCall } from "../shared/recorder.js";
import type { Block } from "./allocator.js";
import type { CudaBackend } from "./cuda-backend.js";
import type { Issue, LauncherArgument } from "./issue.js";
import type { DeviceNumbers } from "./numbers.js";
import type { Pinned } from "./staging.js";
import { bytesOf, launcherOf, valueNow } from "./workbench.js";

const alignment = 256;

/** A captured step. */
export interface CapturedGraph {
  /** Bytes of device memory that are its own. */
  readonly bytes: number;
  /** Memory of tensors from outside. */
  readonly outside: readonly Block[];
  /** Outside memory that the optimizer changes, with the bf16 copy that it writes along. */
  readonly written: ReadonlyMap<Block, Block | undefined>;
  /** Pinned memory from which the i-th input is taken. */
  input(i: number): Uint8Array;
  result(i: number): Uint8Array;
  fault(): Int32Array;
  /** Gives the graph to the stream, with this step's numbers. */
  launch(): void;
  /** Seconds that the GPU was at the last launch, once that is over. */
  seconds(): number;
}

/** Captures the calls of a recorded step into a CUDA graph: one copy in, the kernels, copies out. */
export function captureGraph(backend: CudaBackend, recording: CallRecording): CapturedGraph {
  const { gpu, memoryPool, staging } = backend;
  const { driver, stream } = gpu;
  const layout = layOut(backend, recording);
  const needs = measure(backend, recording.recorder.calls, layout.resolve);
  const scratch = memoryPool.take(Math.max(alignment, needs.scratch));
  const numbers = memoryPool.take(Math.max(8, 8 * needs.asked.length));
  const tables = memoryPool.take(Math.max(8, 8 * needs.words.length));
  const constants = BigInt64Array.from(needs.words, BigInt);
  staging.upload(tables.address, bytesOf(constants));
  const pinnedNumbers = staging.pin(Math.max(8, 8 * needs.asked.length));
  const pinnedIn = recording.inputs.map(({ array }) => staging.pin(Math.max(4, array.byteLength)));
  const pinnedOut = recording.results.map(({ place }) => staging.pin(Math.max(4, place.array.byteLength)));
  const pinnedFault = staging.pin(16);
  gpu.sync();

  const exec = gpu.capture(() => {
    const copyIn = (address: number, pinned: Pinned, bytes: number): void => {
      if (bytes > 0) driver.call("cuMemcpyHtoDAsync_v2", address, pinned.address, bytes, stream);
    };
    const copyOut = (pinned: Pinned, address: number, bytes: number): void => {
      if (bytes > 0) driver.call("cuMemcpyDtoHAsync_v2", pinned.address, address, bytes, stream);
    };
    copyIn(numbers.address, pinnedNumbers, 8 * needs.asked.length);
    recording.inputs.forEach((place, i) =>
      copyIn(layout.resolve(place).buffer.address, pinnedIn[i] as Pinned, place.array.byteLength),
    );
    issueAll(backend, recording.recorder.calls, layout.resolve, scratch, numbers, tables);
    recording.results.forEach(({ place }, i) =>
      copyOut(pinnedOut[i] as Pinned, layout.resolve(place).buffer.address, place.array.byteLength),
    );
    copyOut(pinnedFault, backend.workbench.fault.address, 16);
  });
  const [start, end] = [driver.make("cuEventCreate", 0), driver.make("cuEventCreate", 0)];
  const values = new Float64Array(pinnedNumbers.view, 0, needs.asked.length);
  const part = (pinned: Pinned | undefined, bytes: number): Uint8Array => new Uint8Array((pinned as Pinned).view, 0, bytes);
  return {
    bytes: layout.bytes + scratch.bytes + numbers.bytes + tables.bytes,
    outside: layout.outside,
    written: writtenBy(recording.recorder.calls),
    input: (i) => part(pinnedIn[i], recording.inputs[i]?.array.byteLength ?? 0),
    result: (i) => part(pinnedOut[i], recording.results[i]?.place.array.byteLength ?? 0),
    fault: () => new Int32Array(pinnedFault.view.slice(0, 16)),
    launch() {
      needs.asked.forEach((value, i) => (values[i] = valueNow(value)));
      driver.call("cuEventRecord", start, stream);
      driver.call("cuGraphLaunch", exec, stream);
      driver.call("cuEventRecord", end, stream);
    },
    seconds: () => driver.milliseconds(start, end) / 1000,
  };
}

/** Where a recorded place lies in the graph. */
type Resolve = (place: Place) => DeviceNumbers;

interface Layout {
  readonly resolve: Resolve;
  readonly outside: readonly Block[];
  readonly bytes: number;
}

function layOut({ memoryPool, staging }: CudaBackend, { recorder, inputs, results }: CallRecording): Layout {
  const places = recorder.calls.flatMap((call) => call.places.filter((place) => place !== null));
  const pieces = [...new Set([...places, ...inputs, ...results.map(({ place }) => place)].map(({ piece }) => piece))];
  const inner = pieces.filter(({ kind }) => kind === "inner");
  const outside = pieces.filter(({ kind }) => kind === "outside");
  const kept = pieces.filter(({ kind }) => kind !== "inner" && kind !== "outside");
  const arena = planMemory(inner, alignment);
  const store = planMemory(
    kept.map(({ bytes }) => ({ bytes, first: 0, last: Infinity })),
    alignment,
  );
  const [arenaBlock, storeBlock] = [memoryPool.take(Math.max(4, arena.bytes)), memoryPool.take(Math.max(4, store.bytes))];
  const at = new Map<Piece, Block>();
  inner.forEach((piece, i) => at.set(piece, { address: arenaBlock.address + (arena.offsets[i] ?? 0), bytes: piece.bytes }));
  kept.forEach((piece, i) => {
    const block = { address: storeBlock.address + (store.offsets[i] ?? 0), bytes: piece.bytes };
    at.set(piece, block);
    if (piece.contents) staging.upload(block.address, piece.contents);
  });
  for (const piece of outside) at.set(piece, piece.buffer as Block);
  return {
    resolve: ({ piece, array }) => ({ ...(array as DeviceNumbers), buffer: at.get(piece) as Block }),
    outside: outside.map(({ buffer }) => buffer as Block),
    bytes: arenaBlock.bytes + storeBlock.bytes,
  };
}

function resolved(call: RecordedCall, resolve: Resolve): LauncherArgument[] {
  return call.args.map((arg) => {
    if (arg === null || typeof arg === "number" || typeof arg === "function") return arg;
    return Array.isArray(arg) ? (arg as readonly Place[]).map(resolve) : resolve(arg as Place);
  });
}

interface Needs {
  readonly scratch: number;
  readonly asked: readonly (number | PerStep)[];
  readonly words: readonly number[];
}

/** What the calls want beside their tensors: the most scratch memory of one call, numbers of the step, tables. Nothing is started. */
function measure(backend: CudaBackend, calls: readonly RecordedCall[], resolve: Resolve): Needs {
  let most = 0;
  let scratch = 0;
  const asked: (number | PerStep)[] = [];
  const words: number[] = [];
  const issue: Issue = {
    multiprocessors: backend.gpu.multiprocessors,
    fault: backend.workbench.fault.address,
    launch: () => undefined,
    product: () => undefined,
    ...attending(backend),
    attend: () => undefined,
    fill: () => undefined,
    scratch(bytes) {
      scratch += roundUp(bytes);
      return alignment;
    },
    steps(values) {
      asked.push(...values);
      return 0;
    },
    table(list) {
      for (const word of list) words.push(word);
      return 0;
    },
  };
  for (const call of calls) {
    scratch = 0;
    launcherOf(call.kernel)(issue, resolved(call, resolve));
    most = Math.max(most, scratch);
  }
  return { scratch: most, asked, words };
}

/** As the workbench has it, but that nothing is tried: the recorded steps have chosen. */
function attending({ means }: CudaBackend): Pick<Issue, "attention" | "attend" | "chosen" | "choose"> {
  return {
    attention: means.attention,
    attend: (plan, places, workspace) => plan.run(places, workspace),
    chosen: means.choices.known,
    choose: (key, ways) => ways[means.choices.known(key) ?? 0]?.(),
  };
}

/** Gives the calls to the capturing stream; scratch memory serves one call after the other. */
function issueAll(
  backend: CudaBackend,
  calls: readonly RecordedCall[],
  resolve: Resolve,
  scratch: Block,
  numbers: Block,
  tables: Block,
): void {
  const { gpu } = backend;
  const at = { scratch: 0, numbers: 0, tables: 0 };
  const issue: Issue = {
    multiprocessors: gpu.multiprocessors,
    fault: backend.workbench.fault.address,
    launch: gpu.launch,
    product: backend.means.multiply,
    ...attending(backend),
    fill: (address, word, count) => gpu.driver.call("cuMemsetD32Async", address, word, count, gpu.stream),
    scratch(bytes) {
      at.scratch += roundUp(bytes);
      return scratch.address + at.scratch - roundUp(bytes);
    },
    steps(values) {
      at.numbers += values.length;
      return numbers.address + 8 * (at.numbers - values.length);
    },
    table(list) {
      at.tables += list.length;
      return tables.address + 8 * (at.tables - list.length);
    },
  };
  for (const call of calls) {
    at.scratch = 0;
    launcherOf(call.kernel)(issue, resolved(call, resolve));
  }
}

function writtenBy(calls: readonly RecordedCall[]): Map<Block, Block | undefined> {
  const written = new Map<Block, Block | undefined>();
  for (const { kernel, args } of calls) {
    if (kernel !== "adamw") continue;
    const groups = args.filter((arg) => Array.isArray(arg)) as (readonly Place[])[];
    for (const place of [...(groups[0] ?? []), ...(groups[4] ?? [])]) {
      const block = place.piece.buffer as Block;
      written.set(block, block.copy);
    }
  }
  return written;
}

function roundUp(bytes: number): number {
  return Math.ceil(Math.max(1, bytes) / alignment) * alignment;
}
