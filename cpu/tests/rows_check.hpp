// Code that the tests of the kernels of rows share: numbers with bounds of their errors, memory that ends at a page which
// nothing may touch, matrices with NaN as padding, the kernels of each instruction set, shares, and a count of faults.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "kernels.hpp"
#include "sets.hpp"

inline int faults = 0, checks = 0;

inline void expect(bool holds, const std::string& check) {
  checks++;
  if (holds) return;
  if (faults++ < 20) fprintf(stderr, "fault: %s\n", check.c_str());
}

inline std::mt19937& generator() {
  static std::mt19937 generator(1);
  return generator;
}
// Returns a nearly normal number: the sum of 12 uniform ones, which is exact, so that its bits do not depend on a library.
inline float draw(double deviation = 1) {
  double sum = -6;
  for (int i = 0; i < 12; i++) sum += (generator()() >> 8) * 0x1p-24;
  return static_cast<float>(sum * deviation);
}

// ---- numbers with bounds ----

// A number in double, and a bound of the error, to first order, that float32 makes when it computes the number by the same
// formula: half a unit in the last place for each operation, two units for the functions of math.hpp.
struct Bounded {
  double value, error;
  Bounded(double value, double error = 0) : value(value), error(error) {}
};
constexpr double HALF_UNIT = 0x1p-24, TINY = 0x1p-149;
inline Bounded rounded(double value, double error, double half_units = 1) {
  return {value, error + half_units * (HALF_UNIT * std::fabs(value) + TINY)};
}
inline Bounded operator+(Bounded a, Bounded b) { return rounded(a.value + b.value, a.error + b.error); }
inline Bounded operator-(Bounded a, Bounded b) { return rounded(a.value - b.value, a.error + b.error); }
inline Bounded operator*(Bounded a, Bounded b) {
  return rounded(a.value * b.value, std::fabs(a.value) * b.error + std::fabs(b.value) * a.error + a.error * b.error);
}
inline Bounded operator/(Bounded a, Bounded b) {
  const double value = a.value / b.value;
  return rounded(value, (a.error + std::fabs(value) * b.error) / (std::fabs(b.value) - b.error));
}
inline Bounded function(double value, double slope, Bounded of) {
  return rounded(value, std::fabs(slope) * of.error, 4);
}
inline Bounded exp(Bounded a) { return function(std::exp(a.value), std::exp(a.value), a); }
inline Bounded expm1(Bounded a) { return function(std::expm1(a.value), std::exp(a.value), a); }
inline Bounded log(Bounded a) { return function(std::log(a.value), 1 / a.value, a); }
inline Bounded log1p(Bounded a) { return function(std::log1p(a.value), 1 / (1 + a.value), a); }
inline Bounded sqrt(Bounded a) {
  const double root = std::sqrt(a.value);
  return rounded(root, root > 0 ? a.error / (2 * root) : std::sqrt(a.error));
}
inline Bounded abs(Bounded a) { return {std::fabs(a.value), a.error}; }

inline void expect_near(float found, Bounded wanted, const std::string& check) {
  const bool near = std::fabs(found - wanted.value) <= 1.01 * wanted.error + 2 * TINY;
  if (near) return expect(true, "");
  expect(false, check + ": " + std::to_string(found) + " instead of " + std::to_string(wanted.value) + " ± " +
                    std::to_string(wanted.error));
}

// ---- memory ----

// `count` elements; the page after the last one, up to its alignment, ends the program if something reads or writes it.
template <class T>
class Guarded {
 public:
  explicit Guarded(size_t count) : count_(count) {
    const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE)), bytes = count * sizeof(T);
    whole_ = (bytes + page - 1) / page * page + page;
    memory_ = static_cast<char*>(mmap(nullptr, whole_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(memory_ + whole_ - page, page, PROT_NONE);
    first_ = reinterpret_cast<T*>(memory_ + whole_ - page - bytes);
  }
  ~Guarded() { munmap(memory_, whole_); }
  Guarded(const Guarded&) = delete;
  T* data() const { return first_; }
  size_t size() const { return count_; }
  T& operator[](size_t at) const { return first_[at]; }

 private:
  char* memory_;
  T* first_;
  size_t whole_, count_;
};

// A matrix in panels, of NaN or another number.
struct Matrix {
  Guarded<float> memory;
  Panels panels;

