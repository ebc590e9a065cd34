import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { describe, expect, test } from "@jest/globals";

import { candidates, cudnnLibrary } from "../../../src/backends/cuda/libs.js";
import { missing } from "./emulator.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const cudnn = candidates(cudnnLibrary).find((path) => existsSync(path));
const reason = missing() ?? (cudnn === undefined ? "there is no cuDNN" : undefined);

interface Planned {
  readonly version: number;
  readonly found: readonly { device: string; pass: string; tokens: number; workspaces: readonly number[] }[];
  readonly remarks: readonly string[];
}

/** What plan-attention.mjs found, by the sources as they are built now. */
async function plan(): Promise<Planned> {
  execFileSync(process.execPath, [join(root, "scripts/prepare.mjs")]);
  const folder = join(root, "build/test/cuda-emulator/no-device");
  mkdirSync(folder, { recursive: true });
  const source = join(root, "test/backends/cuda/emulator/no-device.cc");
  const standIns = ["libcuda.so.1", "libcublasLt.so.13", "libcublasLt.so.12"].map((name) => {
    execFileSync("g++", ["-shared", "-fPIC", `-Wl,-soname,${name}`, source, "-o", join(folder, name)]);
    return join(folder, name);
  });
  const args = [join(root, "test/backends/cuda/plan-attention.mjs"), join(root, "dist"), cudnn ?? "", ...standIns];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, NODE_OPTIONS: "" } });
  return JSON.parse(stdout) as Planned;
}

describe("NVIDIA's own cuDNN, for devices that are only described", () => {
  if (reason !== undefined) {
    test.skip(`not tested: ${reason}`, () => undefined);
    return;
  }

  test("takes our graphs of attention and of its gradients, and compiles a plan of each", async () => {
    const { version, found, remarks } = await plan();
    expect(version).toBeGreaterThanOrEqual(91600);
    expect(found.map(({ device, pass, tokens }) => `${device} ${pass} ${tokens}`)).toEqual(
      ["sm_80 * 256", "sm_90 * 256", "sm_90 * 81", "sm_120 * 256"].flatMap((one) =>
        ["forward", "forwardWithSums", "backward"].map((pass) => one.replace("*", pass)),
      ),
    );
    expect(found.filter(({ workspaces }) => workspaces.length === 0)).toEqual([]);
    // The deterministic gradients keep the pulls on all scores as bf16, tokens rounded up to tiles.
    for (const { workspaces } of found.filter(({ pass, tokens }) => pass === "backward" && tokens === 256))
      expect(workspaces[0]).toBeGreaterThanOrEqual(32 * 16 * 256 * 256 * 2);
    expect(remarks).toEqual([expect.stringMatching(/\[1,64,1,160\] \(there is no plan: .*128.*\); our own kernels do it/)]);
  }, 300_000);
});
