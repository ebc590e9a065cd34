import type { Json } from "../../core/define-node.js";

/** Where a source stands: `position` samples of `epoch` are used up. */
export interface Position {
  readonly epoch: number;
  readonly position: number;
}

/** A position as a checkpoint stores it, with what must not have changed when it is used: the number of samples and their names. */
export function savePosition({ epoch, position }: Position, data: { count: number; fingerprint?: number }): Json {
  return { epoch, position, ...data };
}

/** The position in a checkpoint's state. Throws an Error where it is none, or was saved with other data. */
export function restorePosition(state: Json, data: { count: number; fingerprint?: number }): Position {
  if (!isState(state)) throw new Error(`the saved position ${JSON.stringify(state)} is none; start a new run`);
  if (state.count !== data.count)
    throw new Error(
      `the data has ${data.count} samples, the checkpoint was written with ${state.count}; restore the data or start a new run`,
    );
  if (state.fingerprint !== data.fingerprint)
    throw new Error("the files of the data are not those that the checkpoint was written with; restore them or start a new run");
  if (state.position > state.count)
    throw new Error(`the saved position ${state.position} is beyond ${state.count} samples; start a new run`);
  return { epoch: state.epoch, position: state.position };
}

interface State extends Position {
  readonly count: number;
  readonly fingerprint?: number;
}

function isState(state: unknown): state is State {
  if (typeof state !== "object" || state === null) return false;
  const { epoch, position, count } = state as Record<string, unknown>;
  return [epoch, position, count].every((value) => Number.isSafeInteger(value) && Number(value) >= 0);
}
