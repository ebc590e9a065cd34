import { adversarialLoss } from "./adversarial.js";
import { balancedSum } from "./balanced-sum.js";
import { criticLoss } from "./critic.js";
import { featureDistance } from "./feature-distance.js";
import { l1 } from "./l1.js";
import { lpips } from "./lpips.js";
import { sampleMse } from "./sample-mse.js";
import { vgg16Difference } from "./vgg16-difference.js";
import { weightedSum } from "./weighted-sum.js";

export const lossNodes = [
  l1,
  sampleMse,
  featureDistance,
  vgg16Difference,
  lpips,
  adversarialLoss,
  criticLoss,
  balancedSum,
  weightedSum,
];
