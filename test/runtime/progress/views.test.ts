import { describe, expect, test } from "@jest/globals";
import { createMeter } from "../../../src/runtime/progress/meter.js";
import { plainProgress } from "../../../src/runtime/progress/plain.js";
import { terminalProgress } from "../../../src/runtime/progress/terminal.js";
import type { ProgressView } from "../../../src/runtime/run/progress-view.js";

/** A view before a clock that stands until it is told. */
function watched(make: (options: Parameters<typeof plainProgress>[0]) => ProgressView): {
  view: ProgressView;
  clock: { seconds: number };
  written: string[];
  reported: string[];
} {
  const clock = { seconds: 100 };
  const written: string[] = [];
  const reported: string[] = [];
  const view = make({
    write: (text) => void written.push(text),
    report: (text) => void reported.push(text),
    list: () => ["samples", "checkpoints", "tb"],
    now: () => clock.seconds,
  });
  return { view, clock, written, reported };
}

const train = { name: "train", steps: 5, batch: 32, from: 0 };

describe("meter", () => {
  test("leaves the first step out of the rate, and nested phases too", () => {
    const clock = { seconds: 0 };
    const meter = createMeter(() => clock.seconds);
    meter.begin(train);
    clock.seconds = 10; // warm-up
    meter.step({ phase: "train", step: 1, metrics: {} });
    clock.seconds = 12;
    meter.step({ phase: "train", step: 2, metrics: {} });
    meter.begin({ name: "sample", steps: 1, batch: undefined, from: 0 });
    clock.seconds = 14;
    meter.end();
    clock.seconds = 16;
    meter.step({ phase: "train", step: 3, metrics: { loss: 0.5 } });
    const [reading] = meter.readings();
    // Two steps in 4 s of training and 2 s of sampling: two more steps take as long again.
    expect(reading).toMatchObject({ step: 3, stepsPerSecond: 0.5, samplesPerSecond: 16, left: 6, metrics: { loss: 0.5 } });
  });

  test("says nothing of speed after one step", () => {
    const meter = createMeter(() => 1);
    meter.begin({ ...train, from: 3 });
    meter.step({ phase: "train", step: 4, metrics: {} });
    expect(meter.readings()[0]).toMatchObject({ stepsPerSecond: undefined, left: undefined });
  });
});

describe("plain", () => {
  test("prints the first and the last step, and one line per interval between", () => {
    const { view, clock, written } = watched((options) => plainProgress(options, 10));
    view.phase(train);
    for (let step = 1; step <= 5; step++) {
      clock.seconds += 6;
      view.step({ phase: "train", step, metrics: { loss: 1 / step, lr: 0.001 } });
    }
    expect(written).toEqual([
      "phase=train step=1/5 loss=1 lr=0.001\n",
      "phase=train step=3/5 loss=0.3333 lr=0.001 samples/s=5.333 eta=12s\n",
      "phase=train step=5/5 loss=0.2 lr=0.001 samples/s=5.333\n",
    ]);
  });

  test("prints the last step also where only the data's end tells it", () => {
    const { view, written } = watched((options) => plainProgress(options, 10));
    view.phase({ ...train, steps: undefined });
    view.step({ phase: "train", step: 1, metrics: {} });
    view.step({ phase: "train", step: 2, metrics: {} });
    view.phaseEnd({ name: "train", results: { images: 12345 } });
    expect(written).toEqual(["phase=train step=1\n", "phase=train step=2\n", "phase=train images=12345\n"]);
  });

  test("keeps short nested phases silent but for their results", () => {
    const { view, written } = watched((options) => plainProgress(options, 10));
    view.phase(train);
    view.step({ phase: "train", step: 1, metrics: {} });
    view.phase({ name: "held", steps: 1, batch: 8, from: 0 });
    view.step({ phase: "held", step: 1, metrics: {} });
    view.phaseEnd({ name: "held", results: { loss: 2 } });
    expect(written).toEqual(["phase=train step=1/5\n", "phase=held loss=2\n"]);
  });

  test("the start tells graph, backend, parameters, batch and folder", () => {
    const { view, written } = watched((options) => plainProgress(options, 10));
    view.start({
      graph: "toy",
      folder: "runs/toy/1",
      backend: "wasm: 2 threads",
      batch: 32,
      trainable: 1234,
      frozen: 5,
      resumedAt: 400,
    });
    expect(written.join("").split("\n")).toEqual([
      "  graph       toy",
      "  backend     wasm: 2 threads",
      "  parameters  1,234 trainable, 5 frozen",
      "  batch       32",
      "  run folder  runs/toy/1",
      "  resumed     after step 400",
      "",
    ]);
  });

  test("the end gives results, places and the next command on the standard output", () => {
    const { view, written, reported } = watched((options) => plainProgress(options, 10));
    view.end({ state: "interrupted", folder: "runs/toy/1", phases: [], results: { score: { fid: 3 } }, steps: 7 });
    expect(written).toEqual([]);
    expect(reported.join("").split("\n")).toEqual([
      "results",
      "  score  fid  3",
      "",
      "interrupted after step 7",
      "  run folder   runs/toy/1",
      "  samples      runs/toy/1/samples",
      "  checkpoints  runs/toy/1/checkpoints",
      "  curves       tensorboard --logdir runs/toy/1/tb",
      "  go on        graph resume runs/toy/1",
      "",
    ]);
  });
});

