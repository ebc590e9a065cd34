import type { Recording } from "../../core/define-backend.js";
import type { PerStep } from "../../core/per-step.js";
import type { NativeArgument, NativeArray } from "./addon.js";

/** An argument of a recorded call: a number may be one that is asked for anew at each replay. */
export type RecordedArgument = NativeArgument | PerStep;

/** A piece of memory as the recorded calls see it. */
export interface Piece {
  /** `inner` lives within the step; `outside` was there before and stays; the others are filled by the host. */
  kind: "inner" | "outside" | "constant" | "input" | "output";
  readonly buffer: ArrayBufferLike;
  /** Bytes from its start to the last that a call uses. */
  bytes: number;
  /** The first and last calls that use it. */
  first: number;
  last: number;
  /** What the host wrote into a constant or input, as raw bytes. */
  contents?: Uint8Array;
}

/** Where an array lies. */
export interface Place {
  readonly piece: Piece;
  /** Bytes from the piece's start. */
  readonly offset: number;
  /** Elements of the array. */
  readonly length: number;
}

export interface RecordedCall {
  readonly kernel: string;
  readonly places: readonly (Place | null)[];
  readonly numbers: readonly (number | PerStep)[];
}

/** A tensor that a step leaves. */
export interface Result {
  readonly place: Place;
  readonly shape: readonly number[];
  readonly dtype: string;
}

/** A recorded step of this backend. */
export interface NativeRecording extends Recording {
  readonly recorder: Recorder;
  readonly inputs: readonly Place[];
  readonly results: readonly Result[];
}

/** Notes the kernel calls of a step, and which memory each of them means: a block of the pool serves many tensors in turn. */
export class Recorder {
  readonly calls: RecordedCall[] = [];
  /** Why this step cannot be replayed, in words; undefined where it can. */
  refused: string | undefined;
  private readonly pieces = new Map<ArrayBufferLike, Piece>();

  constructor(private readonly isPooled: (buffer: ArrayBufferLike) => boolean) {}

  /** Notes the first reason why the step cannot be replayed. */
  refuse(reason: string): void {
    this.refused ??= reason;
  }

  /** A new tensor has been given this memory. */
  allocated(buffer: ArrayBufferLike): void {
    this.pieces.set(buffer, this.piece("inner", buffer));
  }

  /** The host has filled a new tensor. */
  wrote(array: NativeArray): void {
    const piece = this.piece("constant", array.buffer);
    piece.contents = new Uint8Array(array.buffer, array.byteOffset, array.byteLength).slice();
    this.pieces.set(array.buffer, piece);
  }

  /** The memory belongs to no tensor any more. */
  freed(buffer: ArrayBufferLike): void {
    this.pieces.delete(buffer);
  }

  /** A kernel is called. */
  call(kernel: string, args: readonly RecordedArgument[]): void {
    const places: (Place | null)[] = [];
    const numbers: (number | PerStep)[] = [];
    for (const arg of args) {
      if (arg === null || arg === undefined) places.push(null);
      else if (typeof arg === "number" || typeof arg === "function") numbers.push(arg);
      else if (ArrayBuffer.isView(arg)) places.push(this.use(kernel, arg));
      else for (const array of arg) places.push(this.use(kernel, array));
    }
    this.calls.push({ kernel, places, numbers });
  }

  /** Where a tensor's memory lies, to mark it as input or output. */
  place(array: NativeArray): Place {
    let piece = this.pieces.get(array.buffer);
    if (!piece) {
      piece = this.piece("outside", array.buffer);
      this.pieces.set(array.buffer, piece);
    }
    piece.bytes = Math.max(piece.bytes, array.byteOffset + array.byteLength);
    return { piece, offset: array.byteOffset, length: array.length };
  }

  private use(kernel: string, array: NativeArray): Place {
    if (!this.isPooled(array.buffer)) this.refuse(`${kernel} was given memory that this backend does not hold`);
    const place = this.place(array);
    place.piece.first = Math.min(place.piece.first, this.calls.length);
    place.piece.last = this.calls.length;
    return place;
  }

  private piece(kind: Piece["kind"], buffer: ArrayBufferLike): Piece {
    return { kind, buffer, bytes: 0, first: Infinity, last: -1 };
  }
}
