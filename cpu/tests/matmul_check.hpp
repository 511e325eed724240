// The checks of dense products: shares of many divisions, and sums in the order that kernels.hpp defines.
#pragma once

#include <algorithm>

#include "instruction_set.hpp"
#include "rows_activations.hpp"

// Returns the kernels of the instruction sets that this processor has.
inline std::vector<Kernels> all_kernels() {
  std::vector<Kernels> found;
  for (int32_t set : {MLP_AVX2, MLP_AVX512, MLP_NEON}) {
    if (is_usable(set)) found.push_back(kernels_of(set));
  }
  return found;
}

// ---- shares ----

// Ranges in both dimensions of a result.
struct Share {
  Range rows, panels;
};
using Division = std::vector<Share>;

// Returns ways to divide a range: as a whole, in steps, and in two parts at every multiple of `step`, or at some of many.
inline std::vector<std::vector<Range>> cuts(int count, int step) {
  std::vector<std::vector<Range>> all = {{{0, count}}, {}};
  for (int first = 0; first < count; first += step) all[1].push_back({first, std::min(first + step, count)});
  const int parts = static_cast<int>(all[1].size()), stride = std::max(1, parts / 5);
  for (int part = 1; part < parts; part += stride) all.push_back({{part * step, count}, {0, part * step}});
  return all;
}

// Returns ways to divide a result: each way to divide its rows with one way to divide its panels, and each with the other.
inline std::vector<Division> divisions(int rows, int step, int panels) {
  const std::vector<std::vector<Range>> down = cuts(rows, step), across = cuts(panels, 1);
  std::vector<Division> all;
  for (size_t at = 0; at < std::max(down.size(), across.size()); at++) {
    Division division;
    for (const Range& columns : across[at % across.size()]) {
      for (const Range& range : down[at % down.size()]) division.push_back({range, columns});
    }
    all.push_back(division);
  }
  return all;
}

// Runs `work(kernels, division)` with every instruction set and division; `work` returns the results, which must be `wanted`.
template <class Work>
void expect_in_all(const std::vector<float>& wanted, const std::vector<Division>& all, const std::string& check,
                   const Work& work) {
  int number = 0;
  for (const Kernels& kernels : all_kernels()) {
    for (const Division& division : all) {
      expect(same_bits(wanted, work(kernels, division)), check + ", run " + std::to_string(number++));
    }
  }
  for (float value : wanted) digest = (digest ^ bits_of(value)) * 1099511628211u;
}

// ---- sums ----

// The sum of a chain of fused multiply-adds, and the same sum in double with a bound of the error of the chain.
struct Chain {
  float sum;
  double exact, magnitude;
  int terms = 0;

  explicit Chain(float start) : sum(start), exact(start), magnitude(std::fabs(start)) {}
  void add(float a, float b) {
    sum = std::fma(a, b, sum);
    const double product = static_cast<double>(a) * b;
    exact += product;
    magnitude += std::fabs(product);
    terms++;
  }
  float checked(const std::string& check) const {
    expect(std::fabs(sum - exact) <= terms * HALF_UNIT * magnitude + TINY, check + ", sum in double");
    return sum;
  }
};

// Returns the sum over the slices in the order that kernels.hpp defines; `chain(first, last)` returns the sum of one slice.
template <class ChainOf>
float over_slices(const Slices& slices, const ChainOf& chain) {
  std::vector<float> sums;
  for (int slice = 0; slice < slices.count; slice++) sums.push_back(chain(slices.bounds[slice], slices.bounds[slice + 1]));
  for (; sums.size() > 1; sums.resize(sums.size() / 2)) {
    for (size_t pair = 0; pair < sums.size() / 2; pair++) sums[pair] = sums[2 * pair] + sums[2 * pair + 1];
  }
  return sums[0];
}

// The rows, inputs and outputs of a test.
struct Size {
  int rows, in, out;
};
inline std::string text(const char* name, const Size& size) {
  return std::string(name) + " of " + std::to_string(size.rows) + " rows, " + std::to_string(size.in) + " inputs, " +
         std::to_string(size.out) + " outputs";
}

// Returns a matrix with the numbers of another, and padding of NaN.
inline std::unique_ptr<Matrix> copy_of(const Matrix& from) {
  auto copy = std::make_unique<Matrix>(from.panels);
  std::copy(from.memory.data(), from.memory.data() + from.memory.size(), copy->memory.data());
  return copy;
}

inline void append(std::vector<float>& all, const Matrix& matrix) {
  for (float number : matrix.numbers()) all.push_back(number);
}
