// All kernels for one instruction set. Compiled once per set with the compiler's flags for it and:
//   RAE_ISA    the public name of the set, RAE_TABLE that of its table
//   RAE_LANES  floats in a vector register
//   RAE_MR, RAE_NV  rows and vectors of the matrix kernel's register tile
// Everything but the table stays inside the translation unit, so no function compiled for one processor serves another.
#include <cfloat>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <type_traits>
#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

#include "call.h"
#include "pool.h"

#define RAE_JOIN2(a, b) a##b
#define RAE_JOIN(a, b) RAE_JOIN2(a, b)

namespace rae {
namespace {

#include "kern/vec.h"
#include "kern/math.h"
#include "kern/pack.h"
#include "kern/micro.h"
#include "kern/tiles.h"
#include "kern/gemm.h"
#include "kern/elementwise.h"
#include "kern/compare.h"
#include "kern/copy.h"
#include "kern/reduce.h"
#include "kern/image.h"
#include "kern/norm.h"
#include "kern/condition.h"
#include "kern/attention.h"
#include "kern/loss.h"
#include "kern/random.h"
#include "kern/adamw.h"
#include "kern/probe.h"

const Kernel list[] = {
    {"gemm", gemmCall},
    {"unary", unaryCall},
    {"unaryGrad", unaryGradCall},
    {"binary", binaryCall},
    {"addAll", addAllCall},
    {"compare", compareCall},
    {"logical", logicalCall},
    {"logicalNot", logicalNotCall},
    {"select", selectCall},
    {"reduce", reduceCall},
    {"cumsum", cumsumCall},
    {"softmax", softmaxCall},
    {"copy", copyCall},
    {"fill", fillCall},
    {"oneHot", oneHotCall},
    {"gather", gatherCall},
    {"segmentSum", segmentSumCall},
    {"cast", castCall},
    {"conv2d", conv2dCall},
    {"conv2dFilterGrad", conv2dFilterGradCall},
    {"conv2dInputGrad", conv2dInputGradCall},
    {"avgPool", avgPoolCall},
    {"avgPoolGrad", avgPoolGradCall},
    {"resize", resizeCall},
    {"resizeGrad", resizeGradCall},
    {"rmsNorm", rmsNormCall},
    {"rmsNormGrad", rmsNormGradCall},
    {"layerNorm", layerNormCall},
    {"layerNormGrad", layerNormGradCall},
    {"modulate", modulateCall},
    {"modulateGrad", modulateGradCall},
    {"gate", gateCall},
    {"gateGrad", gateGradCall},
    {"swiglu", swigluCall},
    {"swigluGrad", swigluGradCall},
    {"attention", attentionCall},
    {"attentionGrad", attentionGradCall},
    {"velocityLoss", velocityLossCall},
    {"velocityLossGrad", velocityLossGradCall},
    {"philoxUniform", philoxUniformCall},
    {"philoxNormal", philoxNormalCall},
    {"adamw", adamwCall},
    {"peak", peakCall},
};

}  // namespace

extern const KernelTable RAE_JOIN(table, RAE_TABLE);
const KernelTable RAE_JOIN(table, RAE_TABLE){RAE_ISA, list, sizeof list / sizeof list[0]};

}  // namespace rae
