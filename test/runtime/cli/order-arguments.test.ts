import { expect, test } from "@jest/globals";
import { orderArguments } from "../../../src/runtime/cli/order-arguments.js";
import { commandLine } from "../../../src/runtime/cli/verbs.js";

const verbs = commandLine("1.0.0", async () => undefined).commands;

test.each([
  ["run x.yaml --smoke", "run x.yaml --smoke"],
  ["--smoke run x.yaml", "run --smoke x.yaml"],
  ["--backend wasm run x.yaml", "run --backend wasm x.yaml"],
  ["--backend=wasm --json check x.yaml", "check --backend=wasm --json x.yaml"],
  ["--backend run run x.yaml", "run --backend run x.yaml"],
  ["x.yaml run", "x.yaml run"],
  ["-- run", "-- run"],
  ["--help", "--help"],
])("%s means %s", (given, ordered) => {
  expect(orderArguments(given.split(" "), verbs)).toEqual(ordered.split(" "));
});
