import type { PlacedPhase } from "./placed-phase.js";
import type { Problems } from "./problems.js";
import { listing, quote, suggest } from "./words.js";

type Relation = "of" | "before" | "after";
const relations: readonly Relation[] = ["of", "before", "after"];

/** Checks how phases stand to each other: inside (`of`, `every`), `before`, `after`. */
export function checkRelations(phases: readonly PlacedPhase[], problems: Problems): void {
  const byName = new Map(phases.map((placed) => [placed.phase.name, placed]));
  for (const placed of phases) {
    checkForm(placed, problems);
    for (const relation of relations) checkRelation(placed, relation, byName, problems);
  }
  checkCircles(phases, byName, problems);
}

/** At most one relation; `every` goes with `of`; what runs inside another phase does not train, for a run could not resume within it. */
function checkForm({ phase, optimizer, fields, at }: PlacedPhase, problems: Problems): void {
  const what = `phase ${quote(phase.name)}`;
  const [first, second] = [...fields.keys()].filter((key) => relations.some((relation) => relation === key));
  const place = (key: string): typeof at => fields.get(key)?.keyAt ?? at;
  if (first && second)
    problems.add("G503", `${what} has both ${quote(first)} and ${quote(second)}`, place(second), { cure: "keep one of them" });
  if (fields.has("of") && optimizer !== undefined)
    problems.add("G503", `${what} trains ${quote(optimizer)} inside ${quote(phase.of ?? "")}`, place("of"), {
      cure: `write before: ${phase.of ?? "phase"} or after: ${phase.of ?? "phase"}`,
    });
  else if (fields.has("of") && !fields.has("every"))
    problems.add("G503", `${what} runs inside ${quote(phase.of ?? "")} and does not say how often`, place("of"), {
      cure: "add every: 100",
    });
  if (fields.has("every") && !fields.has("of"))
    problems.add("G503", `${what} says how often and not inside which phase`, place("every"), {
      cure: "add of: a phase that trains",
    });
}

function checkRelation(
  { phase, fields, at }: PlacedPhase,
  relation: Relation,
  byName: ReadonlyMap<string, PlacedPhase>,
  problems: Problems,
): void {
  const name = phase[relation];
  if (name === undefined) return;
  const what = `phase ${quote(phase.name)}`;
  const place = fields.get(relation)?.value.at ?? at;
  const other = byName.get(name);
  const training = [...byName.values()].filter((placed) => placed.trains).map((placed) => placed.phase.name);
  if (!other)
    problems.add(
      "G501",
      `${what}: no phase ${quote(name)}`,
      place,
      suggest(name, byName.keys(), `there are ${listing([...byName.keys()])}`),
    );
  else if (relation === "of" && !other.trains && name !== phase.name)
    problems.add("G503", `${what} runs inside ${quote(name)}, which trains nothing`, place, {
      cure: training.length > 0 ? `phases that train: ${listing(training)}` : `write after: ${name}`,
    });
  else if (relation !== "of" && other.phase.of !== undefined)
    problems.add("G503", `${what} waits for ${quote(name)}, which runs inside ${quote(other.phase.of)}`, place, {
      cure: `write ${relation}: ${other.phase.of}`,
    });
}

/** Follows each phase to what it waits for; coming back to itself is a circle, told once. */
function checkCircles(phases: readonly PlacedPhase[], byName: ReadonlyMap<string, PlacedPhase>, problems: Problems): void {
  const settled = new Set<string>();
  for (const { phase: start } of phases) {
    const path: string[] = [];
    let name: string | undefined = start.name;
    while (name !== undefined && !settled.has(name) && !path.includes(name)) {
      path.push(name);
      const phase: PlacedPhase["phase"] | undefined = byName.get(name)?.phase;
      name = phase?.of ?? phase?.before ?? phase?.after;
    }
    if (name !== undefined && path.includes(name)) {
      const circle = [...path.slice(path.indexOf(name)), name];
      problems.add("G504", `phases wait for each other in a circle: ${circle.join(" -> ")}`, byName.get(name)?.at, {
        cure: "take one of these relations out",
      });
    }
    for (const seen of path) settled.add(seen);
  }
}
