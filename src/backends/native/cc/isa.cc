#include "isa.h"

#include <atomic>
#include <cstdlib>
#include <cstring>

namespace rae {

#if defined(__x86_64__)
extern const KernelTable tableAvx512bf16, tableAvx512, tableAvx2;
#elif defined(__aarch64__)
extern const KernelTable tableNeon;
#endif
extern const KernelTable tablePlain;
#if defined(RAE_EMULATE_WIDE)
extern const KernelTable tableWide;  // 16 lanes on any processor: tests of the AVX-512 layouts, see scripts/build-native.mjs
#endif

namespace {

struct Tables {
  const KernelTable* usable[6];
  size_t count = 0;
  std::atomic<const KernelTable*> current{nullptr};

  Tables() {
#if defined(__x86_64__)
    __builtin_cpu_init();
    const bool fma = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const bool wide = fma && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
    if (wide && __builtin_cpu_supports("avx512bf16")) usable[count++] = &tableAvx512bf16;
    if (wide) usable[count++] = &tableAvx512;
    if (fma) usable[count++] = &tableAvx2;
#elif defined(__aarch64__)
    usable[count++] = &tableNeon;
#endif
    usable[count++] = &tablePlain;
#if defined(RAE_EMULATE_WIDE)
    usable[count++] = &tableWide;
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
