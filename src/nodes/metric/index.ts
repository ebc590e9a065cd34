import { fid } from "./fid.js";
import { mean } from "./mean.js";
import { psnr } from "./psnr.js";

export const metricNodes = [mean, psnr, fid];
