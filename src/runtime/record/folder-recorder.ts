import { mkdir } from "node:fs/promises";
import { basename, isAbsolute, join, normalize, relative } from "node:path";
import { pino } from "pino";
import type { Graph } from "../../core/graph.js";
import { writeAtomic } from "../../nodes/files/write-atomic.js";
import type { Recorder } from "../run/recorder.js";
import { openEventFile } from "./event-file.js";
import { writeGraphFiles, writeResolved } from "./graph-files.js";
import { openLineFile } from "./line-file.js";
import { lockFile } from "./lock-file.js";
import type { ResumePlan } from "./plan-resume.js";
import { originsOf } from "./origins.js";
import { ownMark } from "./process-mark.js";
import { readStatus, writeStatus } from "./status-file.js";
import { setNewerAside, writeCheckpoint } from "./write-checkpoint.js";

/** A run folder to record into. */
export interface FolderRecording {
  /** An existing folder. */
  readonly folder: string;
  readonly graph: Graph;
  /** One line on the opened backend. */
  readonly device: string;
  /** The run that goes on in the folder. */
  readonly resume?: ResumePlan | undefined;
  /** The clock. */
  readonly now: () => Date;
}

/** Records a run into its folder: files of the graph, metrics, events, log, TensorBoard, checkpoints, status. */
export async function openFolderRecorder({ folder, graph, device, resume, now }: FolderRecording): Promise<Recorder> {
  const before = resume && (await readStatus(folder));
  const found = resume?.found;
  const base = {
    graph: graph.name,
    file: before?.file ?? graph.file,
    started: before?.started ?? now().toISOString(),
    next: `graph resume ${folder}`,
    process: await ownMark(),
  };
  await writeStatus(folder, base, { state: "running", step: found?.checkpoint.step ?? 0 }, now());
  const writeLock = async (): Promise<void> =>
    writeText(join(folder, "lock.json"), `${JSON.stringify(await lockFile(graph, device, now()), undefined, 2)}\n`);
  // All at once: each file waits for the disk, and the lock for git and for hashes of the inputs.
  await Promise.all([
    ...(found ? [] : [writeGraphFiles(folder, graph), writeLock()]),
    writeResolved(folder, graph),
    mkdir(join(folder, "tb"), { recursive: true }),
  ]);
  const aside = found ? await setNewerAside(folder, found.checkpoint.step) : [];

  let open = true;
  const seconds = (): number => now().getTime() / 1000;
  const metrics = openLineFile(join(folder, "metrics.jsonl"), resume && (found?.metricsBytes ?? 0));
  const events = openLineFile(join(folder, "events.jsonl"));
  const logLines = openLineFile(join(folder, "log.jsonl"));
  const board = openEventFile(join(folder, "tb"), seconds, resume && (found ? found.checkpoint.step + 1 : 0));
  const logger = pino({ base: null }, { write: (line) => void (open && logLines.writeText(line)) });

  const recorder: Recorder = {
    folder,
    metric({ phase, step, node, name, value }) {
      metrics.write({ t: seconds(), step, phase, node, name: `${phase}/${name}`, value });
      board.scalar(`${phase}/${name}`, step, value);
    },
    event: (event) => events.write({ t: seconds(), ...event }),
    log: (level, message) => logger[level](message),
    async write(path, bytes) {
      const file = join(folder, path);
      if (isAbsolute(path) || relative(folder, file).startsWith(".."))
        throw new Error(`"${path}" leaves the run folder; give a path below it`);
      await writeAtomic(file, [bytes]);
      const picture = pictureOf(path);
      if (picture && open) board.image(picture.tag, picture.step, bytes);
      return file;
    },
    origins: (node) => originsOf(graph, node),
    async checkpoint(checkpoint, keep) {
      await writeCheckpoint(folder, checkpoint, keep, { metricsBytes: metrics.sync() });
    },
    status: (status) => writeStatus(folder, base, status, now()),
    async close() {
      if (!open) return;
      open = false;
      for (const file of [metrics, events, logLines, board]) file.close();
    },
  };
  recorder.event({
    event: resume ? "resume" : "start",
    step: found?.checkpoint.step ?? 0,
    device,
    changes: [...(resume?.changes ?? [])],
  });
  for (const line of [...(found?.warnings ?? []), ...aside.map((name) => `checkpoint set aside as ${name}`)])
    recorder.log("warn", line);
  return recorder;
}

/** PNG files below samples/ also become pictures of the board: `samples/step-00000400-grid.png` is `grid` at step 400. */
function pictureOf(path: string): { tag: string; step: number } | undefined {
  if (!normalize(path).startsWith("samples") || !path.endsWith(".png")) return undefined;
  const [, step = "0", name = "image"] = /(?:step-(\d+)-)?([^/\\]+)\.png$/.exec(basename(path)) ?? [];
  return { tag: name, step: Number(step) };
}

async function writeText(file: string, text: string): Promise<void> {
  await writeAtomic(file, [new TextEncoder().encode(text)]);
}
