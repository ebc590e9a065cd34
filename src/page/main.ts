/** The page: draws the graph, edits it, and shows what its worker runs. */
import { makeEditor } from "./editor.js";
import { makeGraphView } from "./graph-view.js";
import type { FileList } from "./host/files.js";
import { makeMadeFiles } from "./made-files.js";
import type { Answer, Mistake, Offer, Request } from "./messages.js";
import { makePlot } from "./plot.js";

function byId<T extends HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no #${id}`);
  // The page's own HTML gives each id its kind.
  return element as T;
}

const worker = new Worker("worker.js", { type: "module" });
const ask = (request: Request): void => worker.postMessage(request);
const [start, pause, stop] = ["start", "pause", "stop"].map((id) => byId<HTMLButtonElement>(id)) as [
  HTMLButtonElement,
  HTMLButtonElement,
  HTMLButtonElement,
];
const backend = byId<HTMLSelectElement>("backend");
const state = byId("state");
const bar = byId<HTMLProgressElement>("progress");
const view = makeGraphView(byId("graph"));
const plot = makePlot(byId("plot"));
const made = makeMadeFiles(byId("samples"));
const editor = makeEditor(byId("editor"), check);

let main = "";
let sources: Readonly<Record<string, string>> = {};
let mistakes: readonly Mistake[] = [];
let checks = 0;
let running = false;
let paused = false;
/** Steps of each phase; one may run inside another. */
const phases = new Map<string, number | undefined>();

function check(): void {
  ask({ kind: "check", id: ++checks, backend: backend.value, edits: { ...editor.edits } });
}

backend.onchange = check;

function buttons(): void {
  start.disabled = running || mistakes.length > 0 || backend.value === "";
  pause.disabled = stop.disabled = !running;
  pause.textContent = paused ? "Resume" : "Pause";
}

function say(text: string): void {
  state.textContent = text;
}

function log(text: string): void {
  const list = byId("log");
  list.textContent = `${list.textContent}${text}\n`.slice(-20_000);
  list.scrollTop = list.scrollHeight;
}

start.onclick = (): void => {
  running = true;
  paused = false;
  delete state.dataset["end"];
  bar.value = 0;
  plot.clear();
  made.clear();
  say("loading…");
  ask({ kind: "run", backend: backend.value, edits: { ...editor.edits } });
  buttons();
};
pause.onclick = (): void => {
  paused = !paused;
  ask({ kind: paused ? "pause" : "resume" });
  if (paused) say("paused");
  buttons();
};
stop.onclick = (): void => {
  paused = false;
  ask({ kind: "stop" });
  say("stopping after this step…");
  buttons();
};

function offer(offers: readonly Offer[]): void {
  for (const { id, available, reason } of offers) {
    const option = new Option(available ? id : `${id} (not here)`, id);
    option.disabled = !available;
    option.title = reason;
    backend.append(option);
  }
  backend.value = offers.find(({ available }) => available)?.id ?? "";
  const gpu = offers.find(({ id }) => id === "webgpu");
  const notice = byId("notice");
  notice.hidden = gpu?.available ?? false;
  if (!notice.hidden)
    notice.textContent = `No WebGPU: ${gpu?.reason ?? ""}. The graph runs on the backend ${backend.value} instead.`;
  backend.title = offers.find(({ id }) => id === backend.value)?.reason ?? "";
  check();
}

function checked(answer: Answer & { kind: "checked" }): void {
  if (answer.id !== checks) return;
  mistakes = answer.mistakes;
  sources = { [main]: "", ...sources, ...answer.sources };
  if (editor.file === "") editor.show(main, sources[main] ?? "");
  if (answer.svg !== undefined) view.draw(answer.svg);
  drawFiles();
  editor.mark(mistakes);
  byId("mistakes").replaceChildren(...mistakes.map(mistakeItem));
  if (!running) say(mistakes.length > 0 ? `${mistakes.length} mistake${mistakes.length > 1 ? "s" : ""}` : (answer.summary ?? ""));
  buttons();
}

function drawFiles(): void {
  const tabs = Object.keys(sources).map((file) => {
    const tab = document.createElement("button");
    tab.textContent = file.slice(1);
    tab.setAttribute("aria-current", String(file === editor.file));
    tab.classList.toggle("wrong", mistakes.some((mistake) => mistake.file === file)); // prettier-ignore
    tab.onclick = (): void => open(file);
    return tab;
  });
  byId("files").replaceChildren(...tabs);
}

function open(file: string): void {
  if (file !== editor.file) editor.show(file, sources[file] ?? "");
  editor.mark(mistakes);
  drawFiles();
}

function mistakeItem({ code, message, cure, file, line, start: offset }: Mistake): HTMLLIElement {
  const item = document.createElement("li");
  item.textContent = `${file === undefined ? "" : `${file.slice(1)}:${line ?? 1}: `}[${code}] ${message}`;
  if (cure !== undefined) {
    const small = document.createElement("small");
    small.textContent = cure;
    item.append(small);
  }
  item.onclick = (): void => {
    if (file !== undefined) open(file);
    editor.go(offset ?? 0);
  };
  return item;
}

function step({ phase: name, step: done, metrics, seconds }: Answer & { kind: "step" }): void {
  const steps = phases.get(name);
  // Of several players the first one's.
  const loss = metrics["loss"] ?? Object.entries(metrics).find(([key]) => key.endsWith("/loss"))?.[1];
  if (loss !== undefined) {
    plot.add(done, loss);
    if (steps !== undefined) bar.value = done / steps;
  }
  if (paused) return;
  const numbers = Object.entries(metrics).map(([key, value]) => `${key} ${value.toPrecision(4)}`);
  say([`${name} ${done}${steps === undefined ? "" : `/${steps}`}`, `${(1000 * seconds).toFixed(0)} ms`, ...numbers].join(" · "));
}

worker.onmessage = ({ data }: MessageEvent<Answer>): void => {
  if (data.kind === "offers") offer(data.offers);
  else if (data.kind === "checked") checked(data);
  else if (data.kind === "step") step(data);
  else if (data.kind === "phase") phases.set(data.name, data.steps);
  else if (data.kind === "times") view.times(data.milliseconds);
  else if (data.kind === "wrote") made.add(data.path, data.bytes);
  else if (data.kind === "note") log(data.text);
  else if (data.kind === "started") {
    log(`${data.backend}\n${data.text}`);
    say("running; the first step takes longest");
  } else if (data.kind === "file") say(`loading ${data.file.slice(1)} ${Math.round((100 * data.loaded) / data.total)} %`);
  else if (data.kind === "results")
    for (const [name, value] of Object.entries(data.values)) log(`${data.phase} ${name} ${value}`);
  else {
    running = paused = false;
    if (data.state === "finished") bar.value = 1;
    say(data.text);
    log(data.text);
    state.dataset["end"] = data.state;
    buttons();
  }
};
worker.onerror = ({ message }): void => say(`the page's worker failed: ${message}`);

async function opening(): Promise<void> {
  const manifest = (await (await fetch("files.json")).json()) as { graph: string; files: FileList };
  main = manifest.graph;
  byId("name").textContent = main.slice(1);
  ask({ kind: "open", base: new URL("files", location.href).href, files: manifest.files, graph: main });
}

opening().catch((error: unknown) => say(`the page cannot open: ${String(error)}`));
