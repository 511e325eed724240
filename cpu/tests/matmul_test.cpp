// Tests of the dense products with every instruction set of this processor and shares of many divisions: bit by bit against the
// chain of std::fma() that kernels.hpp defines, and against sums in double. All padding is NaN, and memory ends where the
// matrices end. Prints a digest of all results, which is the same on every processor.
#include <cinttypes>

#include "matmul_check.hpp"

namespace {

void test_linear(const Size& size, mlp_activation activation, bool stores_z) {
  const std::string name = text("linear", size) + ", activation " + std::to_string(activation) + (stores_z ? ", z" : "");
  const Matrix x(size.rows, size.in, 1), weights(size.in, size.out, 1), bias(1, size.out, 1);
  std::vector<float> sums;
  for (int row = 0; row < size.rows; row++) {
    for (int output = 0; output < size.out; output++) {
      Chain chain(bias.at(0, output));
      for (int input = 0; input < size.in; input++) chain.add(x.at(row, input), weights.at(input, output));
      sums.push_back(chain.checked(name));
    }
  }
  const Panels shape = {nullptr, size.rows, size.out};
  const auto run = [&](const Kernels& kernels, const Division& division) {
    const Matrix y(shape), z(shape);
    const Linear op = {x.panels, weights.panels, bias.memory.data(), y.panels, stores_z ? z.panels : Panels{}, activation};
    for (const Share& share : division) kernels.linear(op, share.rows, share.panels);
    std::vector<float> found;
    append(found, y);
    if (stores_z) append(found, z);
    return found;
  };
  const std::vector<Division> all = divisions(size.rows, 1, weights.panels.panels());
  std::vector<float> wanted = run(all_kernels()[0], all[0]);
  for (size_t at = 0; at < sums.size(); at++) {
    if (activation == MLP_LINEAR || activation == MLP_SOFTMAX || activation == MLP_RELU) {
      wanted[at] = activation == MLP_RELU && sums[at] < 0 ? 0 : sums[at];
    }
    expect_near(wanted[at], activate_in_double(activation, sums[at]), name);
    if (stores_z) wanted[sums.size() + at] = sums[at];
  }
  expect_in_all(wanted, all, name, run);
}

void test_backward_input(const Size& size, mlp_activation activation, double rate) {
  const std::string name = text("linear_backward_input", size) + ", activation " + std::to_string(activation) + ", dropout " +
                           std::to_string(rate);
  constexpr uint32_t STEP = 7;
  const Matrix dz(size.rows, size.out, 1), weights(size.out, size.in, 1), x(size.rows, size.in, 1), z(size.rows, size.in, 1);
  const DropoutMask mask = mask_of({rate, 5, 2});
  std::vector<float> products;
  for (int row = 0; row < size.rows; row++) {
    for (int input = 0; input < size.in; input++) {
      Chain chain(0);
      for (int output = 0; output < size.out; output++) chain.add(dz.at(row, output), weights.at(output, input));
      const float product = chain.checked(name);
      products.push_back(rate > 0 ? mask.apply(mask.key(STEP, row), input, product) : product);
    }
  }
  const bool with_z = activation == MLP_SILU || activation == MLP_MISH || activation == MLP_GELU;
  const auto run = [&](const Kernels& kernels, const Division& division) {
    const Matrix dx(x.panels);
    const LinearBackwardInput op = {dz.panels, weights.panels, x.panels, with_z ? z.panels : Panels{}, dx.panels,
                                    activation, rate > 0,      mask};
    for (const Share& share : division) kernels.linear_backward_input(op, STEP, share.rows, share.panels);
    return dx.numbers();
  };
  const std::vector<Division> all = divisions(size.rows, 1, weights.panels.panels());
  std::vector<float> wanted = run(all_kernels()[0], all[0]);
  const std::vector<float> outputs = x.numbers(), sums = z.numbers();
  for (size_t at = 0; at < products.size(); at++) {
    if (activation == MLP_LINEAR || activation == MLP_SOFTMAX || activation == MLP_RELU) {
      wanted[at] = activation == MLP_RELU && outputs[at] <= 0 ? 0 : products[at];
    }
    expect_near(wanted[at], back_in_double(activation, outputs[at], sums[at], products[at]), name);
  }
  expect_in_all(wanted, all, name, run);
}

std::vector<float> transposed(const Matrix& matrix) {
  std::vector<float> all;
  for (int column = 0; column < matrix.panels.columns; column++) {
    for (int row = 0; row < matrix.panels.rows; row++) all.push_back(matrix.at(row, column));
  }
  return all;
}

void test_backward_weight(const Size& size, const Slices& slices) {
  const std::string name = text("linear_backward_weight", size) + ", slices " + std::to_string(slices.count);
  const Matrix x(size.rows, size.in, 1), dz(size.rows, size.out, 1);
  const Trained before(size.in, size.out);
  std::vector<float> gradient;
  for (int input = 0; input < size.in; input++) {
    for (int output = 0; output < size.out; output++) {
      gradient.push_back(over_slices(slices, [&](int first, int last) {
        Chain chain(0);
        for (int row = first; row < last; row++) chain.add(x.at(row, input), dz.at(row, output));
        return chain.checked(name);
      }));
    }
  }
  const std::vector<Division> all = divisions(size.in, LANES, dz.panels.panels());
  const LinearBackwardWeight part = {x.panels, dz.panels, before.panels(), nullptr, {}, {}};
  expect_in_all(gradient, all, name + ", stored", [&](const Kernels& kernels, const Division& division) {
    const Matrix stored(before.panels());
    LinearBackwardWeight op = part;
    op.d_weights = stored.memory.data();
    for (const Share& share : division) kernels.linear_backward_weight(op, slices, {}, share.rows, share.panels);
    return stored.numbers();
  });
  for (const Update& update : updates()) {
    const Trained after = before.after(update, gradient);
    for (bool twice : {false, true}) {
      std::vector<float> wanted = after.numbers();
      if (twice) {
        for (float value : transposed(*after.parts[0])) wanted.push_back(value);
      }
      expect_in_all(wanted, all, name + ", updated", [&](const Kernels& kernels, const Division& division) {
        const Trained trained(before);
        const Matrix by_output(Panels{nullptr, size.out, size.in});
        LinearBackwardWeight op = part;
        op.weights = trained.panels(), op.parameter = trained.parameter();
        if (twice) op.by_output = by_output.panels;
        for (const Share& share : division) kernels.linear_backward_weight(op, slices, update, share.rows, share.panels);
        std::vector<float> found = trained.numbers();
        if (twice) append(found, by_output);
        return found;
      });
    }
  }
}

void test_bias_gradient(const Size& size, const Slices& slices) {
  const std::string name = text("bias_gradient", size) + ", slices " + std::to_string(slices.count);
  const Matrix dz(size.rows, size.out, 1);
  const Trained before(1, size.out);
  std::vector<float> gradient;
  for (int output = 0; output < size.out; output++) {
    gradient.push_back(over_slices(slices, [&](int first, int last) {
      Chain chain(0);
      for (int row = first; row < last; row++) chain.add(1, dz.at(row, output));
      return chain.checked(name);
    }));
  }
  const std::vector<Division> all = divisions(1, 1, dz.panels.panels());
  expect_in_all(gradient, all, name + ", stored", [&](const Kernels& kernels, const Division& division) {
    const Matrix stored(before.panels());
    for (const Share& share : division) kernels.bias_gradient({dz.panels, stored.memory.data(), {}}, slices, {}, share.panels);
    return stored.numbers();
  });
  for (const Update& update : updates()) {
    expect_in_all(before.after(update, gradient).numbers(), all, name + ", updated",
                  [&](const Kernels& kernels, const Division& division) {
                    const Trained trained(before);
                    const BiasGradient op = {dz.panels, nullptr, trained.parameter()};
                    for (const Share& share : division) kernels.bias_gradient(op, slices, update, share.panels);
                    return trained.numbers();
                  });
  }
}

void test_transpose(const Size& size) {
  const Matrix by_input(size.in, size.out, 1);
  expect_in_all(transposed(by_input), divisions(size.in, LANES, by_input.panels.panels()), text("transpose", size),
                [&](const Kernels& kernels, const Division& division) {
                  const Matrix by_output(Panels{nullptr, size.out, size.in});
                  for (const Share& share : division) {
                    kernels.transpose(by_input.panels, by_output.panels, share.rows, share.panels);
                  }
                  return by_output.numbers();
                });
}

void test_size(const Size& size) {
  test_linear(size, MLP_RELU, false);
  test_backward_input(size, MLP_RELU, 0);
  for (int count : {1, 2, 4, 8}) test_bias_gradient(size, even_slices(count, size.rows));
  const int count = 1 << (size.rows + size.in + size.out) % 4;
  test_backward_weight(size, even_slices(count, size.rows));
  test_transpose(size);
}

void test_variants(const Size& size) {
  for (mlp_activation activation : ALL_ACTIVATIONS) {
    test_linear(size, activation, activation % 2 == 0);
    test_linear(size, activation, activation % 2 == 1);
    test_backward_input(size, activation, 0);
    test_backward_input(size, activation, 0.3);
  }
  for (int count : {1, 2, 4, 8}) {
    test_backward_weight(size, even_slices(count, size.rows));
    test_backward_weight(size, full_slices(count, size.rows, size.rows));  // all rows are in the first slice
    test_backward_weight(size, full_slices(count, size.rows, (size.rows + count) / count));
  }
}

}  // namespace

int main() {
  const int sizes[] = {1, 2, 3, 7, 15, 16, 17, 31, 33, 63, 64, 65, 127, 128, 129, 784};
  constexpr int COUNT = sizeof(sizes) / sizeof(sizes[0]);
  // Each size in each dimension, beside several others.
  for (int at = 0; at < COUNT; at++) {
    test_size({sizes[at], sizes[(at * 5 + 1) % COUNT], sizes[(at * 11 + 3) % COUNT]});
    test_size({sizes[at], sizes[(at * 3 + 7) % COUNT], sizes[(at * 7 + 5) % COUNT]});
    test_size({sizes[at], sizes[at], sizes[at] > 200 ? 10 : sizes[at]});
  }
  for (const Size& size : {Size{128, 784, 10}, Size{96, 784, 128}, Size{128, 128, 64}, Size{128, 64, 10}, Size{5, 192, 40}}) {
    test_size(size);
  }
  for (const Size& size : {Size{5, 17, 33}, Size{150, 19, 80}}) test_variants(size);
  printf("%d checks, %d faults, digest %016" PRIx64 "\n", checks, faults, digest);
  return faults ? 1 : 0;
}
