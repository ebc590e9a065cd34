import { gvpPath, vpPath } from "./curved-paths.js";
import { flipTime, flipVelocity } from "./flip-time.js";
import { linearPath } from "./linear-path.js";
import { ode } from "./ode.js";
import { noiseLoss, scoreLoss } from "./prediction-losses.js";
import { sde } from "./sde.js";
import { shiftTime } from "./shift-time.js";
import { shiftedTime } from "./shifted-time.js";
import { velocityLoss } from "./velocity-loss.js";

export const flowNodes = [
  shiftedTime,
  shiftTime,
  flipTime,
  flipVelocity,
  linearPath,
  gvpPath,
  vpPath,
  velocityLoss,
  noiseLoss,
  scoreLoss,
  ode,
  sde,
];
