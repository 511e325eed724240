#include "instruction_set.hpp"

#include "shared/fault.hpp"

namespace {

struct Set {
  const char* name;
  const Kernels* kernels;  // null if this build has none
  bool (*is_supported)();  // by processor and system
};

#if defined(__x86_64__)
constexpr char ARCHITECTURE[] = "x86-64";
// The compiler's library asks the processor, and also whether the system saves the wide registers of a thread.
const Set SETS[MLP_INSTRUCTION_SETS] = {
    {},
    {"AVX2", &avx2::KERNELS, [] { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }},
    {"AVX-512", &avx512::KERNELS,
     [] {
       return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
              __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
     }},
    {"NEON", nullptr, nullptr},
};
#elif defined(__aarch64__)
constexpr char ARCHITECTURE[] = "arm64";
const Set SETS[MLP_INSTRUCTION_SETS] = {
    {},
    {"AVX2", nullptr, nullptr},
    {"AVX-512", nullptr, nullptr},
    {"NEON", &neon::KERNELS, [] { return true; }},  // part of every arm64 processor
};
#else
#error "Only for x86-64 and arm64"
#endif

const Set& set_of(int32_t instruction_set) {
  if (instruction_set < 0 || instruction_set >= MLP_INSTRUCTION_SETS) {
    throw Fault{MLP_NO_DEVICE, format("An instruction set is a number from 0 to %d, found %d", MLP_INSTRUCTION_SETS - 1,
                                      instruction_set)};
  }
  if (instruction_set != MLP_BEST) return SETS[instruction_set];
  for (const int32_t best : {MLP_AVX512, MLP_AVX2, MLP_NEON}) {
    if (is_usable(best)) return SETS[best];
  }
  throw Fault{MLP_DEVICE_UNSUPPORTED, "this processor has neither AVX-512 nor AVX2 with FMA"};
}

}  // namespace

bool is_usable(int32_t instruction_set) {
  if (instruction_set == MLP_BEST) return is_usable(MLP_AVX512) || is_usable(MLP_AVX2) || is_usable(MLP_NEON);
  if (instruction_set < 0 || instruction_set >= MLP_INSTRUCTION_SETS) return false;
  const Set& set = SETS[instruction_set];
  return set.kernels != nullptr && set.is_supported();
}

const Kernels& kernels_of(int32_t instruction_set) {
  const Set& set = set_of(instruction_set);
  if (set.kernels == nullptr) {
    throw Fault{MLP_DEVICE_UNSUPPORTED, format("this library is for %s, which has no %s", ARCHITECTURE, set.name)};
  }
  if (!set.is_supported()) {
    throw Fault{MLP_DEVICE_UNSUPPORTED, format("this processor or its system does not support %s", set.name)};
  }
  return *set.kernels;
}

const char* name_of(int32_t instruction_set) { return set_of(instruction_set).name; }
