/** `raegraph/testing`: one node alone, numbers in and numbers out, for Jest, Vitest and node:test alike. */
export { runNode } from "./run-node.js";
export type { RunNodeOptions } from "./run-node.js";
export { harness } from "./harness.js";
export type { Batch, Harness, HarnessOptions } from "./harness.js";
export { checkNode } from "./check-node.js";
export type { NodeReport } from "./check-node.js";
export type { NodeExample } from "./node-example.js";
export { toHostArray } from "./arrays.js";
export type { Nested } from "./arrays.js";
export type { NodeInput } from "./node-function.js";
export { replayNode } from "../fixture/replay-node.js";
export type { OutputDifference, Replay, ReplayOptions } from "../fixture/replay-node.js";
export type { FixtureAbout } from "../fixture/node-fixture.js";
