import { execFile } from "node:child_process";

/** Runs a Python; gives its exit code (or the reason why it did not start) and what it said. Never throws. */
export function runPython(python, args, env) {
  return new Promise((done) => {
    const options = { env: { ...process.env, ...env }, maxBuffer: 2 ** 26 };
    execFile(python, args, options, (error, stdout, stderr) =>
      done({ code: error ? (error.code ?? "killed") : 0, stdout, stderr }),
    );
  });
}
