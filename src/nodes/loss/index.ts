import { l1 } from "./l1.js";
import { sampleMse } from "./sample-mse.js";

export const lossNodes = [l1, sampleMse];
