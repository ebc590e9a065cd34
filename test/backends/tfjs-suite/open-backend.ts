/** First module of the bundle: the backend must be known before the specs that name it are declared. */
import { setTestEnvs } from "@tensorflow/tfjs-core/dist/jasmine_util.js";

import { builtinBackends } from "../../../src/backends/index.js";

const id = process.env["TFJS_SUITE_BACKEND"];
const backend = builtinBackends.find((candidate) => candidate.id === id);
if (!backend) throw new Error(`no backend "${id}"`);
const device = await backend.open({ precision: "fp32", threads: 2 });
setTestEnvs([{ name: device.backend, backendName: device.backend, isDataSync: true }]);
