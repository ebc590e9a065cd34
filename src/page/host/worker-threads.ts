/** What is used of `node:worker_threads`: threads of a page are its workers. */
export class Worker {
  readonly #worker: globalThis.Worker;

  constructor(address: URL, { name }: { readonly name: string }) {
    this.#worker = new globalThis.Worker(address, { name, type: "module" });
  }

  on(event: string, listener: (value: unknown) => void): void {
    if (event === "message") this.#worker.onmessage = ({ data }) => listener(data);
    if (event === "error") this.#worker.onerror = ({ message }) => listener(new Error(message || "its file did not load"));
  }

  postMessage(value: unknown): void {
    this.#worker.postMessage(value);
  }

  terminate(): void {
    this.#worker.terminate();
  }

  /** Workers do not keep a page open. */
  ref(): void {}
  unref(): void {}
}

/** The thread's side. */
export const parentPort = {
  on(_event: "message", listener: (value: unknown) => void): void {
    self.onmessage = ({ data }: MessageEvent<unknown>) => listener(data);
  },
  postMessage(value: unknown): void {
    self.postMessage(value);
  },
};
