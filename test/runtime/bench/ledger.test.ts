import { expect, test } from "@jest/globals";
import { makeLedger } from "../../../src/runtime/bench/ledger.js";

/** A clock that a test sets. */
function clock(): { at: number; now(): number } {
  const hand = { at: 0, now: () => hand.at };
  return hand;
}

test("time goes to the name that runs, and the parts sum to the whole", () => {
  const hand = clock();
  const ledger = makeLedger(hand.now, "idle");
  hand.at = 1;
  ledger.charge("work");
  hand.at = 4;
  ledger.charge("idle");
  hand.at = 6;
  ledger.charge("work");
  hand.at = 10;
  expect([...ledger.take()]).toEqual([
    ["idle", 1 + 2],
    ["work", 3 + 4],
  ]);
});

test("taking starts anew, and what ran goes on", () => {
  const hand = clock();
  const ledger = makeLedger(hand.now, "idle");
  ledger.charge("work");
  hand.at = 5;
  ledger.take();
  hand.at = 7;
  expect([...ledger.take()]).toEqual([["work", 2]]);
});
