import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { ReportPlan } from "../../core/experiment.js";
import type { ReportedRun } from "./outcome.js";

/**
 * The pictures that a report shows: of each setting the newest that its first run wrote, as paths from the report's folder, which lies
 * beside the runs' folder. Settings without one are left out, and so is a label without any.
 */
export async function findPictures(
  folder: string,
  pictures: ReportPlan["pictures"],
  settings: readonly string[],
  runs: readonly ReportedRun[],
): Promise<{ readonly label: string; readonly files: ReadonlyMap<string, string> }[]> {
  const found: { label: string; files: Map<string, string> }[] = [];
  for (const { node, label } of pictures) {
    const files = new Map<string, string>();
    for (const setting of settings) {
      const run = runs.find((other) => other.setting === setting);
      if (!run) continue;
      const file = await newest(join(folder, "..", run.folder, "samples"), node);
      if (file !== undefined) files.set(setting, ["..", ...run.folder.split(/[\\/]/), "samples", file].join("/"));
    }
    if (files.size > 0) found.push({ label, files });
  }
  return found;
}

/** Names start with the step, in digits of one length. */
async function newest(folder: string, node: string): Promise<string | undefined> {
  const names = await readdir(folder).catch(() => []);
  const end = `-${node.replaceAll("/", "-")}.png`;
  return names
    .filter((name) => /^step-\d+-/.test(name) && name.replace(/^step-\d+/, "") === end)
    .sort()
    .at(-1);
}
