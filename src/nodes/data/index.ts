import { idx } from "./idx.js";
import { imageFolder } from "./image-folder.js";
import { labelFile } from "./label-file.js";
import { labels } from "./labels.js";
import { tensorFile } from "./tensor-file.js";

export const dataNodes = [idx, imageFolder, labels, tensorFile, labelFile];
