import { cifar } from "./cifar.js";
import { idx } from "./idx.js";
import { imageFolder } from "./image-folder.js";
import { labelFile } from "./label-file.js";
import { labels } from "./labels.js";
import { parquet } from "./parquet.js";
import { tensorFile } from "./tensor-file.js";
import { samplePack } from "./sample-pack.js";
import { webdataset } from "./webdataset.js";

export const dataNodes = [idx, imageFolder, cifar, webdataset, parquet, labels, tensorFile, labelFile, samplePack];
