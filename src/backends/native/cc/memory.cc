#include "memory.h"

#include <cstdlib>
#include <iterator>
#include <map>
#include <mutex>
#include <set>
#include <utility>
#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace rae {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;
constexpr size_t kRegion = size_t{32} << 20;
constexpr size_t kLine = 64;                 // arrays begin at cache lines
constexpr size_t kSmall = size_t{16} << 10;  // below, the system's own allocator serves better
constexpr size_t kLarge = kRegion / 2;       // from here on, an array has a region of its own

size_t roundUp(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

char* newRegion(size_t bytes) {
  char* memory = static_cast<char*>(std::aligned_alloc(kHugePage, bytes));
#if defined(__linux__)
  if (memory != nullptr) madvise(memory, bytes, MADV_HUGEPAGE);
#endif
  return memory;
}

// Arrays of some size lie side by side in regions of huge pages: on pages of their own most of them would be too short for a huge one, and
// a step that sweeps over all weights would wait for the processor to look up each small page. Free pieces are found by best fit
// and grow together with their neighbours.
class Regions {
 public:
  void* take(size_t wanted) {
    const size_t bytes = roundUp(wanted, kLine);
    std::lock_guard<std::mutex> lock(mutex);
    auto fit = bySize.lower_bound({bytes, nullptr});
    if (fit == bySize.end()) {
      char* region = newRegion(kRegion);
      if (region == nullptr) return nullptr;
      regions.insert(region);
      add(region, kRegion);
      fit = bySize.lower_bound({bytes, nullptr});
    }
    const auto [size, start] = *fit;
    remove(start, size);
    if (size > bytes) add(start + bytes, size - bytes);
    used[start] = bytes;
    return start;
  }

  // False for memory of another allocator.
  bool give(void* memory) {
    std::lock_guard<std::mutex> lock(mutex);
    const auto entry = used.find(static_cast<char*>(memory));
    if (entry == used.end()) return false;
    char* start = entry->first;
    size_t size = entry->second;
    used.erase(entry);
    const auto after = byStart.lower_bound(start);
    if (after != byStart.begin()) {
      const auto [before, length] = *std::prev(after);
      if (before + length == start && regions.count(start) == 0) {
        remove(before, length);
        start = before;
        size += length;
      }
    }
    const auto next = byStart.find(start + size);
    if (next != byStart.end() && regions.count(next->first) == 0) {
      const size_t length = next->second;
      remove(start + size, length);
      size += length;
    }
    if (size == kRegion) {
      regions.erase(start);
      std::free(start);
    } else {
      add(start, size);
    }
    return true;
  }

 private:
  void add(char* start, size_t size) {
    byStart[start] = size;
    bySize.insert({size, start});
  }
  void remove(char* start, size_t size) {
    byStart.erase(start);
    bySize.erase({size, start});
  }

  std::mutex mutex;
  std::set<char*> regions;
  std::map<char*, size_t> used;
  std::map<char*, size_t> byStart;  // free pieces
  std::set<std::pair<size_t, char*>> bySize;
};

// Never destroyed: threads may hold memory until the process ends.
Regions& arrays() {
  static Regions* const instance = new Regions;
  return *instance;
}

// Who keeps memory, and whether it has been released meanwhile.
struct Kept {
  int keepers = 0;
  bool released = false;
};

struct Keepers {
  std::mutex mutex;
  std::map<void*, Kept> kept;
};

Keepers& keepers() {
  static Keepers* const instance = new Keepers;
  return *instance;
}

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kShared = false;  // so that the checks see each array's ends
#else
constexpr bool kShared = true;
#endif

}  // namespace

void* allocate(size_t bytes) {
  if (bytes >= kLarge) return newRegion(roundUp(bytes, kHugePage));
  if (kShared && bytes >= kSmall) return arrays().take(bytes);
  return std::aligned_alloc(kLine, roundUp(bytes == 0 ? 1 : bytes, kLine));
}

void release(void* memory) {
  if (memory == nullptr) return;
  {
    std::lock_guard<std::mutex> lock(keepers().mutex);
    const auto entry = keepers().kept.find(memory);
    if (entry != keepers().kept.end()) {
      entry->second.released = true;
      return;
    }
  }
  if (!arrays().give(memory)) std::free(memory);
}

void keep(void* memory) {
  std::lock_guard<std::mutex> lock(keepers().mutex);
  keepers().kept[memory].keepers++;
}

void letGo(void* memory) {
  bool released = false;
  {
    std::lock_guard<std::mutex> lock(keepers().mutex);
    const auto entry = keepers().kept.find(memory);
    if (--entry->second.keepers > 0) return;
    released = entry->second.released;
    keepers().kept.erase(entry);
  }
  if (released) release(memory);
}

}  // namespace rae
