import type { Piece, Place, RecordedCall, WebGpuRecording } from "./recorder.js";

/**
 * What two recordings of successive steps do differently, in words; undefined where they do the same. What differs would be frozen by
 * a program: a number worked out in JavaScript from the step, or work that depends on the data.
 */
export function differenceOf(first: WebGpuRecording, second: WebGpuRecording): string | undefined {
  const [a, b] = [first.recorder.calls, second.recorder.calls];
  const parting = a.findIndex(({ pipeline }, i) => b[i]?.pipeline !== pipeline);
  if (parting >= 0 && parting < b.length)
    return `dispatch ${parting} is ${shortName(a[parting])} in one step and ${shortName(b[parting])} in the next`;
  if (a.length !== b.length) return `one step makes ${a.length} dispatches and the next ${b.length}`;
  const pairs = new Map<Piece, Piece>();
  for (const [i, call] of a.entries()) {
    const problem = b[i] && unlike(call, b[i], pairs);
    if (problem) return `dispatch ${i}, ${shortName(call)}, ${problem}`;
  }
  for (const [i, place] of first.results.entries()) {
    const problem = unlikePiece(place, second.results[i], pairs);
    if (problem) return `result ${i} ${problem}`;
  }
  return undefined;
}

function unlike(a: RecordedCall, b: RecordedCall, pairs: Map<Piece, Piece>): string | undefined {
  if (a.groups.join() !== b.groups.join() || a.pieces.length !== b.pieces.length) return "has another size in the next step";
  const [x, y] = [a.uniform, b.uniform];
  const same = typeof x === "object" && typeof y === "object" ? sameBytes(x, y) : typeof x === typeof y;
  if (!same) return "is given other numbers in the next step";
  for (const [k, piece] of a.pieces.entries()) {
    const problem = unlikePiece({ piece }, b.pieces[k] && { piece: b.pieces[k] }, pairs);
    if (problem) return problem;
  }
  return undefined;
}

function unlikePiece(a: Pick<Place, "piece">, b: Pick<Place, "piece"> | undefined, pairs: Map<Piece, Piece>): string | undefined {
  const known = pairs.get(a.piece);
  if (!b || a.piece.kind !== b.piece.kind || (known && known !== b.piece)) return "works on other memory in the next step";
  pairs.set(a.piece, b.piece);
  if (a.piece.kind === "outside" && a.piece.buffer !== b.piece.buffer) return "reads a tensor of the step before";
  if (a.piece.buffer.size !== b.piece.buffer.size) return "works on other sizes in the next step";
  if (a.piece.kind === "constant" && !sameBytes(a.piece.contents, b.piece.contents))
    return "reads numbers that JavaScript works out anew in each step";
  return undefined;
}

/** tfjs names its shaders by all that they are made of. */
function shortName(call: RecordedCall | undefined): string {
  return (call?.name ?? "").slice(0, 40);
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (!a || !b) return a === b;
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
