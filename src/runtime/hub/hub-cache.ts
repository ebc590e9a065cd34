import { readFile, readdir, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { weightNames } from "../run/weight-names.js";
import type { HubAddress } from "./hub-address.js";

/** The cache that the hub's own tools share: `HF_HUB_CACHE`, else `hub` below `HF_HOME`, else below the user's cache folder. */
export function hubCache(): string {
  const { env } = process;
  const home = env["HF_HOME"] ?? join(env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "huggingface");
  return env["HF_HUB_CACHE"] ?? env["HUGGINGFACE_HUB_CACHE"] ?? join(home, "hub");
}

/** A model's folder in the cache: `refs` names commits, `snapshots/<commit>` holds their files, `blobs` the bytes. */
export function repoFolder(repo: string): string {
  return join(hubCache(), `models--${repo.replace("/", "--")}`);
}

/** The address's file in the cache, by its own path; undefined where it was not pulled. Asks nobody. */
export async function cachedFile({ repo, file, revision }: HubAddress): Promise<string | undefined> {
  const commit = isCommit(revision) ? revision : await readRef(repo, revision);
  if (commit === undefined) return undefined;
  const snapshot = join(repoFolder(repo), "snapshots", commit);
  const name = file ?? chooseWeights(await readdir(snapshot).catch(() => []));
  if (name === undefined) return undefined;
  const path = join(snapshot, name);
  return (await stat(path).catch(() => undefined))?.isFile() ? path : undefined;
}

/** A commit's full hash. */
export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}

/** Of a model's files the one with its weights: a usual name, or the only safetensors file; undefined where none is either. */
export function chooseWeights(names: readonly string[]): string | undefined {
  const usual = weightNames.find((name) => names.includes(name));
  const [only, ...others] = names.filter((name) => name.endsWith(".safetensors"));
  return usual ?? (others.length === 0 ? only : undefined);
}

async function readRef(repo: string, revision: string): Promise<string | undefined> {
  const text = await readFile(join(repoFolder(repo), "refs", revision), "utf8").catch(() => "");
  return isCommit(text.trim()) ? text.trim() : undefined;
}
