import { Worker } from "node:worker_threads";
import { openJobs } from "./jobs.js";
import type { Jobs } from "./jobs.js";

/** A job for the thread; its values are copied. */
export interface Question {
  readonly job: keyof Jobs;
  readonly values: readonly unknown[];
}
/** Answers come in the order of the questions. */
export type Answer = { readonly value: unknown } | { readonly error: string };

/** Where jobs are done, one after the other. */
export interface Desk {
  /** Rejects with the job's Error, or where the thread ended. */
  ask<J extends keyof Jobs>(job: J, ...values: Parameters<Jobs[J]>): Promise<ReturnType<Jobs[J]>>;
  /** Ends the thread; what is still asked is rejected. */
  close(): void;
}

/** Features of fewer numbers take less time than a thread's start. */
const fewFeatures = 256;

/** A thread for features of so many numbers, so that what takes seconds holds nothing up; for few the place itself. */
export function openDesk(features: number): Desk {
  return features < fewFeatures ? deskHere() : deskInThread();
}

function deskHere(): Desk {
  const jobs = openJobs();
  return {
    ask: async (job, ...values) => (jobs[job] as (...values: unknown[]) => never)(...values),
    close: () => undefined,
  };
}

interface Waiting {
  resolve(value: never): void;
  reject(error: Error): void;
}

function deskInThread(): Desk {
  // Threads run JavaScript: from the sources, that which was built of them.
  const file = import.meta.url.endsWith(".ts") ? "../../../../dist/nodes/metric/dense/job-thread.js" : "./job-thread.js";
  const thread = new Worker(new URL(file, import.meta.url), { name: "raegraph statistics", execArgv: [] });
  const waiting: Waiting[] = [];
  let ended: Error | undefined;
  const end = (error: Error): void => {
    ended ??= error;
    for (const one of waiting.splice(0)) one.reject(ended);
  };
  // An idle thread does not keep the process alive.
  thread.unref();
  thread.on("error", (error: Error) => end(new Error(`the thread for statistics of features failed: ${error.message}`)));
  thread.on("exit", () => end(new Error("the thread for statistics of features has ended")));
  thread.on("message", (answer: Answer) => {
    const one = waiting.shift();
    if (waiting.length === 0) thread.unref();
    if ("error" in answer) one?.reject(new Error(answer.error));
    else one?.resolve(answer.value as never);
  });
  return {
    ask: (job, ...values) =>
      new Promise((resolve, reject) => {
        if (ended) return reject(ended);
        thread.ref();
        waiting.push({ resolve, reject });
        const question: Question = { job, values };
        thread.postMessage(question);
      }),
    close: () => void thread.terminate(),
  };
}
