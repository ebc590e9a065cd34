import { cycle } from "./cycle.js";
import { repeat } from "./repeat.js";

export const batchNodes = [repeat, cycle];
