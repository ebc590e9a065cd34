/**
 * `node --import raegraph/register --test nodes/*.test.ts`: TypeScript files run as they are, and `raegraph` in them is this copy. The one
 * module that does something when it is imported, which is what `--import` is for.
 */
import { registerHooks } from "./register-hooks.js";

registerHooks();
