import { criticHeads } from "./heads.js";

export const criticNodes = [criticHeads];
