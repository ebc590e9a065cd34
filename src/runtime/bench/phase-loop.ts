import type { Device } from "../../core/define-backend.js";
import type { Json } from "../../core/define-node.js";
import { deliver } from "../run/deliver.js";
import { messageOf, tellFailure } from "../run/failure.js";
import { openHost } from "../run/host-nodes.js";
import type { OpenHost } from "../run/host-nodes.js";
import { openSources } from "../run/open-sources.js";
import type { PhasePlan } from "../run/plan.js";
import { hostContext } from "../run/session.js";
import type { Session } from "../run/session.js";
import { StepRunner } from "../run/step-runner.js";
import { runSteps } from "../stream/run-steps.js";
import type { Delivery } from "../stream/run-steps.js";
import type { Ledger } from "./ledger.js";
import { partName, shared, watchNodes } from "./watch-nodes.js";

/** Has steps run op by op and charges their parts to a ledger that starts with `data`; `each` is called at the end of every step. */
export interface Watch {
  readonly ledger: Ledger;
  each(): void;
}

/** Packets of one source that may be held at once, as in a run. */
const queueDepth = 2;

/** The steps of a phase over several calls. */
export class PhaseLoop {
  private step = 0;
  private positions: Record<string, Json> = {};
  private readonly runner: StepRunner;

  constructor(
    private readonly session: Session,
    private readonly plan: PhasePlan,
    private readonly device: Device,
  ) {
    const { devices, programs, checkReplay } = session;
    this.runner = new StepRunner(plan, devices, device, { programs, checkReplay }, () => undefined);
  }

  /** Runs more steps; gives the seconds of each, from one step's end to the next one's, so that waiting for data counts. */
  async run(steps: number, watch?: Watch): Promise<number[]> {
    const { session, plan } = this;
    const times: number[] = [];
    const hosts: OpenHost[] = [];
    try {
      for (const node of plan.hosts) hosts.push(charged(await openHost(node, hostContext(session, node.name)), watch?.ledger));
      while (times.length < steps) {
        const before = times.length;
        const fromStart = Object.keys(this.positions).length === 0;
        await this.pass(steps, times, hosts, watch);
        if (fromStart && times.length === before) throw new Error("its data gives no batch; there is nothing to time");
      }
      return times;
    } catch (error) {
      throw tellFailure(session.graph, plan.phase, this.step + 1, error);
    } finally {
      for (const host of hosts) await host.abandon().catch((other: unknown) => session.recorder.log("warn", messageOf(other)));
    }
  }

  /** Steps until there are enough or the data ends; then the next pass starts at the data's first sample. */
  private async pass(steps: number, times: number[], hosts: readonly OpenHost[], watch: Watch | undefined): Promise<void> {
    const { session, plan } = this;
    let since: number | undefined;
    const each = async (step: number, packets: ReadonlyMap<string, Delivery>): Promise<void> => {
      // Opening the sources is no part of a step.
      since ??= this.begin(watch?.ledger);
      watch?.ledger.charge(shared.rest);
      await this.work(step, packets, hosts, watch?.ledger);
      watch?.ledger.charge(shared.data);
      watch?.each();
      const now = session.now();
      times.push(now - since);
      since = now;
    };
    const sources = await openSources(session, plan, this.positions);
    const { step: from } = this;
    const end = await runSteps({
      sources,
      depth: queueDepth,
      from,
      steps: from + steps - times.length,
      signal: session.signal,
      each,
    });
    if (end === "data") this.positions = {};
  }

  private begin(ledger: Ledger | undefined): number {
    ledger?.take();
    return this.session.now();
  }

  private async work(
    step: number,
    packets: ReadonlyMap<string, Delivery>,
    hosts: readonly OpenHost[],
    ledger: Ledger | undefined,
  ): Promise<void> {
    const { session, plan, device, runner } = this;
    const values = new Map([...packets].map(([node, { packet }]) => [node, packet.values]));
    const result = await runner.run(values, step, ledger && watchNodes(ledger));
    ledger?.charge(shared.results);
    const samples = new Map([...packets].map(([node, { packet }]) => [node, packet.indices]));
    const culprit = (): ReturnType<StepRunner["culprit"]> => runner.culprit(values, step);
    await deliver(session, { plan, phase: plan.phase, hosts, step, result, samples, culprit });
    await device.sync();
    this.step = step + 1;
    this.positions = Object.fromEntries([...packets].map(([node, { state }]) => [node, state]));
  }
}

/** A reducer whose work is charged. */
function charged(host: OpenHost, ledger: Ledger | undefined): OpenHost {
  if (!ledger) return host;
  return {
    ...host,
    async add(values, at) {
      ledger.charge(partName(host.node.name, "host"));
      await host.add(values, at);
      ledger.charge(shared.results);
    },
  };
}
