import { adamw } from "./adamw.js";

export const trainNodes = [adamw];
