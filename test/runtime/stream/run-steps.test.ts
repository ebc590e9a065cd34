import { setImmediate } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import type { Json, Source } from "../../../src/core/define-node.js";
import { runSteps } from "../../../src/runtime/stream/run-steps.js";
import type { StepLoop } from "../../../src/runtime/stream/run-steps.js";

/** Counts up from 0; keeps how often it was asked and whether it was closed. */
function counter(length = Infinity, fails = -1): Source & { asked: number; closed: number } {
  let at = 0;
  return {
    asked: 0,
    closed: 0,
    async next() {
      this.asked++;
      if (at === fails) throw new Error(`no packet ${at}`);
      if (at >= length) return undefined;
      return { indices: [at++], values: {} };
    },
    state: () => at,
    restore(state: Json) {
      at = Number(state);
    },
    async close() {
      this.closed++;
    },
  };
}

function loop(options: Partial<StepLoop> & Pick<StepLoop, "sources">): StepLoop {
  return { depth: 2, from: 0, steps: undefined, signal: new AbortController().signal, each: async () => undefined, ...options };
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await setImmediate();
}

test("joins sources by step and gives each packet with the position behind it", async () => {
  const seen: string[] = [];
  const sources = [
    { name: "a", source: counter() },
    { name: "b", source: counter() },
  ];
  const each: StepLoop["each"] = async (step, packets) => {
    const parts = [...packets].map(([name, { packet, state }]) => `${name}${packet.indices.join()}>${String(state)}`);
    seen.push(`${step}:${parts.join(" ")}`);
  };
  expect(await runSteps(loop({ sources, steps: 3, each }))).toBe("steps");
  expect(seen).toEqual(["0:a0>1 b0>1", "1:a1>2 b1>2", "2:a2>3 b2>3"]);
});

test("ends when the shortest source ends", async () => {
  const sources = [
    { name: "a", source: counter(3) },
    { name: "b", source: counter() },
  ];
  let steps = 0;
  expect(await runSteps(loop({ sources, each: async () => void steps++ }))).toBe("data");
  expect(steps).toBe(3);
  expect(sources.map(({ source }) => source.closed)).toEqual([1, 1]);
});

test.each([1, 2, 3])("a fast source never holds more than %i packets before a slow sink", async (depth) => {
  const source = counter();
  let done = 0;
  let most = 0;
  const each = async (): Promise<void> => {
    await turns(5);
    most = Math.max(most, source.asked - done);
    done++;
  };
  await runSteps(loop({ sources: [{ name: "a", source }], depth, steps: 20, each }));
  expect(most).toBe(depth);
  expect(source.asked).toBe(20);
});

test("a source is asked for more once the next step is at work, not between two steps", async () => {
  const source = counter();
  const events: string[] = [];
  const next = source.next.bind(source);
  source.next = async () => (events.push(`asked ${source.asked}`), next());
  const each = async (step: number): Promise<void> => {
    events.push(`step ${step}`);
    await turns(3);
    events.push("end");
  };
  await runSteps(loop({ sources: [{ name: "a", source }], steps: 3, each }));
  expect(events).toEqual(["asked 0", "asked 1", "step 0", "end", "step 1", "asked 2", "end", "step 2", "end"]);
});

test("sources work ahead while a step runs", async () => {
  const source = counter();
  const askedAtStart: number[] = [];
  const askedAtEnd: number[] = [];
  const each = async (): Promise<void> => {
    askedAtStart.push(source.asked);
    await turns(3);
    askedAtEnd.push(source.asked);
  };
  await runSteps(loop({ sources: [{ name: "a", source }], steps: 3, each }));
  expect(askedAtEnd).toEqual([2, 3, 3]);
  expect(askedAtStart[0]).toBeLessThanOrEqual(2);
});

test("never runs two steps at once", async () => {
  let working = 0;
  const each = async (): Promise<void> => {
    expect(++working).toBe(1);
    await turns(2);
    working--;
  };
  await runSteps(loop({ sources: [{ name: "a", source: counter() }], steps: 5, each }));
  expect(working).toBe(0);
});

test("starts at the step where it stopped", async () => {
  const seen: number[] = [];
  await runSteps(
    loop({ sources: [{ name: "a", source: counter() }], from: 7, steps: 9, each: async (step) => void seen.push(step) }),
  );
  expect(seen).toEqual([7, 8]);
});

test("an abort lets the step in work finish and starts no other", async () => {
  const stop = new AbortController();
  const source = counter();
  const finished: number[] = [];
  const each = async (step: number): Promise<void> => {
    if (step === 2) stop.abort();
    await turns(3);
    finished.push(step);
  };
  expect(await runSteps(loop({ sources: [{ name: "a", source }], signal: stop.signal, each }))).toBe("aborted");
  expect(finished).toEqual([0, 1, 2]);
  expect(source.closed).toBe(1);
});

test("an abort ends the wait for a source that gives nothing", async () => {
  const stop = new AbortController();
  const source = { ...counter(), next: () => new Promise<undefined>(() => undefined) };
  const running = runSteps(loop({ sources: [{ name: "a", source }], signal: stop.signal }));
  await turns(2);
  stop.abort();
  expect(await running).toBe("aborted");
});

test("a loop that was stopped before it began does nothing but close", async () => {
  const source = counter();
  expect(await runSteps(loop({ sources: [{ name: "a", source }], signal: AbortSignal.abort() }))).toBe("aborted");
  expect([source.asked, source.closed]).toEqual([0, 1]);
});

test("a source's error comes at the step that lacks the packet, and every source is closed", async () => {
  const sources = [
    { name: "a", source: counter(Infinity, 3) },
    { name: "b", source: counter() },
  ];
  const seen: number[] = [];
  const each = async (step: number): Promise<void> => {
    await turns(5);
    seen.push(step);
  };
  await expect(runSteps(loop({ sources, each }))).rejects.toThrow("no packet 3");
  expect(seen).toEqual([0, 1, 2]);
  expect(sources.map(({ source }) => source.closed)).toEqual([1, 1]);
});

test("a step's error ends the loop and closes the sources", async () => {
  const source = counter();
  const each = async (step: number): Promise<void> => {
    if (step === 1) throw new Error("out of memory");
  };
  await expect(runSteps(loop({ sources: [{ name: "a", source }], each }))).rejects.toThrow("out of memory");
  expect(source.closed).toBe(1);
});

test("a phase without sources runs its steps with no packets", async () => {
  const sizes: number[] = [];
  expect(await runSteps(loop({ sources: [], steps: 2, each: async (_step, packets) => void sizes.push(packets.size) }))).toBe(
    "steps",
  );
  expect(sizes).toEqual([0, 0]);
});

test("a phase with neither sources nor steps is refused", async () => {
  await expect(runSteps(loop({ sources: [] }))).rejects.toThrow("needs `steps`");
});
