import type { Recording } from "../../core/define-backend.js";
import type { PerStep } from "../../core/per-step.js";

/** An array in some piece of memory: a typed array, or one on a device. */
export interface Held {
  readonly buffer: object;
  readonly byteOffset: number;
  readonly byteLength: number;
  /** Elements. */
  readonly length: number;
}

/** An argument of a recorded call: a number may be one that is asked for anew at each replay. */
export type RecordedArgument = Held | readonly Held[] | number | PerStep | null | undefined;

/** A piece of memory as the recorded calls see it. */
export interface Piece {
  /** `inner` lives within the step; `outside` was there before and stays; the others are filled by the host. */
  kind: "inner" | "outside" | "constant" | "input" | "output";
  readonly buffer: object;
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
  readonly array: Held;
}

export interface RecordedCall {
  readonly kernel: string;
  readonly places: readonly (Place | null)[];
  readonly numbers: readonly (number | PerStep)[];
  /** Both, as they were given. */
  readonly args: readonly (Place | readonly Place[] | number | PerStep | null)[];
}

/** A tensor that a step leaves. */
export interface Result {
  readonly place: Place;
  readonly shape: readonly number[];
  readonly dtype: string;
}

/** A recorded step of a backend that works by calls. */
export interface CallRecording extends Recording {
  readonly recorder: Recorder;
  readonly inputs: readonly Place[];
  readonly results: readonly Result[];
}

/** Notes the kernel calls of a step, and which memory each of them means: a block of the pool serves many tensors in turn. */
export class Recorder {
  readonly calls: RecordedCall[] = [];
  /** Why this step cannot be replayed, in words; undefined where it can. */
  refused: string | undefined;
  private readonly pieces = new Map<object, Piece>();

  constructor(private readonly isPooled: (buffer: object) => boolean) {}

  /** Notes the first reason why the step cannot be replayed. */
  refuse(reason: string): void {
    this.refused ??= reason;
  }

  /** A new tensor has been given this memory. */
  allocated(buffer: object): void {
    this.pieces.set(buffer, this.piece("inner", buffer));
  }

  /** The host has filled a new tensor. */
  wrote(array: Held, contents: Uint8Array): void {
    const piece = this.piece("constant", array.buffer);
    piece.contents = contents;
    this.pieces.set(array.buffer, piece);
  }

  /** The memory belongs to no tensor any more. */
  freed(buffer: object): void {
    this.pieces.delete(buffer);
  }

  /** A kernel is called. */
  call(kernel: string, args: readonly RecordedArgument[]): void {
    const places: (Place | null)[] = [];
    const numbers: (number | PerStep)[] = [];
    const placed = (array: Held): Place => {
      const place = this.use(kernel, array);
      places.push(place);
      return place;
    };
    const noted = args.map((arg) => {
      if (arg === null || arg === undefined) {
        places.push(null);
        return null;
      }
      if (typeof arg === "number" || typeof arg === "function") {
        numbers.push(arg);
        return arg;
      }
      return "buffer" in arg ? placed(arg) : arg.map(placed);
    });
    this.calls.push({ kernel, places, numbers, args: noted });
  }

  /** Where a tensor's memory lies, to mark it as input or output. */
  place(array: Held): Place {
    let piece = this.pieces.get(array.buffer);
    if (!piece) {
      piece = this.piece("outside", array.buffer);
      this.pieces.set(array.buffer, piece);
    }
    piece.bytes = Math.max(piece.bytes, array.byteOffset + array.byteLength);
    return { piece, offset: array.byteOffset, length: array.length, array };
  }

  private use(kernel: string, array: Held): Place {
    if (!this.isPooled(array.buffer)) this.refuse(`${kernel} was given memory that this backend does not hold`);
    const place = this.place(array);
    place.piece.first = Math.min(place.piece.first, this.calls.length);
    place.piece.last = this.calls.length;
    return place;
  }

  private piece(kind: Piece["kind"], buffer: object): Piece {
    return { kind, buffer, bytes: 0, first: Infinity, last: -1 };
  }
}
