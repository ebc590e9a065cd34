import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One request that the server saw. */
export interface Seen {
  readonly path: string;
  readonly range: string | undefined;
  readonly token: string | undefined;
}

/** What goes wrong, until it is changed. */
export interface Faults {
  /** Bytes of a file's answer after which the connection is dropped, for each of the next answers. */
  drops: number[];
  /** Sends other bytes than promised. */
  wrong: boolean;
  /** Answers that a part is asked for with the whole. */
  noRanges: boolean;
  /** Status of the next answers about files. */
  failures: number[];
}

/** A server that speaks the hub's protocol, with a second one to which it sends for large files, as the hub does. */
export interface HubServer {
  readonly url: string;
  readonly seen: Seen[];
  readonly faults: Faults;
  /** The token that opens `closed/*`. */
  readonly token: string;
  close(): Promise<void>;
}

/** The commit of every repository. */
export const commit = "0123456789abcdef0123456789abcdef01234567";

/** Serves files of repositories by `org/name`, on branch main; those larger than 1000 bytes as large files (LFS). */
export async function startHub(repos: Readonly<Record<string, Readonly<Record<string, Uint8Array>>>>): Promise<HubServer> {
  const seen: Seen[] = [];
  const faults: Faults = { drops: [], wrong: false, noRanges: false, failures: [] };
  const token = "hf_of_the_test";
  const blobs = new Map(Object.values(repos).flatMap((files) => Object.values(files).map((bytes) => [sha256(bytes), bytes])));
  const store = await listen((request, response) => {
    note(seen, request);
    send(request, response, blobs.get((request.url ?? "").slice("/store/".length)), faults);
  });
  const hub = await listen((request, response) => {
    note(seen, request);
    const [path = ""] = (request.url ?? "").split("?");
    const name = Object.keys(repos).find((repo) => path.includes(`/${repo}/`));
    if (name === undefined) return answer(response, 404, { error: "Repository not found" });
    if (name.startsWith("closed/") && request.headers.authorization !== `Bearer ${token}`)
      return answer(response, 401, { error: "Invalid credentials" });
    const files = repos[name] ?? {};
    const rest = path.slice(path.indexOf(`/${name}/`) + name.length + 2);
    const [verb, revision, ...file] = rest.split("/");
    if (revision !== "main" && revision !== commit) return answer(response, 404, { error: "Invalid rev id" });
    if (verb === "revision") return answer(response, 200, info(name));
    if (verb === "tree") return answer(response, 200, tree(files, file.join("/")));
    const bytes = files[file.join("/")];
    if (verb === "resolve" && bytes && isLarge(bytes)) {
      response.writeHead(302, { location: `${store.url}/store/${sha256(bytes)}`, "x-linked-size": String(bytes.length) });
      return void response.end();
    }
    send(request, response, bytes, faults);
  });
  return {
    url: hub.url,
    seen,
    faults,
    token,
    close: async () => void (await Promise.all([hub.close(), store.close()])),
  };
}

function info(name: string): object {
  return {
    _id: "1",
    id: name,
    private: false,
    gated: false,
    downloads: 0,
    likes: 0,
    lastModified: "2026-01-01T00:00:00Z",
    sha: commit,
  };
}

function tree(files: Readonly<Record<string, Uint8Array>>, folder: string): object[] {
  const inside = Object.entries(files).filter(([path]) => path.split("/").slice(0, -1).join("/") === folder);
  return inside.map(([path, bytes]) => ({
    type: "file",
    path,
    size: bytes.length,
    oid: gitHash(bytes),
    ...(isLarge(bytes) ? { lfs: { oid: sha256(bytes), size: bytes.length, pointerSize: 100 } } : {}),
  }));
}

function send(request: IncomingMessage, response: ServerResponse, bytes: Uint8Array | undefined, faults: Faults): void {
  const failure = faults.failures.shift();
  if (failure !== undefined || !bytes) return answer(response, failure ?? 404, { error: "Entry not found" });
  const asked = /^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1];
  const from = asked === undefined || faults.noRanges ? 0 : Number(asked);
  const body = Buffer.from(bytes.subarray(from));
  if (faults.wrong) body[0] = (body[0] ?? 0) ^ 1;
  response.writeHead(asked === undefined || faults.noRanges ? 200 : 206, {
    "content-length": body.length,
    ...(asked === undefined ? {} : { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
  });
  const drop = faults.drops.shift();
  if (drop === undefined) return void response.end(body);
  response.write(body.subarray(0, drop), () => setTimeout(() => response.destroy(), 20));
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

function note(seen: Seen[], { url = "", headers }: IncomingMessage): void {
  seen.push({ path: url.split("?")[0] ?? "", range: headers.range, token: headers.authorization });
}

async function listen(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ url: string; close(): Promise<void> }> {
  const server: Server = createServer(handle);
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
}

function isLarge(bytes: Uint8Array): boolean {
  return bytes.length > 1000;
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function gitHash(bytes: Uint8Array): string {
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}
