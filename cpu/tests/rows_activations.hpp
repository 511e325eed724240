// Each activation and its derivative against formulas in double; softmax and its backward pass.
#pragma once

#include "rows_check.hpp"

inline Bounded sigmoid_in_double(Bounded z) {
  const double s = 1 / (1 + std::exp(-z.value));
  return function(s, s * (1 - s), z);
}
// Returns Φ(z) with its bound.
inline Bounded normal_cdf_in_double(Bounded z) {
  return function(std::erfc(-z.value / std::sqrt(2.0)) / 2, std::exp(-z.value * z.value / 2) / std::sqrt(2 * M_PI), z);
}
// Returns φ(z) with its bound: the argument of the exponential function is rounded twice, its factor once.
inline Bounded normal_density_in_double(Bounded z) {
  return Bounded(1 / std::sqrt(2 * M_PI), 0x1p-26) * exp(Bounded(-0.5) * z * z);
}
struct MishInDouble {
  Bounded numerator, denominator, slope;
};
inline MishInDouble mish_in_double(Bounded z) {
  const Bounded q = exp(Bounded(-std::fabs(z.value), z.error)), square = q * q, one = 1;
  const Bounded numerator = Bounded(2) * q + (z.value < 0 ? square : one);
  return {numerator, numerator + Bounded(2) * (z.value < 0 ? one : square),
          Bounded(4) * (one + q) * (z.value < 0 ? q : square)};
}

inline Bounded activate_in_double(mlp_activation activation, Bounded z) {
  switch (activation) {
    case MLP_LINEAR:
    case MLP_SOFTMAX: return z;
    case MLP_RELU: return z.value < 0 ? 0 : z;
    case MLP_SIGMOID: return sigmoid_in_double(z);
    case MLP_TANH: return function(std::tanh(z.value), 1, z);
    case MLP_SILU: return z * sigmoid_in_double(z);
    case MLP_MISH: {
      const MishInDouble t = mish_in_double(z);
      return z * (t.numerator / t.denominator);
    }
    case MLP_LEAKY_RELU: return z.value < 0 ? Bounded(0.01, 1e-9) * z : z;
    case MLP_ELU: return z.value < 0 ? expm1(z) : z;
    case MLP_GELU: return z * normal_cdf_in_double(z);
  }
  __builtin_unreachable();
}

// Returns the gradient of a sum from the output `y`, the sum `z` and the gradient `d` of the output.
inline Bounded back_in_double(mlp_activation activation, Bounded y, Bounded z, Bounded d) {
  const Bounded one = 1;
  switch (activation) {
    case MLP_LINEAR:
    case MLP_SOFTMAX: return d;
    case MLP_RELU: return y.value <= 0 ? 0 : d;
    case MLP_SIGMOID: return d * (y * (one - y));
    case MLP_TANH: return d * (one - y * y);
    case MLP_SILU: {
      const Bounded s = sigmoid_in_double(z);
      return d * (s * (one + z * (one - s)));
    }
    case MLP_MISH: {
      const MishInDouble t = mish_in_double(z);
      return d * ((t.numerator + z * (t.slope / t.denominator)) / t.denominator);
    }
    case MLP_LEAKY_RELU: return y.value <= 0 ? Bounded(0.01, 1e-9) * d : d;
    case MLP_ELU: return y.value <= 0 ? d * (y + one) : d;
    case MLP_GELU: return d * (normal_cdf_in_double(z) + z * normal_density_in_double(z));
  }
  __builtin_unreachable();
}

// Returns the derivative of an activation in double from differences, without a formula of the derivative.
inline double slope_in_double(mlp_activation activation, double z) {
  const double step = 1e-5;
  const auto at = [&](double x) { return activate_in_double(activation, x).value; };
  return (8 * (at(z + step) - at(z - step)) - (at(z + 2 * step) - at(z - 2 * step))) / (12 * step);
}

inline void test_activation(mlp_activation activation) {
  constexpr size_t COUNT = 4096;
  Guarded<float> z(COUNT), d(COUNT);
  const float special[] = {0.0f, -0.0f, 1e-40f, -1e-40f, 1e-20f, -1e-20f, 20, -20, 100, -100, 1e30f, -1e30f};
  for (size_t at = 0; at < COUNT; at++) {
    z[at] = at < sizeof(special) / sizeof(float) ? special[at] : draw(at % 4 == 0 ? 10 : 1);
    d[at] = draw();
  }
  const std::string name = "activation " + std::to_string(activation);
  const int count = static_cast<int>(COUNT);
  const std::vector<float> y = same_in_all(count, LANES, name, [&](const Tested& set, const std::vector<Range>& shares) {
    Guarded<float> y(COUNT);
    for (Range share : shares) set.activate(activation, z.data() + share.first, y.data() + share.first, share.count());
    return std::vector<float>(y.data(), y.data() + COUNT);
  });
  Guarded<float> outputs(COUNT);
  std::copy(y.begin(), y.end(), outputs.data());
  const std::vector<float> back = same_in_all(count, LANES, name, [&](const Tested& set, const std::vector<Range>& shares) {
    Guarded<float> gradients(COUNT);
    std::copy(d.data(), d.data() + COUNT, gradients.data());
    for (Range share : shares) {
      set.back(activation, outputs.data() + share.first, z.data() + share.first, gradients.data() + share.first,
               share.count());
    }
    return std::vector<float>(gradients.data(), gradients.data() + COUNT);
  });
  for (size_t at = 0; at < COUNT; at++) {
    const std::string here = name + " of " + std::to_string(z[at]);
    expect_near(y[at], activate_in_double(activation, z[at]), here);
    expect_near(back[at], back_in_double(activation, y[at], z[at], d[at]), here + ", gradient");
    const double slope = slope_in_double(activation, z[at]);
    const bool smooth = std::fabs(z[at]) > 1e-4 && std::fabs(z[at]) < 1e3;
    if (smooth) expect(std::fabs(back[at] - d[at] * slope) <= 3e-6 * std::fabs(d[at]), here + ", slope");
  }
}

