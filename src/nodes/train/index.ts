import { adamw } from "./adamw.js";
import { gradients } from "./gradients.js";

export const trainNodes = [adamw, gradients];
