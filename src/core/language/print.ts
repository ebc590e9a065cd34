import { stringify } from "yaml";

/** Plain data as YAML 1.2: maps and short lists readable, no anchors, no folded lines. What is undefined is left out. */
export function printYaml(data: Readonly<Record<string, unknown>>): string {
  return stringify(data, { version: "1.2", schema: "core", lineWidth: 0, aliasDuplicateObjects: false });
}
