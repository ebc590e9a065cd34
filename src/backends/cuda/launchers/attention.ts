import type { Issue, Launcher } from "../issue.js";
import { Arguments } from "./arguments.js";
import { cudnnWays, cudnnWaysBack } from "./attention-cudnn.js";
import { flash, flashGrad, flashWidth } from "./attention-flash.js";
import { attentionByProducts, attentionGradByProducts } from "./attention-products.js";
import type { Attention, AttentionGrad } from "./attention-tensors.js";

/**
 * Self-attention: by products (cu/heads.cu); where bf16 is asked for, in one pass on the tensor cores, by our own kernels (cu/flash.cu) or
 * by cuDNN where it is at hand, whichever was measured to be faster.
 */
export const attentionLaunchers: Readonly<Record<string, Launcher>> = {
  attention(issue, args) {
    const a = new Arguments("attention", args);
    const [y, qkv, cos, sin] = [a.numbers(), a.numbers(), a.maybe(), a.maybe()];
    const given: Attention = { y, qkv, cos, sin, ...sizes(a) };
    const own = flashWidth(given) === undefined ? attentionByProducts : flash;
    fastest(
      issue,
      "attention",
      given,
      () => own(issue, given),
      () => cudnnWays(issue, given),
    );
  },
  attentionGrad(issue, args) {
    const a = new Arguments("attentionGrad", args);
    const [dqkv, dy, qkv, cos, sin] = [a.numbers(), a.numbers(), a.numbers(), a.maybe(), a.maybe()];
    const given: AttentionGrad = { dqkv, dy, qkv, cos, sin, ...sizes(a) };
    const own = flashWidth(given) === undefined ? attentionGradByProducts : flashGrad;
    fastest(
      issue,
      "attentionGrad",
      given,
      () => own(issue, given),
      () => cudnnWaysBack(issue, given),
    );
  },
};

function sizes(a: Arguments): Pick<Attention, "B" | "N" | "D" | "heads" | "d" | "bf16"> {
  const [B = 0, N = 0, D = 0, heads = 1, bf16 = 0] = a.all();
  return { B, N, D, heads, d: D / heads, bf16: bf16 === 1 };
}

type Way = () => void;

/** Our own way or one of cuDNN's, which are not even planned where ours is known to be faster. */
function fastest(issue: Issue, call: string, given: Attention | AttentionGrad, own: Way, others: () => readonly Way[]): void {
  const { B, N, D, heads, qkv, cos } = given;
  if (B * N * D === 0) return;
  const key = [call, [B, N, D, heads].join(), qkv.storage, cos ? "turned" : "plain"].join(" ");
  const preferred = issue.attention?.preferred === true;
  const library = !preferred && issue.chosen(key) === 0 ? [] : others();
  if (library.length === 0) own();
  else if (preferred) issue.choose(`${key} cudnn`, library);
  else issue.choose(key, [own, ...library]);
}
