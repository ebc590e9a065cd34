import { l1 } from "./l1.js";

export const lossNodes = [l1];
