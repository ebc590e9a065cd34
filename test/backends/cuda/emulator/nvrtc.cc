// A double of NVRTC: it compiles a kernel source with the system's C++ compiler, emulate.h in front, into a library that driver.cc loads.
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {
struct Program {
  std::string source, name, log, image;
};
std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
}  // namespace

extern "C" {
int nvrtcVersion(int* major, int* minor) {
  *major = 13;
  *minor = 0;
  return 0;
}
const char* nvrtcGetErrorString(int code) { return code == 6 ? "NVRTC_ERROR_COMPILATION" : "NVRTC_ERROR"; }
int nvrtcCreateProgram(Program** program, const char* source, const char* name, int headers, const char* const*, const char* const*) {
  if (headers != 0) return 1;
  *program = new Program{source, name ? name : "", "", ""};
  return 0;
}
int nvrtcCompileProgram(Program* program, int count, const char* const* options) {
  char stem[] = "/tmp/emulated-nvrtc-XXXXXX";
  const int file = mkstemp(stem);
  if (file < 0) return 1;
  close(file);
  const std::string base = stem, source = base + ".cc", library = base + ".so", log = base + ".log";
  std::ofstream(source) << "#line 1 \"" << program->name << "\"\n" << program->source;
  std::string command = std::string(EMULATOR_CXX " -std=c++17 -O1 -w -fPIC -shared -fno-gnu-unique -ffp-contract=off -fno-math-errno -include '" EMULATOR_HEADER "' ");
  for (int i = 0; i < count; i++)
    if (strncmp(options[i], "-D", 2) == 0) command += "'" + std::string(options[i]) + "' ";
  command += "'" + source + "' -o '" + library + "' 2> '" + log + "'";
  const int code = system(command.c_str());
  program->log = slurp(log);
  if (code == 0) {
    const std::string bytes = slurp(library);
    const uint64_t length = bytes.size();
    program->image.assign(reinterpret_cast<const char*>(&length), 8);
    program->image += bytes;
  }
  for (const std::string& path : {base, source, library, log}) unlink(path.c_str());
  return code == 0 ? 0 : 6;
}
int nvrtcGetCUBINSize(Program* program, size_t* size) {
  *size = program->image.size();
  return 0;
}
int nvrtcGetCUBIN(Program* program, char* image) {
  memcpy(image, program->image.data(), program->image.size());
  return 0;
}
int nvrtcGetProgramLogSize(Program* program, size_t* size) {
  *size = program->log.size() + 1;
  return 0;
}
int nvrtcGetProgramLog(Program* program, char* log) {
  memcpy(log, program->log.c_str(), program->log.size() + 1);
  return 0;
}
int nvrtcDestroyProgram(Program** program) {
  delete *program;
  *program = nullptr;
  return 0;
}
}
