// Code that the tests of the dense products share: the kernels of each instruction set, divisions into shares, sums in the order
// that kernels.hpp defines, and parameters with their states.
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

// Returns slices of nearly the same size.
inline Slices even_slices(int count, int rows) {
  Slices slices{count, {}};
  for (int slice = 0; slice <= count; slice++) slices.bounds[slice] = rows * slice / count;
  return slices;
}
// Returns slices of `rows_of_slice` rows; the last ones have fewer, or none.
inline Slices full_slices(int count, int rows, int rows_of_slice) {
  Slices slices{count, {}};
  for (int slice = 0; slice <= count; slice++) slices.bounds[slice] = std::min(rows, slice * rows_of_slice);
  return slices;
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

// ---- updates ----

// Returns an update in step 3 with each optimizer, as the kernels compile them.
inline std::vector<Update> updates() {
  const Settings all[] = {{MLP_SGD, {0.9, 0, 0.01}},
                          {MLP_ADAM, {0.9, 0.999, 1e-8, 0, 0}},
                          {MLP_ADAM, {0.9, 0.999, 1e-8, 0.01, 1}},
                          {MLP_RMSPROP, {0.9, 1e-8, 0}},
                          {MLP_LION, {0.9, 0.99, 0.1}}};
  std::vector<Update> found;
  for (const Settings& settings : all) found.push_back({rule_of(settings), factors_of_step(settings, 0.01, 3), 0.9f, 0.1f});
  return found;
}

// A parameter with its states and average.
struct Trained {
  std::unique_ptr<Matrix> parts[4];

  Trained(int rows, int columns) {
    for (auto& part : parts) part = std::make_unique<Matrix>(rows, columns);
    for (size_t at = 0; at < parts[2]->memory.size(); at++) parts[2]->memory[at] = std::fabs(parts[2]->memory[at]);
  }
  Trained(const Trained& other) {
    for (int part = 0; part < 4; part++) parts[part] = copy_of(*other.parts[part]);
  }
  const Panels& panels() const { return parts[0]->panels; }
  Parameter parameter() const {
    return {parts[0]->memory.data(), {parts[1]->memory.data(), parts[2]->memory.data()}, parts[3]->memory.data()};
  }
  std::vector<float> numbers() const {
    std::vector<float> all;
    for (const auto& part : parts) append(all, *part);
    return all;
  }
  // Returns it after an update that is not fused, from a stored gradient.
  Trained after(const Update& update, const std::vector<float>& gradient) const {
    const Trained copy(*this);
    const Matrix stored(panels());
    for (size_t at = 0; at < gradient.size(); at++) {
      stored.at(static_cast<int>(at) / panels().columns, static_cast<int>(at) % panels().columns) = gradient[at];
    }
    all_kernels()[0].update(copy.parameter(), stored.memory.data(), update, panels().size());
    return copy;
  }
};
