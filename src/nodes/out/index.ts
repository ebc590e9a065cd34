import { featureStatistics } from "./feature-statistics.js";
import { imageGrid } from "./image-grid.js";
import { samplePack } from "./sample-pack.js";
import { tensorFile } from "./tensor-file.js";
import { weightsFile } from "./weights.js";

export const outNodes = [imageGrid, featureStatistics, tensorFile, samplePack, weightsFile];
