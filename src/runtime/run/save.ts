import type { Json } from "../../core/define-node.js";
import type { Phase } from "../../core/graph.js";
import { during } from "./activity.js";
import type { Session } from "./session.js";
import { trainState } from "./train-state.js";

/** How far a phase has come; changes as it runs. */
export interface PhasePosition {
  /** Steps done in this phase. */
  step: number;
  /** Position of each source after the last step. */
  sources: { readonly [node: string]: Json };
  /** Nested phases that are due and have not run. */
  pending: readonly string[];
}

/** Writes a checkpoint of all that training changed, of the phase's position and of the results so far. */
export async function save(session: Session, phase: Phase, position: PhasePosition): Promise<void> {
  const { graph, recorder, trained, done, results } = session;
  const started = session.now();
  const { step, sources, pending } = position;
  const state = {
    phase: phase.name,
    step,
    seed: graph.seed,
    done: [...done],
    pending,
    results: Object.fromEntries(results),
    sources,
    skipped: Object.fromEntries(session.devices.skipped),
  };
  await during(session.activity, "checkpoint", "write", async () =>
    recorder.checkpoint({ step: trained, files: await trainState(session.devices), state }, phase.keep),
  );
  session.saved = true;
  await recorder.status({ state: "running", step: trained });
  recorder.event({ event: "checkpoint", phase: phase.name, step: trained, seconds: session.now() - started });
}
