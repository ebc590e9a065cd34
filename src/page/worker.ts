/** The page's worker: checks the graph as it is edited, and runs it beside the page. */
import type { ComputeBackend } from "../core/define-backend.js";
import { pictureOf } from "../runtime/show/picture.js";
import { svgOf } from "../runtime/show/svg.js";
import { messageOf } from "../runtime/run/failure.js";
import { checkInPage } from "./check-in-page.js";
import { makeGate } from "./gate.js";
import { editFile, offerFiles } from "./host/files.js";
import type { Answer, Request } from "./messages.js";
import { pageBackends, runInPage } from "./run-in-page.js";

const tell = (answer: Answer): void => self.postMessage(answer);

let file = "";
const gate = makeGate();
let stop: AbortController | undefined;
/** Checks and runs one after the other: both read the edited files. */
let queue: Promise<void> = Promise.resolve();

self.onmessage = ({ data }: MessageEvent<Request>): void => {
  if (data.kind === "open") void open(data);
  else if (data.kind === "check")
    queue = queue.then(() => check(data)).catch((error: unknown) => tell({ kind: "note", text: messageOf(error) }));
  else if (data.kind === "run") void run(data.backend, data.edits).catch(failed);
  else if (data.kind === "pause") gate.shut();
  else {
    if (data.kind === "stop") stop?.abort();
    gate.open();
  }
};

async function open({ base, files, graph }: Request & { kind: "open" }): Promise<void> {
  file = graph;
  offerFiles(base, files, (name, loaded, total) => tell({ kind: "file", file: name, loaded, total }));
  const offers = pageBackends.map(async ({ id, probe }) => ({ id, ...(await probe().catch(unusable)) }));
  tell({ kind: "offers", offers: await Promise.all(offers) });
}

function unusable(error: unknown): { available: boolean; reason: string } {
  return { available: false, reason: messageOf(error) };
}

function put(edits: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(edits)) editFile(path, text);
}

function backendOf(id: string): ComputeBackend | undefined {
  return pageBackends.find((other) => other.id === id);
}

async function check({ id, backend, edits }: Request & { kind: "check" }): Promise<void> {
  put(edits);
  const { graph, mistakes, sources } = await checkInPage(file, backendOf(backend));
  // Overrides, in a source of their own, are not of the page.
  const texts = Object.fromEntries([...sources].filter(([path]) => path.startsWith("/")));
  if (!graph) return tell({ kind: "checked", id, mistakes, sources: texts });
  const summary = `${graph.nodes.length} nodes, ${graph.edges.length} edges, phases ${graph.phases.map(({ name }) => name).join(", ")}`;
  tell({ kind: "checked", id, mistakes, sources: texts, svg: svgOf(pictureOf(graph)), summary });
}

async function run(id: string, edits: Readonly<Record<string, string>>): Promise<void> {
  put(edits);
  const backend = backendOf(id);
  const { graph, mistakes } = await checkInPage(file, backend);
  if (!graph || !backend) return failed(new Error(mistakes[0]?.message ?? `no backend "${id}"`));
  const probe = await backend.probe();
  if (!probe.available) return failed(new Error(`backend ${id} is not available: ${probe.reason}`));
  gate.open();
  stop = new AbortController();
  await runInPage({ graph, backend, signal: stop.signal, pace: () => gate.pass(), tell });
}

function failed(error: unknown): void {
  tell({ kind: "ended", state: "failed", text: messageOf(error) });
}
