// The driver API's types: NVIDIA's own header where there is one, so that the compiler checks the double against it.
#pragma once
#if __has_include(<cuda.h>)
#include <cuda.h>
#else
#include <cstddef>
typedef int CUresult_int;
enum CUresult { CUDA_SUCCESS = 0 };
typedef int CUdevice;
typedef unsigned long long CUdeviceptr;
typedef struct CUctx_st* CUcontext;
typedef struct CUmod_st* CUmodule;
typedef struct CUfunc_st* CUfunction;
typedef struct CUstream_st* CUstream;
typedef struct CUevent_st* CUevent;
typedef struct CUgraph_st* CUgraph;
typedef struct CUgraphExec_st* CUgraphExec;
enum CUdevice_attribute { CU_FIRST_ATTRIBUTE = 0, CU_LAST_ATTRIBUTE = 1 << 20 };
enum CUfunction_attribute { CU_FIRST_FUNCTION_ATTRIBUTE = 0, CU_LAST_FUNCTION_ATTRIBUTE = 1 << 20 };
enum CUstreamCaptureMode { CU_FIRST_MODE = 0, CU_LAST_MODE = 1 << 20 };
#define CUDAAPI
#define cuDeviceTotalMem cuDeviceTotalMem_v2
#define cuDevicePrimaryCtxRelease cuDevicePrimaryCtxRelease_v2
#define cuMemAlloc cuMemAlloc_v2
#define cuMemFree cuMemFree_v2
#define cuMemGetInfo cuMemGetInfo_v2
#define cuMemcpyHtoDAsync cuMemcpyHtoDAsync_v2
#define cuMemcpyDtoHAsync cuMemcpyDtoHAsync_v2
#define cuMemcpyDtoDAsync cuMemcpyDtoDAsync_v2
#define cuStreamDestroy cuStreamDestroy_v2
#define cuStreamBeginCapture cuStreamBeginCapture_v2
#define cuEventDestroy cuEventDestroy_v2
#define cuGraphInstantiate cuGraphInstantiateWithFlags
#endif
