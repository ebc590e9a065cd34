import { imageGrid } from "./image-grid.js";
import { tensorFile } from "./tensor-file.js";

export const outNodes = [imageGrid, tensorFile];
