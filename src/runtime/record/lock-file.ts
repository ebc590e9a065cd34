import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { arch, cpus, platform, release } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Graph } from "../../core/graph.js";
import { inputFiles } from "./input-files.js";

/** Everything that decided a run's numbers, for `lock.json`. `device` is one line on the backend and how it was opened. */
export async function lockFile(graph: Graph, device: string, now: Date): Promise<object> {
  const processors = cpus();
  const [git, packages, inputs, plugins] = await Promise.all([
    gitState(dirname(graph.file)),
    packageVersions(),
    inputFiles(graph),
    pluginFiles(graph),
  ]);
  return {
    format: 1,
    created: now.toISOString(),
    graph: { file: graph.file, sha256: sha256(graph.sources.get(graph.file) ?? "") },
    resolved: { sha256: sha256(graph.resolved) },
    seed: graph.seed,
    git,
    node: process.version,
    os: `${platform()} ${release()} ${arch()}`,
    cpu: `${processors.length} x ${processors[0]?.model.trim() ?? "unknown"}`,
    device,
    packages,
    nodes: Object.fromEntries(graph.nodes.map(({ def }) => [def.type, def.version ?? 1])),
    ...(plugins.length > 0 ? { plugins } : {}),
    inputs,
  };
}

/** The plugins of a graph, each with its file as it is now. */
async function pluginFiles(graph: Graph): Promise<object[]> {
  return Promise.all(
    (graph.plugins ?? []).map(async ({ name, file, version }) => ({
      name,
      file,
      ...(version === undefined ? {} : { version }),
      sha256: sha256(await readFile(file, "utf8").catch(() => "")),
    })),
  );
}

/** This package's version and those of its dependencies as installed. */
export async function packageVersions(): Promise<Record<string, string>> {
  const root = fileURLToPath(new URL("../../../", import.meta.url));
  const own = await manifest(root);
  const versions: Record<string, string> = { [own.name ?? "raegraph"]: own.version ?? "unknown" };
  const names = Object.keys(own.dependencies ?? {});
  const installed = await Promise.all(names.map((name) => installedVersion(root, name)));
  names.forEach((name, i) => {
    const version = installed[i];
    if (version !== undefined) versions[name] = version;
  });
  return versions;
}

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

async function manifest(folder: string): Promise<Manifest> {
  const text = await readFile(join(folder, "package.json"), "utf8").catch(() => "{}");
  return JSON.parse(text) as Manifest;
}

/** Looks where Node would: in the node_modules of this folder and of each above it. */
async function installedVersion(from: string, name: string): Promise<string | undefined> {
  for (let folder = from; ; folder = dirname(folder)) {
    const { version } = await manifest(join(folder, "node_modules", name));
    if (version !== undefined || folder === dirname(folder)) return version;
  }
}

async function gitState(folder: string): Promise<{ commit: string; changed: boolean } | undefined> {
  const git = async (...args: string[]): Promise<string> =>
    (await promisify(execFile)("git", args, { cwd: folder, timeout: 5000 })).stdout.trim();
  try {
    const [commit, changes] = await Promise.all([git("rev-parse", "HEAD"), git("status", "--porcelain", "--untracked-files=no")]);
    return { commit, changed: changes !== "" };
  } catch {
    return undefined;
  }
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
