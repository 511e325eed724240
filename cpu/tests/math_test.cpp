// Compares every function of math.hpp with libm in higher precision, and fails if an error is above 2 ulp.
//
//   math_test [STEP [THREADS]]
//
// checks every STEP-th float, from all bit patterns; with STEP 1, all 2³². An ulp is the distance of the floats around the
// exact value: 2^(e - 23) for a value from 2^e to 2^(e + 1), at least 2^-149. Prints the largest error of each function, and
// the argument that gives it.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <thread>
#include <vector>

#include "math.hpp"

namespace {

constexpr double LIMIT = 2;

struct Function {
  const char* name;
  void (*ours)(const float* from, float* to);  // 16 floats
  long double (*exact)(float);
};

// Writes a function of vectors as a function of arrays.
#define OF_ARRAYS(name) \
  [](const float* from, float* to) { MLP_ISA::store(to, MLP_ISA::name(MLP_ISA::load(from))); }

// Double precision errs by at most about 1e-8 ulp of a float; the two functions below cancel or underflow, and use more.
const Function FUNCTIONS[] = {
    {"exp", OF_ARRAYS(exp), [](float x) -> long double { return std::exp(static_cast<double>(x)); }},
    {"expm1", OF_ARRAYS(expm1), [](float x) -> long double { return std::expm1(static_cast<double>(x)); }},
    {"log", OF_ARRAYS(log), [](float x) -> long double { return std::log(static_cast<double>(x)); }},
    {"log1p", OF_ARRAYS(log1p), [](float x) -> long double { return std::log1p(static_cast<double>(x)); }},
    {"tanh", OF_ARRAYS(tanh), [](float x) -> long double { return std::tanh(static_cast<double>(x)); }},
    {"sigmoid", OF_ARRAYS(sigmoid), [](float x) -> long double { return 1 / (1 + std::exp(-static_cast<double>(x))); }},
    {"normal_cdf", OF_ARRAYS(normal_cdf),
     [](float x) -> long double { return 0.5L * std::erfc(-static_cast<long double>(x) / std::sqrt(2.0L)); }},
};

// Returns the distance of a float from the exact value, in ulp.
double error_of(float found, long double exact) {
  constexpr double INFINITE = std::numeric_limits<double>::infinity();
  if (std::isnan(exact) || std::isnan(found)) return std::isnan(exact) == std::isnan(found) ? 0 : INFINITE;
  if (std::isinf(found) || std::isinf(exact)) {
    // Infinity is right from the middle between the largest float and the next power of 2.
    const bool is_right = (exact > 0) == (found > 0) && std::fabs(exact) > 0x1.fffffep127L;
    return is_right ? 0 : INFINITE;
  }
  int exponent;
  std::frexp(static_cast<double>(exact), &exponent);
  if (exact == 0 || exponent < -125) exponent = -125;
  return static_cast<double>(std::fabs(found - exact)) * std::ldexp(1.0, 24 - exponent);
}

struct Worst {
  double error = 0;
  float at = 0, found = 0;
};

Worst check(const Function& function, uint64_t step, uint64_t first, uint64_t jump) {
  Worst worst;
  for (uint64_t start = first; start < uint64_t{1} << 32; start += jump) {
    alignas(64) float from[16], to[16];
    for (uint64_t i = 0; i < 16; i++) {
      const uint32_t word = static_cast<uint32_t>(start + i * step);
      memcpy(&from[i], &word, sizeof word);
    }
    function.ours(from, to);
    for (int i = 0; i < 16; i++) {
      const double error = error_of(to[i], function.exact(from[i]));
      if (error > worst.error) worst = {error, from[i], to[i]};
    }
  }
  return worst;
}

}  // namespace

int main(int count, char** arguments) {
  const uint64_t step = count > 1 ? strtoull(arguments[1], nullptr, 10) : 1009;
  const uint64_t threads = count > 2 ? strtoull(arguments[2], nullptr, 10) : 1;
  if (step == 0 || threads == 0) {
    fprintf(stderr, "usage: math_test [STEP [THREADS]]\n");
    return 2;
  }
  bool passes = true;
  for (const Function& function : FUNCTIONS) {
    std::vector<Worst> worst(threads);
    std::vector<std::thread> team;
    for (uint64_t t = 0; t < threads; t++) {
      team.emplace_back([&, t] { worst[t] = check(function, step, t * 16 * step, threads * 16 * step); });
    }
    for (std::thread& thread : team) thread.join();
    Worst all;
    for (const Worst& one : worst) all = one.error > all.error ? one : all;
    printf("%-10s %.3f ulp, at %.9g\n", function.name, all.error, all.at);
    fflush(stdout);
    if (all.error > LIMIT) {
      fprintf(stderr, "fault: %s(%.9g) = %.9g, %.3f ulp from %.9Lg\n", function.name, all.at, all.found, all.error,
              function.exact(all.at));
      passes = false;
    }
  }
  return passes ? 0 : 1;
}
