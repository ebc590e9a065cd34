import type { Allocator } from "./allocator.js";
import type { Choices } from "./choices.js";
import { openCublasLt, planKey } from "./cublaslt.js";
import type { CublasLt, Plan } from "./cublaslt.js";
import type { Versioned } from "./find-cuda.js";
import type { Gpu } from "./gpu.js";
import type { Product } from "./issue.js";
import { blocksFor } from "./launchers/arguments.js";
import { ownProduct } from "./launchers/products.js";
import { floatsAt, i32, i64 } from "./numbers.js";
import type { Multiply } from "./workbench.js";

/** What does the products, and how it calls itself. */
export interface Multiplier {
  readonly multiply: Multiply;
  readonly text: string;
  close(): void;
}

/** Bytes that an algorithm may use beside its operands: what NVIDIA advises for Hopper. */
const workspaceBytes = 32 * 2 ** 20;

/** Multiply-adds below which no algorithm is worth a search. */
const worthSearch = 2 ** 27;

/**
 * cuBLASLt where it is at hand and takes the product, else our own kernel. The first product of a shape tries what the library offers
 * and keeps the fastest; within a capture nothing is timed, so a shape that was not met before takes the library's favourite.
 */
export function makeMultiply(gpu: Gpu, found: Versioned | undefined, memory: Allocator, choices: Choices): Multiplier {
  if (!found) return { multiply: (product) => ownProduct(gpu, product), text: "our own products", close: () => undefined };
  const lt = openCublasLt(found.library);
  const workspace = memory.take(workspaceBytes);
  const plans = new Map<string, { readonly plan: Plan; readonly best: number } | undefined>();
  const multiply = (product: Product): void => {
    const key = planKey(product);
    if (!plans.has(key)) plans.set(key, choose(gpu, lt, choices, product, workspace.address));
    const chosen = plans.get(key);
    if (!chosen) {
      ownProduct(gpu, product);
      return;
    }
    chosen.plan.run(product, chosen.best, workspace.address, workspaceBytes, gpu.stream);
    if (chosen.plan.activates) return;
    const n = product.batch * product.m * product.n;
    const list = [floatsAt(product.c.address, product.c.half), i64(n), i32(product.activation)];
    gpu.launch("gemm", "activateAll", [blocksFor(n, 4, gpu.multiprocessors)], list);
  };
  return {
    multiply,
    text: `cuBLASLt ${Math.floor(found.version / 10000)}.${Math.floor((found.version % 10000) / 100)}`,
    close() {
      memory.give(workspace);
      lt.close();
    },
  };
}

function choose(
  gpu: Gpu,
  lt: CublasLt,
  choices: Choices,
  product: Product,
  workspace: number,
): { readonly plan: Plan; readonly best: number } | undefined {
  const plan = lt.plan(product, workspaceBytes);
  if (!plan) return undefined;
  const work = product.batch * product.m * product.n * product.k;
  if (work < worthSearch) return { plan, best: 0 };
  const ways = plan.algorithms.map((_, i) => () => plan.run(product, i, workspace, workspaceBytes, gpu.stream));
  const best = choices.fastest(`product ${planKey(product)}`, ways);
  return best === undefined ? undefined : { plan, best };
}
