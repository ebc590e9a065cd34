import type { ComputeBackend } from "../core/define-backend.js";
import { nearNames } from "../core/near-names.js";

/** A chosen backend and one line per candidate that was asked. */
export interface Choice {
  readonly backend: ComputeBackend;
  readonly lines: readonly string[];
}

/** The order in which `auto` asks. */
const autoOrder = ["cuda", "native", "wasm"];

/**
 * The backend of this name; `auto` takes the first of cuda, native and wasm that this machine can run. A backend named explicitly
 * never falls back. Throws an Error with each candidate's reason.
 */
export async function chooseBackend(backends: readonly ComputeBackend[], wanted: string): Promise<Choice> {
  if (wanted !== "auto") {
    const backend = backends.find(({ id }) => id === wanted);
    if (!backend) throw new UnknownBackend(wanted, backends);
    const probe = await backend.probe();
    if (!probe.available) throw new Error(`backend ${wanted} is not available: ${probe.reason}`);
    return { backend, lines: [`backend ${wanted}: ${probe.reason}`] };
  }
  const lines: string[] = [];
  for (const id of autoOrder) {
    const backend = backends.find((candidate) => candidate.id === id);
    if (!backend) continue;
    const probe = await backend.probe();
    lines.push(`backend ${id}: ${probe.available ? "accepted" : "rejected"}, ${probe.reason}`);
    if (probe.available) return { backend, lines };
  }
  throw new Error(`no backend can run here:\n${lines.join("\n")}`);
}

/** A backend name that is not registered; a mistake of usage. */
export class UnknownBackend extends Error {
  override readonly name = "UnknownBackend";
  constructor(wanted: string, backends: readonly ComputeBackend[]) {
    const ids = backends.map(({ id }) => id);
    const [near] = nearNames(wanted, ids);
    super(`unknown backend "${wanted}"${near ? `; did you mean "${near}"?` : ""} There are: auto, ${ids.join(", ")}`);
  }
}
