import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, extname, join } from "node:path";
import { fileListText } from "./page-files.js";
import type { PageFiles } from "./page-files.js";

/** A running server. */
export interface PageServer {
  readonly address: string;
  close(): Promise<void>;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

/**
 * Serves the page in `folder` and a graph's files to this machine only. `list` is asked whenever the page is loaded, so that new files
 * are found. Rejects where the port is taken; port 0 is any free one.
 */
export async function servePage(folder: string, list: () => Promise<PageFiles>, port: number): Promise<PageServer> {
  let known = await list();
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (!response.headersSent) refuse(response, 500, String(error));
      else response.destroy();
    });
  });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    // A page of another site could have its own name point at this machine and read files through it.
    const host = (request.headers.host ?? "").replace(/:\d+$/, "");
    if (host !== "127.0.0.1" && host !== "localhost") return refuse(response, 403, "only for this machine");
    if (request.method !== "GET" && request.method !== "HEAD") return refuse(response, 405, "only GET");
    const path = decodeURIComponent(new URL(request.url ?? "/", "http://page").pathname);
    if (path === "/files.json") {
      known = await list();
      response.writeHead(200, { "content-type": "application/json", "cache-control": "no-store" }).end(fileListText(known));
      return;
    }
    if (path.startsWith("/files/")) return send(response, request, known.files.get(path.slice("/files".length))?.path);
    // The page's folder is flat.
    return send(response, request, join(folder, path === "/" ? "index.html" : basename(path)));
  };
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function send(response: ServerResponse, request: IncomingMessage, path: string | undefined): Promise<void> {
  const entry = path === undefined ? undefined : await stat(path).catch(() => undefined);
  if (path === undefined || !entry?.isFile()) return refuse(response, 404, "no such file");
  response.writeHead(200, {
    "content-type": types[extname(path)] ?? "application/octet-stream",
    "content-length": entry.size,
    "cache-control": "no-cache",
  });
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  const stream = createReadStream(path);
  stream.on("error", () => response.destroy());
  response.on("close", () => stream.destroy());
  stream.pipe(response);
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(`${text}\n`);
}
