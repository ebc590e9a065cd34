import type { NodeDef } from "../../core/define-node.js";
import { checkDefinition } from "../../core/language/check-definition.js";
import { checkFunction } from "./check-function.js";
import { checkReducer, checkSink, checkSource } from "./check-host.js";
import { differences } from "./differences.js";
import type { Findings, NodeExample } from "./node-example.js";

/** Which checks held, and which did not apply. */
export interface NodeReport {
  readonly checked: readonly string[];
  /** `check: why`. */
  readonly skipped: readonly string[];
}

/**
 * Holds a node type to what every node promises: a sound definition; params that survive JSON; maps and models: outputs of the declared
 * shapes, the same result twice, inputs left alone, gradients equal to finite differences, the same numbers on every backend; sources:
 * `restore(state())` goes on with the very next batch; reducers and sinks: the same results twice. Throws one Error with all that failed.
 */
export async function checkNode(def: NodeDef, example: NodeExample = {}): Promise<NodeReport> {
  const checked: string[] = [];
  const skipped: string[] = [];
  const failed: string[] = [];
  const findings: Findings = {
    held(check, wrong) {
      if (wrong.length === 0) checked.push(check);
      else failed.push(...wrong.map((text) => `${check}: ${text}`));
    },
    skipped: (check, why) => void skipped.push(`${check}: ${why}`),
  };
  // A definition that came from JavaScript may lack anything.
  findings.held("definition", checkDefinition(def as unknown as Readonly<Record<string, unknown>>));
  if (failed.length === 0) {
    checkParams(def, example.params ?? {}, findings);
    if (failed.length === 0) await checkKind(def, example, findings);
  }
  if (failed.length > 0)
    throw new Error(
      `${def.type} breaks ${failed.length === 1 ? "a promise" : "promises"} of every node:\n${failed.map((text) => `  - ${text}`).join("\n")}`,
    );
  return { checked, skipped };
}

function checkParams(def: NodeDef, params: Readonly<Record<string, unknown>>, findings: Findings): void {
  const parsed = def.params.safeParse(params);
  if (!parsed.success) {
    findings.held(
      "params",
      parsed.error.issues.map(({ path, message }) => `${path.join(".") || "params"}: ${message}`),
    );
    return;
  }
  const again = def.params.safeParse(JSON.parse(JSON.stringify(params)));
  findings.held(
    "params",
    again.success ? differences(parsed.data, again.data, 0) : ["what JSON keeps of them is refused; use plain values"],
  );
}

async function checkKind(def: NodeDef, example: NodeExample, findings: Findings): Promise<void> {
  switch (def.kind) {
    case "map":
    case "model":
      return checkFunction(def, example, findings);
    case "source":
      return checkSource(def, example, findings);
    case "reducer":
      return checkReducer(def, example, findings);
    case "sink":
      return checkSink(def, example, findings);
    default:
      findings.skipped("behaviour", "an optimizer is tested by training with it");
  }
}
