// The Node-API face of programs: made once, run on a thread of their own while JavaScript goes on.
#pragma once
#include <node_api.h>

namespace rae {

// Adds `makeProgram(code, blocks)` and `runProgram(program, changes)` to the addon's exports.
void definePrograms(napi_env env, napi_value exports);

}  // namespace rae
