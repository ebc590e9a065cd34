import { planBuffers } from "./plan-buffers.js";
import type { Piece, WebGpuRecording } from "./recorder.js";

/** The buffers of a program: shared ones for what lives within a step, own ones for what the host fills or reads. */
export interface ProgramMemory {
  of(piece: Piece): GPUBuffer;
  readonly outside: readonly GPUBuffer[];
  /** Bytes of the buffers that were made for the program. */
  readonly bytes: number;
  /** Frees the buffers that were made. */
  free(): void;
}

/** Makes the buffers and fills those of constants. */
export function layOut(device: GPUDevice, { recorder, inputs, results }: WebGpuRecording): ProgramMemory {
  const places = [...inputs, ...results].map(({ piece }) => piece);
  const pieces = [...new Set([...recorder.calls.flatMap((call) => call.pieces), ...places])];
  const of = (...kinds: readonly Piece["kind"][]): Piece[] => pieces.filter(({ kind }) => kinds.includes(kind));
  const made: GPUBuffer[] = [];
  const make = (bytes: number): GPUBuffer => {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const buffer = device.createBuffer({ label: "program", size: bytes, usage });
    made.push(buffer);
    return buffer;
  };
  const where = new Map<Piece, GPUBuffer>();
  const inner = of("inner");
  const plan = planBuffers(inner.map(({ buffer, first, last }) => ({ bytes: buffer.size, first, last })));
  const shared = plan.bytes.map(make);
  inner.forEach((piece, i) => where.set(piece, shared[plan.buffer[i] ?? 0] as GPUBuffer));
  for (const piece of of("input", "output", "constant")) {
    const buffer = make(piece.buffer.size);
    where.set(piece, buffer);
    if (piece.contents) device.queue.writeBuffer(buffer, 0, piece.contents as Uint8Array<ArrayBuffer>);
  }
  for (const piece of of("outside")) where.set(piece, piece.buffer);
  return {
    of: (piece) => where.get(piece) as GPUBuffer,
    outside: of("outside").map(({ buffer }) => buffer),
    bytes: made.reduce((sum, { size }) => sum + size, 0),
    free: () => made.forEach((buffer) => buffer.destroy()),
  };
}
