import { vitDecoder } from "./vit.js";

export const decoderNodes = [vitDecoder];
