import type { Program } from "../../core/define-backend.js";
import type { HostArray } from "../../core/tensor.js";
import { disposeStep, tensorsOf } from "./step-result.js";
import type { StepResult } from "./step-result.js";
import { fetch } from "./transfer.js";

/**
 * Does one step twice from the same weights, by the program and op by op, and gives the program's results. Throws where a result or a
 * weight differs in a single bit; the weights are then those of the step done op by op.
 */
export async function compareReplay(
  program: Program,
  inputs: readonly HostArray[],
  plain: () => Promise<StepResult>,
  names: readonly string[],
): Promise<readonly HostArray[]> {
  const before = await program.readState();
  const outputs = await program.replay(inputs);
  const after = await program.readState();
  await program.writeState(before);
  const result = await plain();
  const expected = await Promise.all(tensorsOf(result).map(fetch));
  disposeStep(result);
  const wrong = expected.findIndex((array, i) => !sameBits(array.data, outputs[i]?.data));
  if (wrong >= 0)
    throw new Error(
      `the replayed step gives another ${names[wrong] ?? "result"} than the step run op by op; please report this, and run with --no-programs until it is mended`,
    );
  const state = (await program.readState()).findIndex((bytes, i) => !sameBits(bytes, after[i]));
  if (state >= 0)
    throw new Error(
      `the replayed step leaves another weight (block ${state}) than the step run op by op; please report this, and run with --no-programs until it is mended`,
    );
  return outputs;
}

function sameBits(a: ArrayBufferView, b: ArrayBufferView | undefined): boolean {
  if (!b) return false;
  const other = bytes(b);
  return a.byteLength === b.byteLength && bytes(a).every((byte, i) => byte === other[i]);
}

function bytes({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
