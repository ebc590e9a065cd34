/** Loads the model of load.yaml from the file given, in a process of its own, and prints seconds, parameters and the most memory. */
import { performance } from "node:perf_hooks";
import { fromPackage } from "../machine.mjs";
import { loadGraphOf } from "./weights.mjs";

const [file, backendId] = process.argv.slice(2);
const { prepareTensors } = await fromPackage("core/prepare.js");
const { builtinBackends } = await fromPackage("backends/index.js");
const { chooseBackend } = await fromPackage("runtime/choose-backend.js");
const { openDevices } = await fromPackage("runtime/run/session.js");

await prepareTensors();
const { backend } = await chooseBackend(builtinBackends, backendId);
const device = await backend.open({ precision: "fp32" });
const before = 1024 * process.resourceUsage().maxRSS;
const started = performance.now();
const graph = await loadGraphOf(file);
const { models } = await openDevices(graph);
const seconds = (performance.now() - started) / 1000;
const variables = [...models.get("dit").variables.values()];
process.stdout.write(
  JSON.stringify({
    device: device.info,
    seconds,
    params: variables.reduce((sum, { size }) => sum + size, 0),
    rss_before: before,
    peak_rss: 1024 * process.resourceUsage().maxRSS,
  }),
);
await device.close();
