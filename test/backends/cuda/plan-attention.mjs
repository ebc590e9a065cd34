// Plans attention with NVIDIA's own cuDNN for devices that are only described, without a GPU; a process of its own, for a driver's library
// stays loaded once it is. Arguments: the built sources' folder, cuDNN's library, and stand-ins of libraries that it looks for by name.
// Prints one line of JSON.
const [, , dist, path, ...others] = process.argv;
const { loadFfi } = await import(`${dist}/backends/cuda/ffi.js`);
const { cudnnVersion } = await import(`${dist}/backends/cuda/cudnn-calls.js`);
const { makeCudnnAttention } = await import(`${dist}/backends/cuda/cudnn-attention.js`);

const ffi = await loadFfi();
const held = others.map((other) => ffi.load(other, { global: true }));
const library = ffi.load(path);
const { version } = cudnnVersion(library);

/** As cuDNN writes a device down; what differs among cards is the architecture and the shared memory of a block. */
const describe = (architecture, sharedMemory) =>
  JSON.stringify({
    deviceName: `sm_${architecture / 10}`,
    deviceVer: architecture,
    maxSharedMemoryPerBlockOptin: sharedMemory,
    cudaDeviceId: 0,
    driverVer: 13000,
    isTccDriver: 0,
    l2CacheSize: 50 * 2 ** 20,
    maxBlockSize: [1024, 1024, 64],
    maxCtasPerSM: 32,
    maxGridSize: [2 ** 31 - 1, 65535, 65535],
    maxRegistersPerSM: 65536,
    maxSharedMemoryPerBlock: 49152,
    maxThreadsPerBlock: 1024,
    maxThreadsPerSM: 2048,
    memClockRateKHz: 3e6,
    multiProcessorCount: 132,
    pciDeviceId: 0,
    regsPerBlock: 65536,
    reservedSharedMemoryPerBlock: 1024,
    smClockRateKHz: 2e6,
    smCountOrigin: 0,
    supportCoopLaunch: 1,
    totalGlobalMem: 8e10,
    warpSize: 32,
  });

const devices = { sm_80: describe(800, 166912), sm_90: describe(900, 232448), sm_120: describe(1200, 101376) };
const found = [];
let remarks = [];
for (const [device, text] of Object.entries(devices)) {
  const attention = makeCudnnAttention(ffi, library, version, { device: text });
  const sizes = [[32, 256, 16, 72], ...(device === "sm_90" ? [[8, 81, 6, 64]] : [])];
  for (const [batch, tokens, heads, width] of sizes)
    for (const pass of ["forward", "forwardWithSums", "backward"]) {
      const plans = attention.plans({ pass, batch, tokens, heads, width });
      found.push({ device, pass, tokens, workspaces: plans.map(({ workspaceBytes }) => workspaceBytes) });
    }
  // Heads of this width have no gradients on Ampere, in cuDNN's own words.
  if (device === "sm_80") {
    attention.plans({ pass: "backward", batch: 1, tokens: 64, heads: 1, width: 160 });
    remarks = attention.remarks();
  }
  attention.close();
}
process.stdout.write(`${JSON.stringify({ version, found, remarks, standIns: held.length })}\n`);
