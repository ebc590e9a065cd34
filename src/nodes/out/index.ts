import { imageGrid } from "./image-grid.js";
import { tensorFile } from "./tensor-file.js";
import { weightsFile } from "./weights.js";

export const outNodes = [imageGrid, tensorFile, weightsFile];
