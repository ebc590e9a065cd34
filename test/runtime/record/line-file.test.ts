import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { openLineFile } from "../../../src/runtime/record/line-file.js";

async function fileWith(text: string): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), "lines-")), "metrics.jsonl");
  await writeFile(file, text);
  return file;
}

test("a line is in the file as soon as it is written", async () => {
  const file = await fileWith("");
  const lines = openLineFile(file);
  lines.write({ step: 1, value: 0.5 });
  expect(await readFile(file, "utf8")).toBe('{"step":1,"value":0.5}\n');
  expect(lines.sync()).toBe(23);
  lines.close();
});

test("goes on at the end, and cuts off what a resumed run does again", async () => {
  const file = await fileWith('{"step":1}\n{"step":2}\n{"st');
  const lines = openLineFile(file, 11);
  lines.write({ step: 2, again: true });
  lines.close();
  expect(await readFile(file, "utf8")).toBe('{"step":1}\n{"step":2,"again":true}\n');
});

test("a file shorter than what is to be kept stays as it is", async () => {
  const file = await fileWith('{"step":1}\n');
  const lines = openLineFile(file, 500);
  expect(lines.sync()).toBe(11);
  lines.close();
});
