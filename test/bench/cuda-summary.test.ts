import { expect, test } from "@jest/globals";
import { summarize, textOf } from "../../bench/cuda-summary.mjs";

const lines = (...values: readonly object[]): string => values.map((value) => JSON.stringify(value)).join("\n");
const ours = (ms: number, host: number | null): object => ({
  config: "xl",
  precision: "bf16",
  device: "cuda: NVIDIA H200 (sm_90a), bf16, cuBLASLt 13.1",
  params: 838_000_000,
  batch: 32,
  ours_ms: ms,
  ours_outside_kernels_ms: host,
  flops: 4.945e13,
});
const theirs = (compile: boolean, ms: number): object => ({ compile, ms_median: ms, torch: "2.11" });
const memory = (mib: number | null): object => ({ most_memory_mib: mib });

const files = new Map([
  ["conformance.txt", "▶ cuda\nℹ tests 31\nℹ pass 30\nℹ fail 1\n"],
  ["bf16.txt", "Tests:       2 failed, 1 skipped, 15 passed, 18 total\n"],
  ["ops-bf16.json", lines(...[3, 1, 2].map((ms) => ({ results: [{ name: "attention", ms, tflops: 6 / ms }] })))],
  ["torch-ops.json", lines({ bf16: [{ name: "attention", ms: 4 }], optimizer: [] })],
  ["step-xl-bf16.json", lines(ours(100, 0.5), memory(40_000), ours(110, 0.7), memory(41_000), ours(90, 0.6), memory(39_000))],
  ["torch-step-xl-bf16.json", lines(theirs(false, 200), memory(50_000), theirs(true, 125), memory(null))],
  ["step-mini-bf16.json", "failed before it printed anything"],
]);

test("turns become medians beside PyTorch's, with memory, host time and the share of the card's peak", () => {
  expect(summarize(files)).toEqual({
    suites: [
      { suite: "conformance", passed: 30, failed: 1 },
      { suite: "bf16", passed: 15, failed: 2 },
    ],
    ops: [{ name: "attention", precision: "bf16", ours_ms: 2, tflops: 3, torch_ms: 4, ratio: 0.5 }],
    steps: [
      {
        config: "xl",
        precision: "bf16",
        batch: 32,
        params: 838_000_000,
        device: "cuda: NVIDIA H200 (sm_90a), bf16, cuBLASLt 13.1",
        ours_ms: 100,
        images_per_s: 320,
        host_ms: 0.6,
        // 494.5 of 989 TFLOP/s.
        utilisation: expect.closeTo(0.5, 6) as unknown as number,
        most_memory_mib: 41_000,
        eager: { torch_ms: 200, ratio: 0.5, most_memory_mib: 50_000, torch: "2.11" },
        compiled: { torch_ms: 125, ratio: 0.8, most_memory_mib: null, torch: "2.11" },
      },
    ],
  });
});

test("each suite, op and step is a line", () => {
  expect(textOf(summarize(files)).split("\n")).toEqual([
    "conformance: 30 passed, 1 failed",
    "bf16: 15 passed, 2 failed",
    "attention, bf16: 2.000 ms; PyTorch 4.000 ms, ratio 0.50",
    "step xl bf16 batch 32: 100.0 ms, 320 images/s; 0.60 ms of it outside the GPU; 50.0 % of the data sheet's peak; 41000 MiB; PyTorch eager 200.0 ms, ratio 0.50; PyTorch compiled 125.0 ms, ratio 0.80",
  ]);
});
