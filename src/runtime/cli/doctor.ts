import { execFile } from "node:child_process";
import { access, constants, statfs } from "node:fs/promises";
import { availableParallelism, cpus, freemem, platform, release, totalmem } from "node:os";
import { promisify } from "node:util";
import { builtinBackends } from "../../backends/index.js";
import { packageVersions } from "../record/lock-file.js";
import { messageOf } from "../run/failure.js";
import { metric, table } from "../text.js";
import { exitCodes } from "./exit-codes.js";

/** One finding: fine, worth knowing, or in the way of a run. */
interface Finding {
  readonly what: string;
  readonly state: "ok" | "note" | "bad";
  readonly says: string;
}

/** `graph doctor`: what this machine offers and lacks for runs; exit code 1 where nothing could run here. */
export async function doctorVerb(options: { json?: boolean }): Promise<number> {
  const findings = (await Promise.all([system(), folder(), compiler(), libraries(), backends()])).flat();
  const rows = findings.map(({ what, state, says }) => [state, what, says]);
  process.stdout.write(options.json ? `${JSON.stringify(findings, undefined, 2)}\n` : `${table(rows)}\n`);
  return findings.some(({ state }) => state === "bad") ? exitCodes.failed : exitCodes.ok;
}

async function system(): Promise<Finding[]> {
  const processors = cpus();
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const recent = major > 20 || (major === 20 && minor >= 12);
  return [
    { what: "node", state: recent ? "ok" : "bad", says: `${process.version}${recent ? "" : ", at least 20.12 is needed"}` },
    { what: "system", state: "ok", says: `${platform()} ${release()} ${process.arch}` },
    { what: "processor", state: "ok", says: `${processors[0]?.model.trim() ?? "unknown"}, ${availableParallelism()} cores` },
    { what: "memory", state: freemem() > 1e9 ? "ok" : "note", says: `${metric(freemem())}B free of ${metric(totalmem())}B` },
  ];
}

/** Runs are written below the current directory. */
async function folder(): Promise<Finding[]> {
  const here = process.cwd();
  try {
    await access(here, constants.W_OK);
    const { bavail, bsize } = await statfs(here);
    const free = bavail * bsize;
    const says = `${here}, ${metric(free)}B free`;
    return [{ what: "run folders", state: free > 1e9 ? "ok" : "note", says }];
  } catch (error) {
    return [{ what: "run folders", state: "note", says: `nothing can be written here (${messageOf(error)}); give --run-dir` }];
  }
}

async function compiler(): Promise<Finding[]> {
  for (const name of ["g++", "clang++"]) {
    const found = await promisify(execFile)(name, ["--version"], { timeout: 5000 }).catch(() => undefined);
    if (found) return [{ what: "C++ compiler", state: "ok", says: found.stdout.split("\n")[0] ?? name }];
  }
  return [{ what: "C++ compiler", state: "note", says: "none; g++ or clang++ builds the fast backend: npm run build:native" }];
}

async function libraries(): Promise<Finding[]> {
  const versions = await packageVersions();
  const sharp = await import("sharp").then(
    ({ default: load }): Finding => ({
      what: "image files",
      state: "ok",
      says: `sharp ${load.versions.sharp ?? ""}, libvips ${load.versions.vips}`,
    }),
    (error: unknown): Finding => ({
      what: "image files",
      state: "note",
      says: `sharp does not load: ${messageOf(error).split("\n")[0] ?? ""}`,
    }),
  );
  const [own] = Object.entries(versions);
  const tensors = versions["@tensorflow/tfjs-core"];
  return [
    { what: own?.[0] ?? "raegraph", state: "ok", says: own?.[1] ?? "" },
    tensors === undefined
      ? { what: "tensor library", state: "bad", says: "@tensorflow/tfjs-core is not installed; run npm ci" }
      : { what: "tensor library", state: "ok", says: `@tensorflow/tfjs-core ${tensors}` },
    sharp,
  ];
}

async function backends(): Promise<Finding[]> {
  const probed = await Promise.all(
    builtinBackends.map(async ({ id, precisions, probe }): Promise<Finding> => {
      const { available, reason } = await probe().catch((error: unknown) => ({ available: false, reason: messageOf(error) }));
      const says = available ? `${reason}; ${precisions.join(", ")}` : reason;
      return { what: `backend ${id}`, state: available ? "ok" : "note", says };
    }),
  );
  const any = probed.some(({ state }) => state === "ok");
  return any ? probed : probed.map((finding) => ({ ...finding, state: "bad" as const }));
}
