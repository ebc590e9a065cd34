import { denormalize } from "./denormalize.js";
import { grid } from "./grid.js";
import { noise } from "./noise.js";
import { normalize } from "./normalize.js";
import { pool } from "./pool.js";
import { latentStatistics } from "./statistics.js";
import { tokens } from "./tokens.js";

export const latentNodes = [normalize, denormalize, noise, pool, tokens, grid, latentStatistics];
