import { adversarialLoss } from "./adversarial.js";
import { balancedSum } from "./balanced-sum.js";
import { criticLoss } from "./critic.js";
import { featureDistance } from "./feature-distance.js";
import { l1 } from "./l1.js";
import { sampleMse } from "./sample-mse.js";
import { weightedSum } from "./weighted-sum.js";

export const lossNodes = [l1, sampleMse, featureDistance, adversarialLoss, criticLoss, balancedSum, weightedSum];
