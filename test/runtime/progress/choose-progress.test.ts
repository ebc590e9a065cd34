import { expect, test } from "@jest/globals";
import { chooseProgress } from "../../../src/runtime/progress/choose-progress.js";

function shown(isTTY: boolean, env: Record<string, string> = {}): string {
  let text = "";
  const stderr = { isTTY, columns: 80, write: (part: string) => (text += part) };
  const view = chooseProgress({ stderr, stdout: { write: () => true }, env }, 10);
  view.phase({ name: "train", steps: 2, batch: 1, from: 0 });
  view.step({ phase: "train", step: 1, metrics: {} });
  return text;
}

test("a terminal gets the block", () => expect(shown(true)).toContain("─"));
test("a pipe gets plain lines without any control characters", () => expect(shown(false)).toBe("phase=train step=1/2\n"));
test("a dumb terminal gets plain lines", () => expect(shown(true, { TERM: "dumb" })).toBe("phase=train step=1/2\n"));
test("NO_COLOR takes the colours from the block", () => {
  expect(shown(true)).toContain("\u001b[1m");
  expect(shown(true, { NO_COLOR: "1" })).not.toContain("\u001b[1m");
});
