import { linearPath } from "./linear-path.js";
import { ode } from "./ode.js";
import { shiftedTime } from "./shifted-time.js";
import { velocityLoss } from "./velocity-loss.js";

export const flowNodes = [shiftedTime, linearPath, velocityLoss, ode];
