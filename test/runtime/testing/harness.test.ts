import { expect, test } from "@jest/globals";
import { z } from "zod";
import { defineNode } from "../../../src/core/define-node.js";
import { tensor } from "../../../src/core/port.js";
import { harness } from "../../../src/runtime/testing/index.js";

/** Tells the time of each packet. */
const pacer = defineNode({
  kind: "sink",
  type: "toy.pacer",
  note: "Tells the time.",
  inputs: { x: tensor("f32[B]") },
  outputs: {},
  params: z.object({}),
  async open(_params, { now, log }) {
    return {
      write: async () => log("info", `${now()} s`),
      close: async () => undefined,
    };
  },
});

test("a harness has a clock of its own that only the test moves", async () => {
  const { clock, sink, logged } = harness(pacer);
  expect(clock.now()).toBe(0);
  clock.advance(1.5);
  await sink({ x: [1] }, { x: [2] });
  expect(clock.now()).toBe(1.5);
  expect(logged).toEqual(["info: 1.5 s", "info: 1.5 s"]);
  expect(() => clock.advance(-1)).toThrow("a clock goes forward; got -1 seconds");
});
