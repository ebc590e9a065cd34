import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { errorCode } from "../error-code.js";

/** Tells one process from every other, also from a later one with its number. */
export interface ProcessMark {
  readonly pid: number;
  readonly host: string;
  /** When it started, in the system's ticks; empty where the system does not say. */
  readonly started: string;
}

/** The mark of this process. */
export async function ownMark(): Promise<ProcessMark> {
  return { pid: process.pid, host: hostname(), started: await startOf(process.pid) };
}

/** True where the marked process still runs on this machine. On another machine that cannot be seen and counts as no. */
export async function isRunning(mark: ProcessMark): Promise<boolean> {
  if (mark.host !== hostname()) return false;
  try {
    process.kill(mark.pid, 0);
  } catch (error) {
    if (errorCode(error) !== "EPERM") return false;
  }
  return (await startOf(mark.pid)) === mark.started;
}

/** Field 22 of /proc/<pid>/stat, counted behind the name, which may hold spaces and brackets. */
async function startOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}
