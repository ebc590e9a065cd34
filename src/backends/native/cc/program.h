// A recorded step: kernel calls in order, with their memory and numbers. Replayed as a whole, without JavaScript.
#pragma once
#include <atomic>
#include <cstddef>
#include <string>
#include <vector>

#include "call.h"

namespace rae {

// A piece of memory. A program keeps it until its own end.
struct Block {
  char* data;
  size_t bytes;
};

class Program {
 public:
  Program() = default;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program();

  // `code` holds the number of calls, then for each call: kernel, count of buffers, (block, byte offset, length) for each, where
  // block -1 stands for null, count of numbers, the numbers. An error text where it does not fit the blocks.
  std::string read(const double* code, size_t size, std::vector<Block> memory);

  // Changes a number, counted over all calls in order.
  bool set(size_t number, double value);

  // Runs every call; stops between two calls once `stop` is true. Gives what went wrong, or nothing.
  std::string run(const std::atomic<bool>& stop) const;

 private:
  struct Step {
    size_t kernel, buffers, bufferCount, numbers, numberCount;
  };
  std::vector<Step> steps;
  std::vector<Block> blocks;
  std::vector<void*> buffers;
  std::vector<size_t> lengths;
  std::vector<double> numbers;
};

}  // namespace rae
