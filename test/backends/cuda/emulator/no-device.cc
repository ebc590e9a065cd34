// The driver's library as of a machine without a GPU: cuDNN looks for these functions before it plans for a device that is only described,
// compiles the plan's kernels, and hands them to the driver, which takes them here and does nothing. Of cuBLASLt it asks the version.
#define TAKEN(name) \
  extern "C" int name(...) { return 0; }
TAKEN(cuCtxGetCurrent)
TAKEN(cuCtxGetLimit)
TAKEN(cuCtxPopCurrent)
TAKEN(cuCtxPushCurrent)
TAKEN(cuDeviceGet)
TAKEN(cuDeviceGetCount)
TAKEN(cuKernelGetAttribute)
TAKEN(cuKernelSetAttribute)
TAKEN(cuLaunchCooperativeKernel)
TAKEN(cuLaunchKernel)
TAKEN(cuLaunchKernelEx)
TAKEN(cuLibraryLoadFromFile)
TAKEN(cuLibraryUnload)
TAKEN(cuLinkAddData)
TAKEN(cuLinkComplete)
TAKEN(cuLinkCreate)
TAKEN(cuLinkDestroy)
TAKEN(cuOccupancyMaxPotentialClusterSize)
TAKEN(cuStreamGetCtx)

extern "C" int cuLibraryLoadData(const void** library, ...) {
  *library = "library";
  return 0;
}
extern "C" int cuLibraryGetKernel(const void** kernel, ...) {
  *kernel = "kernel";
  return 0;
}
extern "C" int cuInit(unsigned) { return 100; }
extern "C" int cuDriverGetVersion(int* version) {
  *version = 13000;
  return 0;
}
extern "C" int cuGetErrorName(int, const char** text) {
  *text = "CUDA_ERROR_NO_DEVICE";
  return 0;
}
extern "C" int cuGetErrorString(int, const char** text) {
  *text = "no CUDA-capable device is detected";
  return 0;
}
extern "C" unsigned long cublasLtGetVersion() { return 130101; }
