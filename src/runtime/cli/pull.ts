import { pull } from "../hub/pull.js";
import { isHubAddress } from "../hub/hub-address.js";
import { loadGraph } from "../load-graph.js";
import { exitCodes } from "./exit-codes.js";
import { pullOnce } from "./pull-once.js";
import { reportProblems } from "./report-problems.js";

/** `graph pull`: brings weights from the hub into the cache, of an address or of all that a graph names; gives the exit code. */
export async function pullVerb(what: readonly string[], flags: { readonly json?: boolean }): Promise<number> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const pulled = new Map<string, string>();
  try {
    for (const given of what)
      // A part of a file comes with the whole.
      if (isHubAddress(given)) pulled.set(given, await pull(given.replace(/#.*$/, ""), say));
      else
        await loadGraph(given, {
          pull: async (address) => {
            const file = await pullOnce(address);
            pulled.set(address, file);
            return file;
          },
        });
  } catch (error) {
    return reportProblems(error, flags);
  }
  if (flags.json) process.stdout.write(`${JSON.stringify(Object.fromEntries(pulled), undefined, 2)}\n`);
  else for (const [address, file] of pulled) process.stdout.write(`${address} ${file}\n`);
  return exitCodes.ok;
}
