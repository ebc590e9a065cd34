import { dit } from "./dit.js";
import { ditDh } from "./dit-dh.js";
import { predict } from "./predict.js";

export const modelNodes = [dit, ditDh, predict];
