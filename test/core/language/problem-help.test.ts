import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { problemHelp } from "../../../src/core/language/problem-help.js";
import { checkGraph } from "../../../src/runtime/api.js";

const written = Object.entries(problemHelp).filter(([, { wrong }]) => !wrong.startsWith("("));
// What `graph check --backend` finds is tried in test/runtime/check-limits.test.ts.
const graphs = written.filter(([, { wrong }]) => !/^graph (run|check) /.test(wrong));
const commands = written.filter(([, { wrong }]) => wrong.startsWith("graph run"));

const model = `name: some
nodes:
  encoder: { type: encoder.vit_mae }
  dit:
    type: model.dit_dh
    params: { input_size: 4, in_channels: 8, depth: [1, 1] }
    in: { x: encoder.tokens }
`;

async function codes(text: string, overrides: readonly string[] = []): Promise<string[]> {
  const file = join(await mkdtemp(join(tmpdir(), "help-")), "wrong.yaml");
  await writeFile(file, text);
  const { problems } = await checkGraph(file, { overrides });
  return problems.map(({ code }) => code);
}

describe("the help on a code", () => {
  test.each(graphs)("%s: its example has the mistake", async (code, { wrong }) => {
    expect(await codes(wrong)).toContain(code);
  });

  test.each(commands)("%s: its command has the mistake", async (code, { wrong }) => {
    const [, override = ""] = /FILE (.*)/.exec(wrong) ?? [];
    // What the command adds must be there already.
    expect(await codes(code === "G512" ? model.replace("depth: [1, 1]", "depth: 2") : model, [override])).toContain(code);
  });

  test("of every code says a cure in a sentence", () => {
    for (const { cure } of Object.values(problemHelp)) expect(cure).toMatch(/^[A-Z`].{15,}[.]$/s);
  });
});
