/** Results of a series of jobs in their order, with up to `depth` jobs under way at once. */
export interface ReadAhead<T> {
  /** The next result, or undefined at the end. */
  take(): Promise<T | undefined>;
  /** Starts no further job and waits for those under way. */
  stop(): Promise<void>;
}

/**
 * Runs jobs ahead of their use: as soon as one result is taken, the next job starts. `start` gives a promise that never rejects,
 * or undefined when there is no further job.
 */
export function readAhead<T>(depth: number, start: () => Promise<T> | undefined): ReadAhead<T> {
  const queue: Promise<T>[] = [];
  let ended = false;
  const fill = (): void => {
    while (!ended && queue.length < depth) {
      const job = start();
      if (job) queue.push(job);
      else ended = true;
    }
  };
  return {
    async take() {
      fill();
      const result = await queue.shift();
      fill();
      return result;
    },
    async stop() {
      ended = true;
      await Promise.all(queue.splice(0));
    },
  };
}
