/** Lets steps through while it is open. */
export interface Gate {
  shut(): void;
  open(): void;
  /** Resolves at once while open, else when it opens. */
  pass(): Promise<void>;
}

/** An open gate. */
export function makeGate(): Gate {
  let opened: Promise<void> | undefined;
  let release: () => void = () => undefined;
  return {
    shut() {
      opened ??= new Promise((resolve) => (release = resolve));
    },
    open() {
      opened = undefined;
      release();
    },
    pass: () => opened ?? Promise.resolve(),
  };
}
