// Compares every function of math.hpp with libm in double precision, and fails if an error is above 2 ulp, or if two
// instruction sets give other bits.
//
//   math_test [STEP [THREADS [FUNCTION]]]
//
// checks every STEP-th float, from all bit patterns; with STEP 1, all 2³². An ulp is the distance of the floats around the
// exact value: 2^(e - 23) for a value from 2^e to 2^(e + 1), at least 2^-149. Prints for each function the digest of its
// results, the largest error and the argument that gives it.
#include "math_functions.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <thread>
#include <vector>

namespace {

constexpr double LIMIT = 2;

struct Function {
  const char* name;
  void (*MathFunctions::*ours)(const float* from, float* to);
  double (*exact)(float);
};

// In double precision, by libm. Its errors are below 1e-6 ulp of a float, also that of the normal distribution's tail, whose
// relative error is at most x² times that of its argument.
const Function FUNCTIONS[] = {
    {"exp", &MathFunctions::exp, [](float x) { return std::exp(static_cast<double>(x)); }},
    {"expm1", &MathFunctions::expm1, [](float x) { return std::expm1(static_cast<double>(x)); }},
    {"log", &MathFunctions::log, [](float x) { return std::log(static_cast<double>(x)); }},
    {"log1p", &MathFunctions::log1p, [](float x) { return std::log1p(static_cast<double>(x)); }},
    {"tanh", &MathFunctions::tanh, [](float x) { return std::tanh(static_cast<double>(x)); }},
    {"sigmoid", &MathFunctions::sigmoid, [](float x) { return 1 / (1 + std::exp(-static_cast<double>(x))); }},
    {"normal_cdf", &MathFunctions::normal_cdf,
     [](float x) { return 0.5 * std::erfc(static_cast<double>(x) * -std::sqrt(0.5)); }},
};

struct Set {
  const char* name;
  const MathFunctions* functions;
};

std::vector<Set> usable_sets() {
  std::vector<Set> sets;
#define ADD(isa, number) \
  if (is_usable(number)) sets.push_back({#isa, &isa::MATH_FUNCTIONS});
  FOR_EACH_SET(ADD)
#undef ADD
  return sets;
}

// Returns the distance of a float from the exact value, in ulp.
double error_of(float found, double exact) {
  constexpr double INFINITE = std::numeric_limits<double>::infinity();
  if (std::isnan(exact) || std::isnan(found)) return std::isnan(exact) == std::isnan(found) ? 0 : INFINITE;
  if (std::isinf(found) || std::isinf(exact)) {
    // Infinity is right from the middle between the largest float and the next power of 2.
    const bool is_right = (exact > 0) == (found > 0) && std::fabs(exact) > 0x1.fffffep127;
    return is_right && std::isinf(found) ? 0 : INFINITE;
  }
  // The exponents, as a double has them: of the exact value, at least that of 2^-126, and of 1 / ulp.
  uint64_t word;
  std::memcpy(&word, &exact, sizeof word);
  const uint64_t exponent = std::max<uint64_t>(word >> 52 & 0x7ff, 1023 - 126);
  word = (1023 + 23 - (exponent - 1023)) << 52;
  double inverse_ulp;
  std::memcpy(&inverse_ulp, &word, sizeof inverse_ulp);
  return std::fabs(found - exact) * inverse_ulp;
}

struct Checked {
  double error = 0;
  float at = 0, found = 0;
  uint64_t digest = 0;      // of the results of the first set, with all NaN alike
  const Set* other = nullptr;  // a set with other bits
};

// Returns mixed bits of an argument and its result; the digest is their sum, so that threads may share the work.
uint64_t mix(uint32_t argument, float result) {
  uint32_t word;
  std::memcpy(&word, &result, sizeof word);
  uint64_t x = (uint64_t{argument} << 32 | (std::isnan(result) ? 0x7fc00000u : word)) + 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

// Checks 16 of the numbers at a time.
Checked check(const Function& function, const std::vector<Set>& sets, uint64_t step, uint64_t first, uint64_t jump) {
  Checked all;
  for (uint64_t start = first; start < uint64_t{1} << 32; start += jump) {
    uint32_t words[16];
    alignas(64) float from[16], to[16], same[16];
    for (uint64_t i = 0; i < 16; i++) words[i] = static_cast<uint32_t>(start + i * step);
    std::memcpy(from, words, sizeof from);
    (sets[0].functions->*function.ours)(from, to);
    for (const Set& set : sets) {
      if (&set == &sets[0]) continue;
      (set.functions->*function.ours)(from, same);
      if (std::memcmp(to, same, sizeof to) == 0) continue;
      for (int i = 0; i < 16; i++) {
        if (mix(0, to[i]) != mix(0, same[i])) all.other = &set;
      }
    }
    for (int i = 0; i < 16; i++) {
      all.digest += mix(words[i], to[i]);
      const double error = error_of(to[i], function.exact(from[i]));
      if (error > all.error) all.error = error, all.at = from[i], all.found = to[i];
    }
  }
  return all;
}

}  // namespace

int main(int count, char** arguments) {
  const uint64_t step = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 1009;
  const uint64_t threads = count > 2 ? std::strtoull(arguments[2], nullptr, 10) : 1;
  const std::vector<Set> sets = usable_sets();
  if (step == 0 || threads == 0 || sets.empty()) {
    fprintf(stderr, "usage: math_test [STEP [THREADS [FUNCTION]]], on a processor with an instruction set of this build\n");
    return 2;
  }
  int faults = 0;
  for (const Function& function : FUNCTIONS) {
    if (count > 3 && std::strcmp(arguments[3], function.name) != 0) continue;
    std::vector<Checked> parts(threads);
    std::vector<std::thread> workers;
    for (uint64_t t = 0; t < threads; t++) {
      workers.emplace_back([&, t] { parts[t] = check(function, sets, step, t * 16 * step, threads * 16 * step); });
    }
    for (std::thread& thread : workers) thread.join();
    Checked worst;
    uint64_t digest = 0;
    for (const Checked& part : parts) {
      digest += part.digest;
      if (part.error > worst.error) worst = part;
      if (part.other == nullptr) continue;
      faults++;
      fprintf(stderr, "fault: %s has other bits with %s than with %s\n", function.name, part.other->name, sets[0].name);
    }
    printf("%016llx  %-10s  largest error %.3f ulp, at %.9g\n", static_cast<unsigned long long>(digest), function.name,
           worst.error, worst.at);
    fflush(stdout);
    if (worst.error <= LIMIT) continue;
    faults++;
    fprintf(stderr, "fault: %s(%.9g) = %.9g, %.3f ulp from %.9g\n", function.name, worst.at, worst.found, worst.error,
            function.exact(worst.at));
  }
  return faults > 0;
}
