#include "program.h"

#include <utility>

#include "isa.h"
#include "memory.h"

namespace rae {

Program::~Program() {
  for (const Block& block : blocks) letGo(block.data);
}

std::string Program::read(const double* code, size_t size, std::vector<Block> memory) {
  blocks = std::move(memory);
  for (const Block& block : blocks) keep(block.data);
  const KernelTable& table = currentTable();
  size_t at = 0;
  bool whole = true;
  auto next = [&]() -> double {
    if (at < size) return code[at++];
    whole = false;
    return 0;
  };
  const size_t count = static_cast<size_t>(next());
  for (size_t i = 0; i < count && whole; i++) {
    Step step{static_cast<size_t>(next()), buffers.size(), static_cast<size_t>(next()), numbers.size(), 0};
    if (step.kernel >= table.count) return "call " + std::to_string(i) + " names no kernel";
    for (size_t b = 0; b < step.bufferCount && whole; b++) {
      const double block = next(), offset = next(), length = next();
      const bool given = block >= 0;
      // Every element is of one byte at least; kernels trust their caller for the rest, as in a call from JavaScript.
      if (given && (block >= static_cast<double>(blocks.size()) || offset + length > static_cast<double>(blocks[static_cast<size_t>(block)].bytes)))
        return "call " + std::to_string(i) + " reaches outside its memory";
      buffers.push_back(given ? blocks[static_cast<size_t>(block)].data + static_cast<size_t>(offset) : nullptr);
      lengths.push_back(static_cast<size_t>(length));
    }
    step.numberCount = static_cast<size_t>(next());
    for (size_t n = 0; n < step.numberCount && whole; n++) numbers.push_back(next());
    steps.push_back(step);
  }
  return whole && at == size ? "" : "the code has a wrong length";
}

bool Program::set(size_t number, double value) {
  if (number >= numbers.size()) return false;
  numbers[number] = value;
  return true;
}

std::string Program::run(const std::atomic<bool>& stop) const {
  const KernelTable& table = currentTable();
  for (const Step& step : steps) {
    if (stop.load(std::memory_order_relaxed)) return "stopped";
    Fault fault;
    const Call call{buffers.data() + step.buffers, lengths.data() + step.buffers,   step.bufferCount,
                    numbers.data() + step.numbers, step.numberCount,                &fault};
    table.kernels[step.kernel].run(call);
    if (fault.text[0] != 0) return fault.text;
  }
  return "";
}

}  // namespace rae
