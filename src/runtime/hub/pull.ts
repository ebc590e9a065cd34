import { copyFile, mkdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join, posix, relative } from "node:path";
import { messageOf } from "../run/failure.js";
import { metric } from "../text.js";
import { UsageError } from "../usage-error.js";
import { fetchBlob } from "./fetch-blob.js";
import { parseHubAddress } from "./hub-address.js";
import type { HubAddress } from "./hub-address.js";
import { cachedFile, chooseWeights, hubCache, isCommit, repoFolder } from "./hub-cache.js";

/** Shows a line to the user. */
export type Say = (line: string) => void;

/**
 * Brings a model's weights, or one of its files, from the hub into the cache, with all shards of an index; gives the file's path there.
 * A revision that is a commit and in the cache asks nobody; a branch is asked for its newest commit. `HF_ENDPOINT` names another server,
 * `HF_TOKEN` opens what is not public, `HF_HUB_OFFLINE=1` forbids to ask. Throws an Error with the address, the cause and the cure.
 */
export async function pull(address: string, say: Say): Promise<string> {
  const wanted = parseHubAddress(address);
  const known = await cachedFile(wanted);
  if (known !== undefined && (isCommit(wanted.revision) || isOffline())) return known;
  if (isOffline())
    throw new UsageError(
      `${address} is not in the cache ${hubCache()}, and HF_HUB_OFFLINE forbids to fetch it; unset it and pull`,
    );
  try {
    return await fetchModel(wanted, say);
  } catch (error) {
    throw new Error(`${address}: ${told(error, wanted)}`, { cause: error });
  }
}

async function fetchModel(wanted: HubAddress, say: Say): Promise<string> {
  const { listFiles, modelInfo } = await import("@huggingface/hub");
  const { repo, revision } = wanted;
  const access = { hubUrl: endpoint(), ...(token() ? { accessToken: token() } : {}) };
  const { sha } = await modelInfo({ name: repo, revision, additionalFields: ["sha"], ...access });
  if (!isCommit(sha)) throw new Error(`the server gives no commit of ${repo}@${revision}`);
  const snapshot = join(repoFolder(repo), "snapshots", sha);
  const folderFiles = async (folder: string): Promise<RemoteFile[]> => {
    const files: RemoteFile[] = [];
    for await (const entry of listFiles({ repo, revision: sha, ...(folder === "." ? {} : { path: folder }), ...access }))
      if (entry.type === "file") files.push({ ...entry, oid: entry.oid ?? "" });
    return files;
  };
  const files = await folderFiles(wanted.file === undefined ? "." : posix.dirname(wanted.file));
  const names = files.map(({ path }) => path);
  const name = wanted.file ?? chooseWeights(names);
  if (name === undefined)
    throw new UsageError(`which of its files holds the weights? add one of ${names.slice(0, 12).join(", ")} to the address`);
  const place: Place = { repo, sha, snapshot, say };
  const blob = await fetchFile(name, files, place);
  if (name.endsWith(".index.json"))
    for (const shard of await shardsOf(blob)) {
      const path = posix.join(posix.dirname(name), shard);
      await link(await fetchFile(path, files, place), join(snapshot, path));
    }
  // Last, so that an index in the cache has all of its shards there.
  await link(blob, join(snapshot, name));
  if (!isCommit(revision)) {
    const ref = join(repoFolder(repo), "refs", revision);
    await mkdir(dirname(ref), { recursive: true });
    await writeFile(ref, sha);
  }
  return join(snapshot, name);
}

interface RemoteFile {
  readonly path: string;
  readonly size: number;
  readonly oid: string;
  readonly lfs?: { readonly oid: string; readonly size: number };
}

interface Place {
  readonly repo: string;
  readonly sha: string;
  readonly snapshot: string;
  readonly say: Say;
}

/** Seconds between lines about a download. */
const every = 5;

/** Fetches a file's bytes unless they are there; gives their place in the cache. */
async function fetchFile(path: string, files: readonly RemoteFile[], { repo, sha, say }: Place): Promise<string> {
  const file = files.find((entry) => entry.path === path);
  if (!file) throw new UsageError(`it has no file "${path}"; there are ${files.map((entry) => entry.path).join(", ") || "none"}`);
  const hex = (file.lfs?.oid ?? file.oid).replace(/^sha256:/, "");
  if (!/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(hex)) throw new Error(`the server gives no checksum of "${path}"`);
  const blob = join(repoFolder(repo), "blobs", hex);
  const bytes = file.lfs?.size ?? file.size;
  if ((await stat(blob).catch(() => undefined))?.size === bytes) return blob;
  say(`pulling ${repo}/${path}, ${metric(bytes)}B`);
  const url = `${endpoint()}/${repo}/resolve/${sha}/${path.split("/").map(encodeURIComponent).join("/")}`;
  let shown = Date.now();
  await fetchBlob({ url, bytes, hash: { kind: file.lfs ? "sha256" : "git", hex } }, blob, {
    headers: token() ? { Authorization: `Bearer ${token() ?? ""}` } : {},
    refused: (status) => Object.assign(new Error(`${url}: the server answered ${status}`), { statusCode: status }),
    progress(done) {
      if (Date.now() - shown < 1000 * every) return;
      shown = Date.now();
      say(`pulling ${repo}/${path}, ${metric(done)}B of ${metric(bytes)}B`);
    },
  });
  return blob;
}

/** The files that an index names, all beside it. */
async function shardsOf(index: string): Promise<readonly string[]> {
  const { weight_map: map } = JSON.parse(await readFile(index, "utf8")) as { weight_map?: Record<string, unknown> };
  const shards = [...new Set(Object.values(map ?? {}).map(String))];
  const odd = shards.find((shard) => /[\\/]|^\.*$/.test(shard));
  if (odd !== undefined) throw new Error(`its index names a shard "${odd}" outside its folder`);
  return shards;
}

/** Makes a snapshot's file: a link to the bytes, or a copy where links cannot be made. */
async function link(blob: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  if (await stat(path).catch(() => undefined)) return;
  await symlink(relative(dirname(path), blob), path).catch(() => copyFile(blob, path));
}

/** What an error means for whoever gave the address. */
function told(error: unknown, { repo, revision }: HubAddress): string {
  const status = (error as { statusCode?: number } | undefined)?.statusCode;
  if (status === 401 || status === 403)
    return token()
      ? `the server answered ${status}: the token in HF_TOKEN does not open it; accept its terms at ${endpoint()}/${repo}, or use another`
      : `the server answered ${status}: it is not public, or not there; set HF_TOKEN to a token that may read it`;
  if (status === 404)
    return `the server answered 404: there is no model ${repo} with a revision "${revision}", or no such file in it`;
  const cause = (error as { cause?: unknown } | undefined)?.cause;
  return messageOf(error) === "fetch failed"
    ? `${endpoint()} cannot be reached (${cause === undefined ? "no reason given" : messageOf(cause)}); what is in the cache works with HF_HUB_OFFLINE=1`
    : messageOf(error);
}

function endpoint(): string {
  return (process.env["HF_ENDPOINT"] ?? "https://huggingface.co").replace(/\/+$/, "");
}

function token(): string | undefined {
  return process.env["HF_TOKEN"] ?? process.env["HUGGING_FACE_HUB_TOKEN"];
}

function isOffline(): boolean {
  return /^(1|true|yes|on)$/i.test(process.env["HF_HUB_OFFLINE"] ?? "");
}
