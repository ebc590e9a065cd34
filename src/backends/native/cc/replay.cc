#include "replay.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "program.h"
#include "runner.h"

namespace rae {
namespace {

// What an environment runs.
struct Environment {
  std::atomic<bool> stopping{false};
  napi_threadsafe_function completed = nullptr;
  int awaited = 0;  // runs whose promises are open; they keep the event loop alive
  Runner runner;
};

struct Run {
  Program* program;
  Environment* environment;
  napi_deferred deferred;
  napi_ref handle;  // keeps the program alive
  std::string error;
  double seconds;  // in its calls
};

napi_value fail(napi_env env, const std::string& message) {
  napi_throw_error(env, nullptr, ("native: " + message).c_str());
  return nullptr;
}

bool readBlocks(napi_env env, napi_value list, std::vector<Block>& blocks) {
  uint32_t count = 0;
  if (napi_get_array_length(env, list, &count) != napi_ok) return false;
  for (uint32_t i = 0; i < count; i++) {
    napi_value element;
    void* data = nullptr;
    size_t bytes = 0;
    if (napi_get_element(env, list, i, &element) != napi_ok) return false;
    if (napi_get_arraybuffer_info(env, element, &data, &bytes) != napi_ok) return false;
    blocks.push_back({static_cast<char*>(data), bytes});
  }
  return true;
}

bool readDoubles(napi_env env, napi_value value, double** data, size_t* length) {
  napi_typedarray_type type;
  void* memory = nullptr;
  if (napi_get_typedarray_info(env, value, &type, length, &memory, nullptr, nullptr) != napi_ok) return false;
  *data = static_cast<double*>(memory);
  return type == napi_float64_array;
}

// makeProgram(code: Float64Array, blocks: ArrayBuffer[]): an object that holds the blocks.
napi_value makeProgram(napi_env env, napi_callback_info info) {
  size_t count = 2, length = 0;
  napi_value values[2];
  double* code = nullptr;
  std::vector<Block> blocks;
  napi_get_cb_info(env, info, &count, values, nullptr, nullptr);
  if (count < 2 || !readDoubles(env, values[0], &code, &length) || !readBlocks(env, values[1], blocks))
    return fail(env, "makeProgram expects a Float64Array and a list of ArrayBuffers");
  Program* program = new Program;
  const std::string error = program->read(code, length, blocks);
  if (!error.empty()) {
    delete program;
    return fail(env, "a program of " + std::to_string(length) + " numbers: " + error);
  }
  napi_value handle;
  napi_create_object(env, &handle);
  napi_wrap(
      env, handle, program, [](napi_env, void* data, void*) { delete static_cast<Program*>(data); }, nullptr, nullptr);
  // Memory that is not of `allocate` has no other keeper.
  napi_set_named_property(env, handle, "blocks", values[1]);
  return handle;
}

void execute(Run* run) {
  const auto start = std::chrono::steady_clock::now();
  run->error = run->program->run(run->environment->stopping);
  run->seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  napi_call_threadsafe_function(run->environment->completed, run, napi_tsfn_blocking);
}

// Where an environment ends in the middle of a run: has it stop, and waits for that.
void stop(void* data) {
  Environment* environment = static_cast<Run*>(data)->environment;
  environment->stopping = true;
  environment->runner.wait();
}

// Called without an environment where that has ended, and taken promises and references with it.
void complete(napi_env env, napi_value, void*, void* data) {
  const std::unique_ptr<Run> run(static_cast<Run*>(data));
  if (env == nullptr) return;
  napi_remove_env_cleanup_hook(env, stop, run.get());
  napi_value result;
  if (run->error.empty()) {
    napi_create_double(env, run->seconds, &result);
    napi_resolve_deferred(env, run->deferred, result);
  } else {
    napi_value message;
    const std::string text = "native: " + run->error;
    napi_create_string_utf8(env, text.c_str(), text.size(), &message);
    napi_create_error(env, nullptr, message, &result);
    napi_reject_deferred(env, run->deferred, result);
  }
  napi_delete_reference(env, run->handle);
  if (--run->environment->awaited == 0) napi_unref_threadsafe_function(env, run->environment->completed);
}

// runProgram(program, changes: Float64Array): a promise of the seconds in its calls. Changes are pairs of a number's place and its new value.
napi_value runProgram(napi_env env, napi_callback_info info) {
  size_t count = 2, length = 0;
  napi_value values[2], promise;
  double* changes = nullptr;
  void* data = nullptr;
  napi_get_cb_info(env, info, &count, values, nullptr, nullptr);
  if (count < 2 || napi_unwrap(env, values[0], &data) != napi_ok || !readDoubles(env, values[1], &changes, &length))
    return fail(env, "runProgram expects a program and a Float64Array");
  Program* program = static_cast<Program*>(data);
  for (size_t i = 0; i + 1 < length; i += 2)
    if (!program->set(static_cast<size_t>(changes[i]), changes[i + 1])) return fail(env, "a change lies outside the program");
  napi_get_instance_data(env, &data);
  Environment* environment = static_cast<Environment*>(data);
  Run* run = new Run{program, environment, nullptr, nullptr, "", 0};
  napi_create_promise(env, &run->deferred, &promise);
  napi_create_reference(env, values[0], 1, &run->handle);
  if (environment->awaited++ == 0) napi_ref_threadsafe_function(env, environment->completed);
  // The last hook added is the first to run, so it comes before the one that ends `completed`.
  napi_add_env_cleanup_hook(env, stop, run);
  environment->runner.post([run] { execute(run); });
  return promise;
}

void add(napi_env env, napi_value exports, const char* name, napi_callback callback) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function);
  napi_set_named_property(env, exports, name, function);
}

}  // namespace

void definePrograms(napi_env env, napi_value exports) {
  Environment* environment = new Environment;
  napi_set_instance_data(
      env, environment, [](napi_env, void* data, void*) { delete static_cast<Environment*>(data); }, nullptr);
  napi_value name;
  napi_create_string_utf8(env, "raegraph program", NAPI_AUTO_LENGTH, &name);
  napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, nullptr, complete, &environment->completed);
  napi_unref_threadsafe_function(env, environment->completed);
  add(env, exports, "makeProgram", makeProgram);
  add(env, exports, "runProgram", runProgram);
}

}  // namespace rae
