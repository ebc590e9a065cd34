import type { Program } from "../../core/define-backend.js";
import type { PerStep } from "../../core/per-step.js";
import type { HostArray } from "../../core/tensor.js";
import type { NativeAddon, NativeArray } from "./addon.js";
import type { NativeBackend } from "./backend.js";
import { differenceOf } from "../shared/compare-recordings.js";
import { planMemory } from "../shared/plan-memory.js";
import type { CallRecording, Piece, Place } from "../shared/recorder.js";

/** Makes a program of two recordings, or says why there is none. */
export function compileProgram(
  addon: NativeAddon,
  backend: NativeBackend,
  first: CallRecording,
  second: CallRecording,
): Program | string {
  const refused = first.recorder.refused ?? second.recorder.refused ?? differenceOf(first, second);
  if (refused !== undefined) return refused;
  const { calls } = second.recorder;
  // What the steps took one by one, the arena replaces.
  backend.trim();
  const layout = layOut(addon, second);
  const kernels = new Map(Object.keys(addon.kernels).map((name, i) => [name, i]));
  const code: number[] = [calls.length];
  const asked: { readonly at: number; readonly value: PerStep }[] = [];
  let count = 0;
  for (const call of calls) {
    code.push(kernels.get(call.kernel) ?? -1, call.places.length);
    for (const place of call.places) code.push(...(place ? layout.where(place) : [-1, 0, 0]));
    code.push(call.numbers.length);
    for (const number of call.numbers) {
      if (typeof number !== "number") asked.push({ at: count, value: number });
      code.push(typeof number === "number" ? number : 0);
      count++;
    }
  }
  const program = addon.makeProgram(Float64Array.from(code), layout.blocks);
  // Made once: a step's own time is short, and every object made anew is a part of it.
  const inputs = second.inputs.map((place) => layout.view(place));
  const outputs = second.results.map(({ place, shape, dtype }) => ({ view: layout.view(place, dtype), shape }));
  const changes = Float64Array.from(asked.flatMap(({ at }) => [at, 0]));
  let [lost, seconds] = [false, 0];
  for (const piece of layout.outside) backend.watch(bufferOf(piece), () => (lost = true));
  return {
    info: `${calls.length} calls, ${(layout.bytes / 1e6).toFixed(1)} MB`,
    async replay(given) {
      if (lost) throw new Error("native: this program's weights are no longer in memory; record the step again");
      inputs.forEach((view, i) => view.set(dataOf(given, i, view.length)));
      asked.forEach(({ value }, i) => (changes[2 * i + 1] = value()));
      seconds = await addon.runProgram(program, changes);
      return outputs.map(({ view, shape }) => read(view, shape));
    },
    kernelSeconds: () => seconds,
    readState: () => Promise.resolve(layout.outside.map((piece) => new Uint8Array(bufferOf(piece)).slice())),
    writeState(blocks) {
      layout.outside.forEach((piece, i) => new Uint8Array(bufferOf(piece)).set(blocks[i] ?? []));
      return Promise.resolve();
    },
  };
}

/** A piece's memory: typed arrays lie in such buffers. */
function bufferOf({ buffer }: Piece): ArrayBufferLike {
  return buffer as ArrayBufferLike;
}

/** Where the pieces of a program lie: block 0 is the arena of inner memory, block 1 what the host fills and reads, the rest outside. */
interface Layout {
  readonly blocks: readonly ArrayBufferLike[];
  readonly outside: readonly Piece[];
  readonly bytes: number;
  /** Block, offset in bytes and length in elements. */
  where(place: Place): [number, number, number];
  view(place: Place, dtype?: string): NativeArray;
}

function layOut(addon: NativeAddon, { recorder, inputs, results }: CallRecording): Layout {
  const places = recorder.calls.flatMap((call) => call.places.filter((place) => place !== null));
  const pieces = [...new Set([...places, ...inputs, ...results.map(({ place }) => place)].map(({ piece }) => piece))];
  const inner = pieces.filter(({ kind }) => kind === "inner");
  const outside = pieces.filter(({ kind }) => kind === "outside");
  const kept = pieces.filter(({ kind }) => kind !== "inner" && kind !== "outside");
  const arena = planMemory(inner);
  const store = planMemory(kept.map(({ bytes }) => ({ bytes, first: 0, last: Infinity })));
  const blocks = [addon.allocate(Math.max(64, arena.bytes)), addon.allocate(Math.max(64, store.bytes))];
  const start = new Map<Piece, readonly [number, number]>();
  inner.forEach((piece, i) => start.set(piece, [0, arena.offsets[i] ?? 0]));
  kept.forEach((piece, i) => start.set(piece, [1, store.offsets[i] ?? 0]));
  outside.forEach((piece, i) => start.set(piece, [2 + i, 0]));
  const all = [...blocks, ...outside.map(bufferOf)];
  for (const piece of kept)
    if (piece.contents)
      new Uint8Array(all[1] as ArrayBuffer, start.get(piece)?.[1] ?? 0, piece.contents.length).set(piece.contents);
  const where = ({ piece, offset, length }: Place): [number, number, number] => {
    const [block, from] = start.get(piece) ?? [-1, 0];
    return [block, from + offset, length];
  };
  return {
    blocks: all,
    outside,
    bytes: arena.bytes + store.bytes,
    where,
    view(place, dtype = "float32") {
      const [block, offset, length] = where(place);
      const buffer = all[block] as ArrayBuffer;
      return dtype === "int32" ? new Int32Array(buffer, offset, length) : new Float32Array(buffer, offset, length);
    },
  };
}

/** The bits of an input, as floats: copied, never looked at. */
function dataOf(inputs: readonly HostArray[], i: number, length: number): Float32Array {
  const data = inputs[i]?.data;
  if (data?.length !== length)
    throw new Error(`native: input ${i} of the program has ${data?.length ?? 0} numbers; expected ${length}`);
  return new Float32Array(data.buffer, data.byteOffset, data.length);
}

function read(view: NativeArray, shape: readonly number[]): HostArray {
  if (view instanceof Int32Array) return { dtype: "i32", shape, data: view.slice() };
  return { dtype: "f32", shape, data: new Float32Array(view) };
}
