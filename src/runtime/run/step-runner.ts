import type { Device, Program, Recording } from "../../core/define-backend.js";
import type { PerStep } from "../../core/per-step.js";
import { tf } from "../../core/tensor.js";
import type { HostArray, Tensor } from "../../core/tensor.js";
import type { Devices } from "./devices.js";
import type { PhasePlan } from "./plan.js";
import type { StagePlan } from "./plan-stages.js";
import { compareReplay } from "./compare-replay.js";
import { findCulprit } from "./find-culprit.js";
import type { Culprit } from "./find-culprit.js";
import { runStage, runStageNow } from "./stage.js";
import type { NodeHook } from "./stage.js";
import { looks } from "./stage-values.js";
import { namesOf, resultOf, tensorsOf, textOf } from "./step-result.js";
import type { ResultName, StepResult } from "./step-result.js";
import { upload } from "./transfer.js";
import type { Packets } from "./transfer.js";

/** How steps are run; programs are used where the device has them. */
export interface StepOptions {
  /** False runs every op of every step one by one. */
  readonly programs: boolean;
  /** Runs every so many replayed steps a second time op by op and compares, bit for bit; 0 is never. */
  readonly checkReplay: number;
}

/** What a stage is run on. */
type StageOfStep = [StagePlan, Devices, ReadonlyMap<string, Tensor>, PerStep];

/** Steps that run op by op before one is recorded: caches are filled and lazily made tensors exist by then. */
const plainSteps = 2;

/**
 * Runs the steps of one phase. On a device that records, steps three and four are noted; where they do the same, all later steps of
 * those shapes replay them as one program. A step of other shapes, such as a last smaller batch, runs op by op. Where a node joins, the
 * steps are others from then on and are noted anew.
 */
export class StepRunner {
  private readonly clock = { step: 0 };
  private readonly perStep = (): number => this.clock.step;
  private stagePlan: StagePlan | undefined;
  private looks = false;
  private seen = 0;
  private shapes: string | undefined;
  private recording: Recording | undefined;
  private program: Program | undefined;
  private over = false;
  /** Names of a program's results, in order. */
  private names: readonly ResultName[] = [];

  constructor(
    private readonly plan: PhasePlan,
    private readonly devices: Devices,
    private readonly device: Device,
    private readonly options: StepOptions,
    private readonly log: (message: string) => void,
  ) {}

  /** One step; with `onNode` it runs op by op, and the hook is called around each node's work. */
  async run(packets: Packets, step: number, onNode?: NodeHook): Promise<StepResult> {
    this.clock.step = step;
    this.enter(step);
    const keys = [...packets].flatMap(([node, ports]) => Object.keys(ports).map((port) => `${node}.${port}`));
    const inputs = [...packets.values()].flatMap((ports) => Object.values(ports));
    const shapes = JSON.stringify(inputs.map(({ dtype, shape }) => [dtype, shape]));
    this.shapes ??= shapes;
    if (onNode || this.looks) return this.plain(keys, inputs, onNode);
    if (shapes !== this.shapes || this.over || !this.options.programs || !this.device.record) return this.plain(keys, inputs);
    if (this.program) return this.replay(this.program, keys, inputs, step);
    if (this.seen++ < plainSteps) return this.plain(keys, inputs);
    return this.record(this.device, keys, inputs);
  }

  /** The first NaN or infinity of this step, which is done once more for it; weights stay. */
  culprit(packets: Packets, step: number): Promise<Culprit | undefined> {
    this.clock.step = step;
    return findCulprit({ stage: this.enter(step), sources: this.plan.sources }, this.devices, packets, this.perStep);
  }

  /** Takes the stage of this step; another one than before starts its own recording. */
  private enter(step: number): StagePlan {
    const { stages } = this.plan;
    const stage = stages.findLast(({ start }) => start <= step) ?? stages[0];
    if (!stage) throw new Error(`phase "${this.plan.phase.name}" has no stage`);
    if (stage === this.stagePlan) return stage;
    this.stagePlan = stage;
    this.looks = stage.fixed.some(looks);
    this.seen = 0;
    this.recording = undefined;
    this.program = undefined;
    this.over = false;
    return stage;
  }

  private async plain(keys: readonly string[], inputs: readonly HostArray[], onNode?: NodeHook): Promise<StepResult> {
    const tensors = inputs.map(upload);
    try {
      return await runStage(...this.stage(keys, tensors), onNode && { onNode });
    } finally {
      tf.dispose(tensors);
    }
  }

  private stage(keys: readonly string[], tensors: readonly Tensor[]): StageOfStep {
    if (!this.stagePlan) throw new Error("no step has begun");
    return [this.stagePlan, this.devices, new Map(keys.map((key, i) => [key, tensors[i] as Tensor])), this.perStep];
  }

  private record(device: Device, keys: readonly string[], inputs: readonly HostArray[]): StepResult {
    let result: StepResult | undefined;
    const recording = device.record?.((tensors) => {
      result = runStageNow(...this.stage(keys, tensors));
      this.names = namesOf(result);
      return tensorsOf(result);
    }, inputs);
    if (!result || !recording) throw new Error("the device recorded no step");
    if (this.recording) this.compile(device, this.recording, recording);
    else this.recording = recording;
    return result;
  }

  private compile(device: Device, first: Recording, second: Recording): void {
    const made = device.compile?.(first, second) ?? "this device makes no programs";
    this.recording = undefined;
    const { name } = this.plan.phase;
    if (typeof made === "string") {
      this.over = true;
      this.log(`${name}: steps run op by op: ${made}`);
      return;
    }
    this.program = made;
    this.log(`${name}: steps are replayed as a program of ${made.info}`);
  }

  private async replay(
    program: Program,
    keys: readonly string[],
    inputs: readonly HostArray[],
    step: number,
  ): Promise<StepResult> {
    const every = this.options.checkReplay;
    const check = every > 0 && step % every === 0;
    const outputs = check
      ? await compareReplay(program, inputs, () => this.plain(keys, inputs), this.names.map(textOf))
      : await program.replay(inputs);
    return resultOf(this.names, outputs);
  }
}