  explicit Matrix(const Panels& shape, float padding = NAN)
      : memory(shape.size()), panels{memory.data(), shape.rows, shape.columns} {
    for (size_t at = 0; at < memory.size(); at++) memory[at] = padding;
  }
  Matrix(int rows, int columns) : Matrix(Panels{nullptr, rows, columns}) {}
  // A matrix of normally distributed numbers, with padding of NaN or another number.
  Matrix(int rows, int columns, double deviation, float padding = NAN) : Matrix(Panels{nullptr, rows, columns}, padding) {
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) *panels.at(row, column) = draw(deviation);
    }
  }
  float& at(int row, int column) const { return *panels.at(row, column); }
  // Returns the numbers in the order of the rows, without padding.
  std::vector<float> numbers() const {
    std::vector<float> all;
    for (int row = 0; row < panels.rows; row++) {
      for (int column = 0; column < panels.columns; column++) all.push_back(at(row, column));
    }
    return all;
  }
  void pad_with(float padding) const {
    for (int row = 0; row < panels.rows; row++) {
      for (int c = panels.columns % PANEL; c > 0 && c < panels.width(panels.panels() - 1); c++) {
        panels.row(panels.panels() - 1, row)[c] = padding;
      }
    }
  }
};

// A digest of all results: it must be the same for every instruction set.
inline uint64_t digest = 14695981039346656037u;

inline uint32_t bits_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof(bits));
  return value != value ? 0x7fc00000u : bits;  // the bits of a NaN depend on the processor
}
inline bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size()) return false;
  for (size_t at = 0; at < a.size(); at++) {
    if (bits_of(a[at]) != bits_of(b[at])) return false;
  }
  return true;
}

// ---- kernels ----

#define DECLARE(set, number)                                                                  \
  namespace set {                                                                             \
  void test_activate(mlp_activation, const float* z, float* y, size_t count);                 \
  void test_back(mlp_activation, const float* y, const float* z, float* d, size_t count);     \
  }
FOR_EACH_SET(DECLARE)
#undef DECLARE

// The kernels under test, and the functions of activations.hpp for numbers in a row.
struct Tested {
  const char* name;
  const Kernels& kernels;
  void (*activate)(mlp_activation, const float* z, float* y, size_t count);
  void (*back)(mlp_activation, const float* y, const float* z, float* d, size_t count);
};

// Returns the instruction sets that this processor has.
inline const std::vector<Tested>& instruction_sets() {
  static const std::vector<Tested> sets = [] {
    std::vector<Tested> usable;
#define ADD(set, number) \
  if (is_usable(number)) usable.push_back({#set, kernels_of(number), set::test_activate, set::test_back});
    FOR_EACH_SET(ADD)
#undef ADD
    return usable;
  }();
  return sets;
}

// Runs `work(kernels, shares)` with every instruction set, and with the range in one share, in shares of `step`, and in uneven
// shares in descending order; `work` returns the results. Their bits must be the same every time. Returns them.
inline std::vector<float> same_in_all(int count, int step, const std::string& check,
                                      const std::function<std::vector<float>(const Tested&, const std::vector<Range>&)>& work) {
  std::vector<Range> single, uneven;
  for (int first = 0; first < count; first += step) single.push_back({first, first + step < count ? first + step : count});
  const int third = round_up(count / 3, step) < count ? round_up(count / 3, step) : count;
  uneven = {{third, count}, {0, third}};
  std::vector<float> first;
  for (const Tested& set : instruction_sets()) {
    int number = 0;
    for (const std::vector<Range>& shares : {std::vector<Range>{{0, count}}, single, uneven}) {
      const std::vector<float> found = work(set, shares);
      if (first.empty()) first = found;
      expect(same_bits(first, found), check + ": other bits with " + set.name + ", shares " + std::to_string(number++));
    }
  }
  for (float value : first) digest = (digest ^ bits_of(value)) * 1099511628211u;
  return first;
}

constexpr int WIDTHS[] = {1, 2, 3, 7, 15, 16, 17, 63, 64, 65, 129};
constexpr mlp_activation ALL_ACTIVATIONS[] = {MLP_LINEAR, MLP_RELU, MLP_SIGMOID, MLP_TANH, MLP_SOFTMAX,
                                              MLP_SILU, MLP_MISH, MLP_LEAKY_RELU, MLP_ELU, MLP_GELU};
