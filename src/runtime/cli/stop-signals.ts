import { exitCodes } from "./exit-codes.js";

/** Signals of the system as a request to stop. */
export interface StopRequest {
  readonly signal: AbortSignal;
  /** Gives the signals back to the system. */
  release(): void;
}

const names = ["SIGINT", "SIGTERM", "SIGUSR1"] as const;

/** The first signal asks the run to finish its step and save; a second one ends the process at once. */
export function onStopSignals(say: (line: string) => void): StopRequest {
  const stop = new AbortController();
  const handle = (name: NodeJS.Signals): void => {
    if (stop.signal.aborted) process.exit(exitCodes.killed);
    say(`${name}: finishing the step and saving; once more stops at once`);
    stop.abort();
  };
  for (const name of names) process.on(name, handle);
  return {
    signal: stop.signal,
    release() {
      for (const name of names) process.off(name, handle);
    },
  };
}
