import type { Launcher } from "../issue.js";
import { attentionLaunchers } from "./attention.js";
import { conditionLaunchers } from "./condition.js";
import { elementwiseLaunchers } from "./elementwise.js";
import { imageLaunchers } from "./image.js";
import { moveLaunchers } from "./move.js";
import { productLaunchers } from "./products.js";
import { reduceLaunchers } from "./reduce.js";
import { trainingLaunchers } from "./training.js";

/** How the GPU carries out each call of shared/kernels. */
export const launchers: Readonly<Record<string, Launcher>> = {
  ...elementwiseLaunchers,
  ...moveLaunchers,
  ...reduceLaunchers,
  ...conditionLaunchers,
  ...productLaunchers,
  ...attentionLaunchers,
  ...imageLaunchers,
  ...trainingLaunchers,
};
