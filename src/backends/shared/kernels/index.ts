import type { CallKernels } from "../call-backend.js";
import { aliasKernels } from "./alias.js";
import { arrangeKernels } from "./arrange.js";
import { attentionKernels } from "./attention.js";
import { binaryKernels } from "./binary.js";
import { compareKernels } from "./compare.js";
import { conditionKernels } from "./condition.js";
import { einsumKernels } from "./einsum.js";
import { activationKernels, unaryKernels } from "./elementwise.js";
import { imageKernels } from "./image.js";
import { linearKernels, matMulKernels } from "./mat-mul.js";
import { moveKernels } from "./move.js";
import { normKernels } from "./norm.js";
import { reduceKernels } from "./reduce.js";
import { embeddingKernels, rowKernels } from "./rows.js";
import { trainingKernels } from "./training.js";

/** All kernels that are made of calls. */
export const callKernels: CallKernels = {
  base: {
    ...matMulKernels,
    ...einsumKernels,
    ...unaryKernels,
    ...binaryKernels,
    ...compareKernels,
    ...reduceKernels,
    ...moveKernels,
    ...arrangeKernels,
    ...rowKernels,
    ...aliasKernels,
    ...imageKernels,
  },
  fused: {
    ...linearKernels,
    ...activationKernels,
    ...embeddingKernels,
    ...normKernels,
    ...conditionKernels,
    ...attentionKernels,
    ...trainingKernels,
  },
};
