import { denormalize } from "./denormalize.js";
import { noise } from "./noise.js";
import { normalize } from "./normalize.js";
import { pool } from "./pool.js";
import { latentStatistics } from "./statistics.js";

export const latentNodes = [normalize, denormalize, noise, pool, latentStatistics];
