import { resizeImage } from "./resize.js";

export const imageNodes = [resizeImage];