// Tests what each activation makes of NaN and infinities, and its derivative of a NaN gradient.
inline void test_edges_of_activations() {
  for (const Tested& set : instruction_sets()) {
    alignas(64) float z[LANES] = {NAN, INFINITY, -INFINITY}, y[LANES], d[LANES];
    for (mlp_activation activation : ALL_ACTIVATIONS) {
      const std::string name = "activation " + std::to_string(activation) + " with " + set.name;
      set.activate(activation, z, y, LANES);
      expect(std::isnan(y[0]), name + ": NaN stays NaN");
      const bool bounded = activation == MLP_SIGMOID || activation == MLP_TANH;
      expect(y[1] == (bounded ? 1 : INFINITY), name + ": of infinity");
    }
    set.activate(MLP_ELU, z, y, LANES);
    expect(y[2] == -1, "elu of -infinity");
    alignas(64) float outputs[LANES] = {0, -0.0f, 1, NAN};
    const auto back = [&](mlp_activation activation) {
      for (int lane = 0; lane < LANES; lane++) d[lane] = lane == 3 ? 2 : NAN;
      set.back(activation, outputs, z, d, LANES);
    };
    back(MLP_RELU);
    expect(d[0] == 0 && d[1] == 0, "the gradient of a ReLU whose output is 0 is 0, even if that of the output is NaN");
    expect(std::isnan(d[2]) && d[3] == 2, "a ReLU passes a gradient on if the output is above 0 or NaN");
    back(MLP_LEAKY_RELU);
    expect(d[3] == 2, "a leaky ReLU passes a gradient on if the output is NaN");
  }
}

// Returns e^(z - largest) of some numbers, and their sum, in ascending order.
struct ExpRow {
  std::vector<Bounded> powers;
  Bounded sum, largest;
};
inline ExpRow exp_row_in_double(const std::vector<Bounded>& z) {
  ExpRow row{{}, 0, -INFINITY};
  for (Bounded number : z) row.largest = number.value > row.largest.value ? Bounded(number.value) : row.largest;
  for (Bounded number : z) {
    row.powers.push_back(exp(number - row.largest));
    row.sum = row.sum + row.powers.back();
  }
  return row;
}

inline void test_softmax(int width) {
  const int rows = 5;
  const Matrix z(rows, width, 3), d(rows, width, 1);
  const std::string name = "softmax of " + std::to_string(width) + " columns";
  const auto run = [&](bool backward, const Matrix& y) {
    return same_in_all(rows, 1, name, [&](const Tested& set, const std::vector<Range>& shares) {
      const Matrix result(rows, width);
      for (int row = 0; row < rows; row++) {
        for (int c = 0; c < width; c++) result.panels.at(row, c)[0] = backward ? *d.panels.at(row, c) : *z.panels.at(row, c);
      }
      for (Range share : shares) {
        if (backward) set.kernels.softmax_backward(y.panels, result.panels, share);
        else set.kernels.softmax(result.panels, share);
      }
      return result.numbers();
    });
  };
  const std::vector<float> found = run(false, z);
  Matrix y(rows, width);
  for (int row = 0; row < rows; row++) {
    for (int c = 0; c < width; c++) y.at(row, c) = found[row * width + c];
  }
  const std::vector<float> back = run(true, y);
  for (int row = 0; row < rows; row++) {
    std::vector<Bounded> numbers;
    Bounded dot = 0;
    for (int c = 0; c < width; c++) {
      numbers.push_back(*z.panels.at(row, c));
      dot = dot + Bounded(y.at(row, c)) * Bounded(*d.panels.at(row, c));
    }
    const ExpRow powers = exp_row_in_double(numbers);
    for (int c = 0; c < width; c++) {
      expect_near(y.at(row, c), powers.powers[c] / powers.sum, name);
      expect_near(back[row * width + c], Bounded(y.at(row, c)) * (Bounded(*d.panels.at(row, c)) - dot), name + ", gradient");
    }
  }
}

inline void test_edges_of_softmax() {
  for (const Tested& set : instruction_sets()) {
    Matrix y(4, 20);
    y.pad_with(1e30f);
    for (int c = 0; c < 20; c++) y.at(0, c) = y.at(2, c) = 0.1f * static_cast<float>(c);
    y.at(0, 3) = NAN;
    for (int c = 0; c < 20; c++) y.at(1, c) = c == 17 ? 3e38f : -3e38f;
    y.at(2, 0) = -INFINITY;
    for (int c = 0; c < 20; c++) y.at(3, c) = -1000;
    set.kernels.softmax(y.panels, {0, 4});
    for (int c = 0; c < 20; c++) {
      expect(std::isnan(y.at(0, c)), "softmax of a row with NaN is NaN");
      expect(y.at(1, c) == (c == 17 ? 1 : 0), "softmax of large numbers");
      expect(y.at(3, c) == 0.05f, "softmax of equal numbers, beside padding that is larger");
    }
    expect(y.at(2, 0) == 0 && y.at(2, 1) > 0, "softmax of -infinity is 0");
  }
}
