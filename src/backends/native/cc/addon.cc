// The Node-API face: one function per kernel, plus memory, threads and the choice of instruction set.
#include <node_api.h>

#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>

#include "call.h"
#include "isa.h"
#include "memory.h"
#include "pool.h"
#include "replay.h"

namespace {

constexpr size_t kMaxArguments = 40;

// The arguments of one call, taken apart. Lives on the stack unless a list argument is long.
struct Arguments {
  static constexpr size_t kInline = 64;
  void* bufferSpace[kInline];
  size_t lengthSpace[kInline];
  double numbers[kMaxArguments];
  void** buffers = bufferSpace;
  size_t* lengths = lengthSpace;
  size_t bufferCount = 0, numberCount = 0, capacity = kInline;
  ~Arguments() {
    if (buffers != bufferSpace) {
      std::free(buffers);
      std::free(lengths);
    }
  }
  void add(void* data, size_t length) {
    if (bufferCount == capacity) grow();
    buffers[bufferCount] = data;
    lengths[bufferCount++] = length;
  }
  void grow() {
    void** moreBuffers = static_cast<void**>(std::malloc(capacity * 2 * sizeof(void*)));
    size_t* moreLengths = static_cast<size_t*>(std::malloc(capacity * 2 * sizeof(size_t)));
    if (moreBuffers == nullptr || moreLengths == nullptr) std::abort();
    std::memcpy(moreBuffers, buffers, bufferCount * sizeof(void*));
    std::memcpy(moreLengths, lengths, bufferCount * sizeof(size_t));
    if (buffers != bufferSpace) {
      std::free(buffers);
      std::free(lengths);
    }
    buffers = moreBuffers;
    lengths = moreLengths;
    capacity *= 2;
  }
};

bool addArray(napi_env env, napi_value value, Arguments& arguments) {
  bool typed = false;
  if (napi_is_typedarray(env, value, &typed) != napi_ok || !typed) return false;
  size_t length = 0;
  void* data = nullptr;
  if (napi_get_typedarray_info(env, value, nullptr, &length, &data, nullptr, nullptr) != napi_ok) return false;
  arguments.add(data, length);
  return true;
}

bool addList(napi_env env, napi_value value, Arguments& arguments) {
  uint32_t length = 0;
  if (napi_get_array_length(env, value, &length) != napi_ok) return false;
  for (uint32_t i = 0; i < length; i++) {
    napi_value element;
    if (napi_get_element(env, value, i, &element) != napi_ok || !addArray(env, element, arguments)) return false;
  }
  return true;
}

bool addArgument(napi_env env, napi_value value, Arguments& arguments) {
  napi_valuetype type;
  if (napi_typeof(env, value, &type) != napi_ok) return false;
  if (type == napi_number) return napi_get_value_double(env, value, &arguments.numbers[arguments.numberCount++]) == napi_ok;
  if (type == napi_undefined || type == napi_null) {
    arguments.add(nullptr, 0);
    return true;
  }
  return addArray(env, value, arguments) || addList(env, value, arguments);
}

napi_value runKernel(napi_env env, napi_callback_info info) {
  size_t count = kMaxArguments;
  napi_value values[kMaxArguments];
  void* index = nullptr;
  napi_get_cb_info(env, info, &count, values, nullptr, &index);
  Arguments arguments;
  for (size_t i = 0; i < count && i < kMaxArguments; i++)
    if (!addArgument(env, values[i], arguments)) {
      napi_throw_type_error(env, nullptr, "native kernel: expected typed arrays, lists of them, numbers or null");
      return nullptr;
    }
  rae::Fault fault;
  const rae::Call call{arguments.buffers, arguments.lengths, arguments.bufferCount, arguments.numbers, arguments.numberCount, &fault};
  rae::currentTable().kernels[reinterpret_cast<size_t>(index)].run(call);
  if (fault.text[0] != 0) napi_throw_error(env, nullptr, fault.text);
  return nullptr;
}

double numberArgument(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value value;
  double number = 0;
  napi_get_cb_info(env, info, &count, &value, nullptr, nullptr);
  if (count > 0) napi_get_value_double(env, value, &number);
  return number;
}

napi_value text(napi_env env, const char* value) {
  napi_value result;
  napi_create_string_utf8(env, value, NAPI_AUTO_LENGTH, &result);
  return result;
}

napi_value allocate(napi_env env, napi_callback_info info) {
  const size_t bytes = static_cast<size_t>(numberArgument(env, info));
  void* memory = rae::allocate(bytes);
  if (memory == nullptr) {
    napi_throw_error(env, nullptr, ("native: no memory for " + std::to_string(bytes) + " bytes; use a smaller batch").c_str());
    return nullptr;
  }
  napi_value result;
  if (napi_create_external_arraybuffer(env, memory, bytes, [](napi_env, void* data, void*) { rae::release(data); }, nullptr,
                                       &result) == napi_ok)
    return result;
  // Runtimes that refuse foreign memory (Electron) get their own.
  rae::release(memory);
  void* own = nullptr;
  napi_create_arraybuffer(env, bytes, &own, &result);
  return result;
}

// Gives memory of `allocate` back at once, where waiting for the collector would hold it twice.
napi_value release(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value buffer;
  napi_get_cb_info(env, info, &count, &buffer, nullptr, nullptr);
  if (count > 0) napi_detach_arraybuffer(env, buffer);
  return nullptr;
}

napi_value setThreads(napi_env env, napi_callback_info info) {
  rae::setThreadCount(static_cast<int>(numberArgument(env, info)));
  return nullptr;
}

napi_value threads(napi_env env, napi_callback_info) {
  napi_value result;
  napi_create_int32(env, rae::threadCount(), &result);
  return result;
}

napi_value isa(napi_env env, napi_callback_info) { return text(env, rae::currentTable().isa); }

napi_value setIsa(napi_env env, napi_callback_info info) {
  size_t count = 1, length = 0;
  napi_value value;
  char name[32] = "";
  napi_get_cb_info(env, info, &count, &value, nullptr, nullptr);
  if (count > 0) napi_get_value_string_utf8(env, value, name, sizeof name, &length);
  napi_value result;
  napi_get_boolean(env, rae::chooseTable(name), &result);
  return result;
}

napi_value isas(napi_env env, napi_callback_info) {
  napi_value list;
  napi_create_array(env, &list);
  size_t count = 0;
  const rae::KernelTable* const* tables = rae::usableTables(&count);
  for (size_t i = 0; i < count; i++) napi_set_element(env, list, static_cast<uint32_t>(i), text(env, tables[i]->isa));
  return list;
}

void define(napi_env env, napi_value object, const char* name, napi_callback callback, void* data = nullptr) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, data, &function);
  napi_set_named_property(env, object, name, function);
}

std::mutex environmentsMutex;
int environments = 0;

// The last environment to go joins the workers: a library unloaded under live threads would crash the exit.
void leave(void*) {
  std::lock_guard<std::mutex> lock(environmentsMutex);
  if (--environments == 0) rae::setThreadCount(1);
}

}  // namespace

NAPI_MODULE_INIT() {
  {
    std::lock_guard<std::mutex> lock(environmentsMutex);
    environments++;
  }
  napi_add_env_cleanup_hook(env, leave, nullptr);
  rae::definePrograms(env, exports);
  define(env, exports, "allocate", allocate);
  define(env, exports, "release", release);
  define(env, exports, "setThreads", setThreads);
  define(env, exports, "threads", threads);
  define(env, exports, "isa", isa);
  define(env, exports, "isas", isas);
  define(env, exports, "setIsa", setIsa);
  napi_value kernels;
  napi_create_object(env, &kernels);
  const rae::KernelTable& table = rae::currentTable();
  for (size_t i = 0; i < table.count; i++) define(env, kernels, table.kernels[i].name, runKernel, reinterpret_cast<void*>(i));
  napi_set_named_property(env, exports, "kernels", kernels);
  return exports;
}
