import { maePretrain } from "./mae-pretrain.js";
import { vitMae } from "./vit-mae.js";

export const encoderNodes = [vitMae, maePretrain];
