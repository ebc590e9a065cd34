import type { ComputeBackend, Precision } from "../core/define-backend.js";
import { nearNames } from "../core/near-names.js";
import { UsageError } from "./usage-error.js";

/** A chosen backend and one line per candidate that was asked. */
export interface Choice {
  readonly backend: ComputeBackend;
  readonly lines: readonly string[];
}

/** The order in which `auto` asks. */
const autoOrder = ["cuda", "native", "wasm"];

/**
 * The backend of this name; `auto` takes the first of cuda, native and wasm that this machine can run. A backend named explicitly
 * never falls back. Throws a UsageError with each candidate's reason.
 */
export async function chooseBackend(backends: readonly ComputeBackend[], wanted: string): Promise<Choice> {
  if (wanted !== "auto") {
    const backend = namedBackend(backends, wanted);
    const probe = await backend.probe();
    if (!probe.available) throw new UsageError(`backend ${wanted} is not available: ${probe.reason}`);
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
  throw new UsageError(`no backend can run here:\n${lines.join("\n")}`);
}

/** The backend of this name, whether or not this machine has it. Throws a UsageError where there is none. */
export function namedBackend(backends: readonly ComputeBackend[], wanted: string): ComputeBackend {
  const backend = backends.find(({ id }) => id === wanted);
  if (!backend) throw unknownBackend(wanted, backends);
  return backend;
}

/** The precision, where the backend computes in it; else a UsageError. */
export function checkPrecision(backend: ComputeBackend, wanted: Precision): Precision {
  if (backend.precisions.includes(wanted)) return wanted;
  throw new UsageError(
    `backend ${backend.id} computes in ${backend.precisions.join(" or ")}, not in ${wanted}; choose another --precision or --backend`,
  );
}

function unknownBackend(wanted: string, backends: readonly ComputeBackend[]): UsageError {
  const ids = backends.map(({ id }) => id);
  const near = nearNames(wanted, ids).map((id) => `"${id}"`);
  const cure = near.length > 0 ? `did you mean ${near.join(" or ")}? ` : "";
  return new UsageError(`unknown backend "${wanted}"; ${cure}there are auto, ${ids.join(", ")}`);
}