describe("terminal", () => {
  const terminal = (color = false): ReturnType<typeof watched> =>
    watched((options) => terminalProgress(options, { columns: () => 40, color }));

  test("draws bar, step, losses and speed, in as many lines as they take", () => {
    const { view, clock, written } = terminal();
    view.phase({ ...train, steps: 4 });
    for (let step = 1; step <= 2; step++) {
      clock.seconds += 2;
      view.step({ phase: "train", step, metrics: { loss: 0.5 } });
    }
    const last = (written.at(-1) ?? "").split("\n");
    expect(last).toEqual([
      "\u001b[2A\u001b[0Jtrain  ━━━━━━━━━━━━────────────  2/4",
      "  loss 0.5  16 samples/s  2s a step",
      "  ETA 4s",
      "",
    ]);
  });

  test("redraws at most ten times a second, over the block before", () => {
    const { view, clock, written } = terminal();
    view.phase(train);
    for (let i = 0; i < 100; i++) {
      clock.seconds += 0.01;
      view.step({ phase: "train", step: 1, metrics: {} });
    }
    expect(written.length).toBeLessThanOrEqual(11);
    expect(written.length).toBeGreaterThan(5);
    expect(written.at(-1)?.startsWith("\u001b[1A\u001b[0J")).toBe(true);
  });

  test("a phase that is over leaves one line above the block", () => {
    const { view, clock, written } = terminal();
    view.phase(train);
    clock.seconds += 3;
    view.step({ phase: "train", step: 5, metrics: { loss: 0.25 } });
    view.phaseEnd({ name: "train", results: { psnr: 27 } });
    expect(written.at(-1)).toBe("\u001b[2A\u001b[0J✔ train  5 steps in 3s  loss 0.25  psnr 27\n");
  });

  test("notes move the block down", () => {
    const { view, written } = terminal();
    view.phase(train);
    view.note("images: skipped broken.png");
    expect(written.at(-1)?.split("─")[0]).toBe("\u001b[1A\u001b[0Jimages: skipped broken.png\ntrain  ");
  });

  test("writes no colours where they are off, and some where they are on", () => {
    const [plain, colored] = [terminal(false), terminal(true)];
    for (const { view } of [plain, colored]) view.phase(train);
    expect(plain.written.join("")).not.toContain("\u001b[1m");
    expect(colored.written.join("")).toContain("\u001b[1m");
  });
});
