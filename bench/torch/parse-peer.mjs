import { BenchError } from "../bench-error.mjs";

/** The last line of a peer's output that is a JSON object: libraries may print before it. */
export function parsePeer(stdout) {
  for (const line of stdout.split("\n").reverse()) {
    if (!line.trimStart().startsWith("{")) continue;
    try {
      return JSON.parse(line);
    } catch {
      // A line that only looks like JSON.
    }
  }
  throw new BenchError(`the peer printed no JSON line, but: ${stdout.trim().slice(-300) || "nothing"}`);
}
