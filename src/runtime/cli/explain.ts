import { nearNames } from "../../core/near-names.js";
import { problemCodes } from "../../core/language/problem-codes.js";
import type { ProblemCode } from "../../core/language/problem-codes.js";
import { problemHelp } from "../../core/language/problem-help.js";
import { table } from "../text.js";
import { exitCodes } from "./exit-codes.js";

/** `graph explain`: what a code of a graph problem means, with an example and the cure; without a code the list. */
export async function explainVerb(code: string | undefined, options: { json?: boolean }): Promise<number> {
  const codes = Object.keys(problemCodes) as ProblemCode[];
  if (code === undefined) {
    const rows = codes.map((each) => [each, problemCodes[each]]);
    print(options.json ? json(Object.fromEntries(rows)) : table(rows));
    return exitCodes.ok;
  }
  const wanted = code.toUpperCase();
  const found = codes.find((each) => each === wanted || each === `G${wanted}`);
  if (!found) {
    const near = nearNames(wanted, codes);
    const cure = near.length > 0 ? `did you mean ${near.join(" or ")}?` : "`graph explain` lists the codes";
    process.stderr.write(`graph: there is no code "${code}"; ${cure}\n`);
    return exitCodes.usage;
  }
  const { wrong, cure } = problemHelp[found];
  if (options.json) print(json({ code: found, meaning: problemCodes[found], wrong, cure }));
  else
    print(
      [
        `${found}: ${problemCodes[found]}`,
        "",
        "wrong",
        ...indented(wrong || "(an empty file)"),
        "",
        "cure",
        ...indented(cure),
      ].join("\n"),
    );
  return exitCodes.ok;
}

function indented(text: string): string[] {
  return text.split("\n").map((line) => `  ${line}`);
}

function json(value: object): string {
  return JSON.stringify(value, undefined, 2);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
