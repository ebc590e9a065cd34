import type { Recorder } from "../run/recorder.js";

/** Writes nothing: for runs that only measure. */
export function noRecord(): Recorder {
  const nothing = (): void => undefined;
  const later = (): Promise<void> => Promise.resolve();
  return {
    folder: "",
    metric: nothing,
    event: nothing,
    log: nothing,
    write: (path) => Promise.resolve(path),
    checkpoint: later,
    status: later,
    close: later,
  };
}
