/** Splits time among names. One name's clock runs at each moment, so the parts sum to the whole. */
export interface Ledger {
  /** Gives the time since the last call to the name that was running, and lets `name` run from now on. */
  charge(name: string): void;
  /** Seconds by name since the last call of `take`; starts anew. */
  take(): ReadonlyMap<string, number>;
}

/** Makes a ledger in which `name` runs first; `now` gives seconds. */
export function makeLedger(now: () => number, name: string): Ledger {
  let running = name;
  let since = now();
  let parts = new Map<string, number>();
  const settle = (): void => {
    const at = now();
    parts.set(running, (parts.get(running) ?? 0) + at - since);
    since = at;
  };
  return {
    charge(next) {
      settle();
      running = next;
    },
    take() {
      settle();
      const taken = parts;
      parts = new Map();
      return taken;
    },
  };
}
