import type { FileHandle } from "node:fs/promises";
import { within } from "./error-text.js";
import { readAt } from "./open-file.js";
import { readSafetensorsList } from "./safetensors-list.js";
import { isShardIndex, readShardIndex } from "./shard-index.js";
import type { ArrayList } from "./stored-array.js";

/** Names, dtypes and shapes of an open weights file; its first bytes tell the format. Throws an Error that names the file and the fault. */
export async function listArraysIn(file: string, handle: FileHandle, bytes: number): Promise<ArrayList> {
  const first = new Uint8Array(Math.min(512, bytes));
  await readAt(handle, first, 0);
  return within(file, async () => {
    if (isShardIndex(file, first)) return readShardIndex(file, handle, bytes, listArraysIn);
    const kind = torchKind(first);
    if (kind === undefined) return readSafetensorsList(file, handle, bytes);
    // Loaded on first use: most files are safetensors.
    const torch = await import("./torch/read-torch.js");
    return kind === "zip" ? torch.readTorchZip(file, handle, bytes) : torch.readTorchLegacy(file, handle, bytes);
  });
}

/** What PyTorch wrote, by the first bytes: `PK` of a zip archive, or the start of a pickle. */
function torchKind(first: Uint8Array): "zip" | "legacy" | undefined {
  if (first[0] === 0x50 && first[1] === 0x4b) return "zip";
  // The length of a safetensors header may start with the same two bytes, but the header itself follows: a brace.
  if (first[0] === 0x80 && (first[1] ?? 9) <= 5 && first[8] !== 0x7b) return "legacy";
  // Older protocols have no number at their start: the first pickle is the file's magic number in digits.
  if (String.fromCharCode(...first.subarray(0, 8)) === "L1195470") return "legacy";
  if (String.fromCharCode(...first.subarray(257, 262)) === "ustar")
    throw new Error("a tar archive, as PyTorch wrote before 0.2; load it there and save it again");
  return undefined;
}
