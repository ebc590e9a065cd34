// The kernel tables of this build, one per instruction set, and which one is in use.
#pragma once
#include "call.h"

namespace rae {

const KernelTable& currentTable();
// The tables that this processor can run, the fastest first.
const KernelTable* const* usableTables(size_t* count);
// False, and no change, where the name is unknown or the processor cannot run it.
bool chooseTable(const char* isa);

}  // namespace rae
