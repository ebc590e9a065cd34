import { diffAugment } from "./diff-augment.js";
import { quantize } from "./quantize.js";
import { resizeImage } from "./resize.js";

export const imageNodes = [resizeImage, quantize, diffAugment];
