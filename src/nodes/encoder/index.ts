import { dino } from "./dino.js";
import { dinov2 } from "./dinov2.js";
import { inceptionV3 } from "./inception-v3.js";
import { maePretrain } from "./mae-pretrain.js";
import { siglip2 } from "./siglip2.js";
import { vitMae } from "./vit-mae.js";

export const encoderNodes = [dinov2, dino, siglip2, vitMae, maePretrain, inceptionV3];
