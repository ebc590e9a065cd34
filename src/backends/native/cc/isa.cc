#include "isa.h"

#include <atomic>
#include <cstdlib>
#include <cstring>
#if defined(RAE_HAS_AMX)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace rae {

#if defined(__x86_64__)
extern const KernelTable tableAmx, tableAvx512bf16, tableAvx512, tableAvx2;
#elif defined(__aarch64__)
extern const KernelTable tableNeon;
#endif
extern const KernelTable tablePlain;
#if defined(RAE_EMULATE_WIDE)
extern const KernelTable tableWidepairs, tableWidetiles;  // 16 lanes on any processor: tests of the AVX-512 layouts, see scripts/build-native.mjs
#endif

namespace {

#if defined(RAE_HAS_AMX)
// Whether the processor has matrix tiles for bf16 and the system lets this process use them.
bool tilesAllowed() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  constexpr unsigned bf16 = 1u << 22, tiles = 1u << 24;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (d & bf16) == 0 || (d & tiles) == 0) return false;
  constexpr long request = 0x1023, tileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, request, tileData) == 0;
}
#endif

struct Tables {
  const KernelTable* usable[8];
  size_t count = 0;
  std::atomic<const KernelTable*> current{nullptr};

  Tables() {
#if defined(__x86_64__)
    __builtin_cpu_init();
    const bool fma = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const bool wide = fma && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
#if defined(RAE_HAS_AVX512BF16)
    const KernelTable* tablePairs = &tableAvx512bf16;
    const bool pairs = wide && __builtin_cpu_supports("avx512bf16");
#else
    const KernelTable* tablePairs = nullptr;
    const bool pairs = false;
#endif
#if defined(RAE_HAS_AMX)
    if (pairs && tilesAllowed()) usable[count++] = &tableAmx;
#endif
    // Intel's instruction for pairs takes four times as long as a multiply-add, on the one processor that was measured (Emerald Rapids).
    const bool slowPairs = __builtin_cpu_is("intel") != 0;
    if (pairs && !slowPairs) usable[count++] = tablePairs;
    if (wide) usable[count++] = &tableAvx512;
    if (pairs && slowPairs) usable[count++] = tablePairs;
    if (fma) usable[count++] = &tableAvx2;
#elif defined(__aarch64__)
    usable[count++] = &tableNeon;
#endif
    usable[count++] = &tablePlain;
#if defined(RAE_EMULATE_WIDE)
    usable[count++] = &tableWidepairs;
    usable[count++] = &tableWidetiles;
#endif
    current = usable[0];
    if (const char* name = std::getenv("RAEGRAPH_ISA")) choose(name);
  }

  bool choose(const char* isa) {
    for (size_t i = 0; i < count; i++)
      if (std::strcmp(usable[i]->isa, isa) == 0) {
        current = usable[i];
        return true;
      }
    return false;
  }
};

Tables& tables() {
  static Tables instance;
  return instance;
}

}  // namespace

const KernelTable& currentTable() { return *tables().current.load(std::memory_order_relaxed); }

const KernelTable* const* usableTables(size_t* count) {
  *count = tables().count;
  return tables().usable;
}

bool chooseTable(const char* isa) { return tables().choose(isa); }

}  // namespace rae
