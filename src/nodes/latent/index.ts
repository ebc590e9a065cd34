import { constant } from "./constant.js";
import { denormalize } from "./denormalize.js";
import { grid } from "./grid.js";
import { noise } from "./noise.js";
import { normalize } from "./normalize.js";
import { normalizeWith } from "./normalize-with.js";
import { pool } from "./pool.js";
import { latentStatistics } from "./statistics.js";
import { tokens } from "./tokens.js";

export const latentNodes = [normalize, denormalize, normalizeWith, noise, pool, tokens, grid, constant, latentStatistics];
