/** A thread's module: does the jobs that `thread.ts` sends. It starts when it is imported, which is what a thread's module is for. */
import { parentPort } from "node:worker_threads";
import { openJobs } from "./jobs.js";
import type { Answer, Question } from "./thread.js";

const jobs = openJobs();

parentPort?.on("message", ({ job, values }: Question) => {
  let answer: Answer;
  try {
    // The other side calls by the same interface.
    answer = { value: (jobs[job] as (...values: readonly unknown[]) => unknown)(...values) };
  } catch (error) {
    answer = { error: error instanceof Error ? error.message : String(error) };
  }
  parentPort?.postMessage(answer);
});
