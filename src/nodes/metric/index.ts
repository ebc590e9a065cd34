import { by } from "./by.js";
import { fid } from "./fid.js";
import { inceptionScore } from "./inception-score.js";
import { kid } from "./kid.js";
import { mean } from "./mean.js";
import { precisionRecall } from "./precision-recall.js";
import { psnr } from "./psnr.js";
import { speed } from "./speed.js";
import { ssim } from "./ssim.js";

export const metricNodes = [mean, by, psnr, ssim, fid, kid, inceptionScore, precisionRecall, speed];
