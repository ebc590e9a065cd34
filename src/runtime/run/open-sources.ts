import type { Json, Source } from "../../core/define-node.js";
import { during } from "./activity.js";
import type { Activity } from "./activity.js";
import { blameAsync, messageOf } from "./failure.js";
import type { PhasePlan } from "./plan.js";
import { hostContext } from "./session.js";
import type { Session } from "./session.js";

/** A source by the name of its node. */
export interface OpenSource {
  readonly name: string;
  readonly source: Source;
}

/** Opens a phase's sources at the positions given; errors are blamed on their nodes. If one fails, those opened before are closed. */
export async function openSources(
  session: Session,
  plan: PhasePlan,
  positions: { readonly [node: string]: Json },
): Promise<OpenSource[]> {
  const opened: OpenSource[] = [];
  try {
    for (const node of plan.sources) {
      const { def, name, params } = node;
      if (def.kind !== "source") throw new Error(`"${name}" is no source`);
      const source = await blameAsync(node, () => def.open(params, hostContext(session, name)));
      opened.push({ name, source: { ...blaming(source, node, session.activity), state: () => source.state() } });
      const position = positions[name];
      if (position !== undefined) await blameAsync(node, () => source.restore(position));
    }
  } catch (error) {
    for (const { source } of opened)
      await source.close().catch((other: unknown) => session.recorder.log("warn", messageOf(other)));
    throw error;
  }
  return opened;
}

function blaming(source: Source, node: PhasePlan["sources"][number], activity: Activity): Omit<Source, "state"> {
  return {
    next: () => blameAsync(node, () => during(activity, node.name, "read", () => source.next())),
    restore: (state) => source.restore(state),
    close: () => blameAsync(node, () => source.close()),
  };
}
