import type { Recording } from "../../core/define-backend.js";

/** A block of numbers for a shader; a function is asked anew at each replay. */
export type Uniform = Uint8Array | (() => Uint8Array);

/** A tensor's memory as the recorded calls see it. */
export interface Piece {
  /** `inner` lives within the step; `outside` was there before and stays; the others are filled or read by the host. */
  kind: "inner" | "outside" | "constant" | "input" | "output";
  readonly buffer: GPUBuffer;
  /** The first and last calls that use it. */
  first: number;
  last: number;
  /** What the host wrote into a constant or input. */
  readonly contents?: Uint8Array | undefined;
}

export interface RecordedCall {
  /** The shader's name. */
  readonly name: string;
  readonly pipeline: GPUComputePipeline;
  /** In the order of the shader's bindings. */
  readonly pieces: readonly Piece[];
  readonly uniform: Uniform | undefined;
  readonly groups: readonly [number, number, number];
}

/** A tensor that a step takes or leaves. */
export interface Place {
  readonly piece: Piece;
  readonly shape: readonly number[];
  readonly dtype: string;
}

/** A recorded step of this backend. */
export interface WebGpuRecording extends Recording {
  readonly recorder: Recorder;
  readonly inputs: readonly Place[];
  readonly results: readonly Place[];
}

/** Notes the dispatches of a step, and which tensor's memory each of them means: a buffer serves many tensors in turn. */
export class Recorder {
  readonly calls: RecordedCall[] = [];
  /** Why this step cannot be replayed, in words; undefined where it can. */
  refused: string | undefined;
  private readonly pieces = new Map<GPUBuffer, Piece>();

  /** Notes the first reason why the step cannot be replayed. */
  refuse(reason: string): void {
    this.refused ??= reason;
  }

  /** A new tensor has been given this buffer; `contents` are what the host filled it with. */
  made(buffer: GPUBuffer, contents?: Uint8Array): void {
    const kind = contents ? "constant" : "inner";
    this.pieces.set(buffer, { kind, buffer, first: Infinity, last: -1, contents });
  }

  /** The memory behind a buffer at this moment. */
  piece(buffer: GPUBuffer): Piece {
    let piece = this.pieces.get(buffer);
    if (!piece) {
      piece = { kind: "outside", buffer, first: Infinity, last: -1 };
      this.pieces.set(buffer, piece);
    }
    return piece;
  }

  /** A shader is started on these buffers. */
  call(call: Omit<RecordedCall, "pieces">, buffers: readonly GPUBuffer[]): void {
    const pieces = buffers.map((buffer) => this.piece(buffer));
    for (const piece of pieces) {
      piece.first = Math.min(piece.first, this.calls.length);
      piece.last = this.calls.length;
    }
    this.calls.push({ ...call, pieces });
  }
}
