import { by } from "./by.js";
import { fid } from "./fid.js";
import { mean } from "./mean.js";
import { psnr } from "./psnr.js";
import { speed } from "./speed.js";

export const metricNodes = [mean, by, psnr, fid, speed];
