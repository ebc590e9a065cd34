import type { AttentionPass, AttentionPlan } from "../cudnn-attention.js";
import type { Issue } from "../issue.js";
import { floats, floatsAt, i32, i64, pointer } from "../numbers.js";
import type { DeviceNumbers } from "../numbers.js";
import { blocksFor } from "./arguments.js";
import { headsOf } from "./attention-tensors.js";
import type { Attention, AttentionGrad, Heads } from "./attention-tensors.js";

/** The ways in which cuDNN does it; q and k are turned before by our own kernel, for the library does not know tables. */
export function cudnnWays(issue: Issue, given: Attention): (() => void)[] {
  if (!given.bf16 || given.y.storage !== "bf16") return [];
  return plansOf(issue, given, "forward").map((plan) => () => {
    const places = { qkv: turnedHeads(issue, given), y: addressOf(given.y) };
    issue.attend(plan, places, issue.scratch(plan.workspaceBytes));
  });
}

/** The same for the gradients: the forward pass again for each row's sum and the result, then the backward pass. */
export function cudnnWaysBack(issue: Issue, given: AttentionGrad): (() => void)[] {
  if (!given.bf16) return [];
  const [forward] = plansOf(issue, given, "forwardWithSums");
  if (!forward) return [];
  const { dqkv, dy, B, N, D, heads } = given;
  const rows = B * heads * N;
  return plansOf(issue, given, "backward").map((plan) => () => {
    const places = {
      qkv: turnedHeads(issue, given),
      y: issue.scratch(2 * B * N * D),
      sums: issue.scratch(4 * rows),
      along: issue.scratch(4 * rows),
      dy: dy.storage === "bf16" ? addressOf(dy) : narrowed(issue, dy),
      dqkv: dqkv.storage === "bf16" ? addressOf(dqkv) : issue.scratch(6 * B * N * D),
    };
    issue.attend(forward, places, issue.scratch(forward.workspaceBytes));
    issue.attend(plan, places, issue.scratch(plan.workspaceBytes));
    if (given.cos || dqkv.storage !== "bf16") turn(issue, given, floats(dqkv), floatsAt(places.dqkv, true), true);
  });
}

function plansOf(issue: Issue, { B, N, heads, d }: Heads, pass: AttentionPass): readonly AttentionPlan[] {
  return issue.attention?.plans({ pass, batch: B, tokens: N, heads, width: d }) ?? [];
}

/** qkv as bf16 with q and k turned: itself, where that is what it is. */
function turnedHeads(issue: Issue, given: Heads): number {
  const { qkv, cos, B, N, D } = given;
  if (!cos && qkv.storage === "bf16") return addressOf(qkv);
  const turned = issue.scratch(6 * B * N * D);
  turn(issue, given, floatsAt(turned, true), floats(qkv), false);
  return turned;
}

type Floats = ReturnType<typeof floats>;

function turn(issue: Issue, given: Heads, to: Floats, from: Floats, back: boolean): void {
  const { cos, sin, B, N, D } = given;
  const n = 3 * B * N * D;
  const list = [to, from, pointer(cos), pointer(sin), headsOf(given), i32(Number(back)), i64(n)];
  issue.launch("heads", "turnHeads", [blocksFor(n, 4, issue.multiprocessors)], list);
}

function narrowed(issue: Issue, numbers: DeviceNumbers): number {
  const { length } = numbers;
  const narrow = issue.scratch(2 * length);
  issue.launch(
    "elementwise",
    "narrow",
    [blocksFor(length, 4, issue.multiprocessors)],
    [i64(narrow), pointer(numbers), i64(length)],
  );
  return narrow;
}

function addressOf({ buffer, byteOffset }: DeviceNumbers): number {
  return buffer.address + byteOffset;
}
