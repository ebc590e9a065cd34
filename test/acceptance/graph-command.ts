import { execFile } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { resolve } from "node:path";
import { build } from "esbuild";

/** How a child process ended. */
export interface Ended {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** Bundles a script of this project for plain node; gives the built file. It lies below the project, where libraries are found. */
export async function bundle(entry: string, name: string): Promise<string> {
  const outdir = `build/test/${name}`;
  await build({
    // The thread's module lies beside what starts it.
    entryPoints: { main: entry, "job-thread": "src/nodes/metric/dense/job-thread.ts" },
    outdir,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    packages: "external",
    logLevel: "error",
  });
  return resolve(outdir, "main.js");
}

/** Runs node in a folder, without jest's own flags; `started` gets the child. */
export function runNode(args: readonly string[], cwd: string, started?: (child: ChildProcess) => void): Promise<Ended> {
  return new Promise((done) => {
    const env = { ...process.env, NODE_OPTIONS: "" };
    const child = execFile(process.execPath, args, { cwd, env }, (_error, stdout, stderr) =>
      done({ code: child.exitCode ?? child.signalCode ?? "", stdout, stderr }),
    );
    started?.(child);
  });
}
