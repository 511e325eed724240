// Tests each kernel against plain loops in double, for sizes around those of its tiles, on the emulated device or a GPU. With
// sanitizers these tests find reads and writes out of bounds, and with several seeds they find missing barriers.
#include "../shared/tests/interface.hpp"
#include "../shared/tests/recorded.hpp"
#include "../shared/tests/shared_rows.hpp"
#include "check.hpp"
#include "dropout.hpp"
#include "epochs.hpp"
#include "failures.hpp"
#include "launches.hpp"
#include "layouts.hpp"
#include "losses.hpp"
#include "updates.hpp"

namespace {

const Size SIZES[] = {{1, 1, 1, 1},      {3, 2, 7, 5},        {8, 8, 4, 32},     {33, 31, 32, 33},
                      {64, 64, 65, 31},  {129, 100, 36, 130}, {130, 130, 33, 260}};

// With one multiprocessor large tiles are used, with many small ones.
const int MULTIPROCESSORS[] = {1, 3, 1000};

void test_linear(const Size& size, const std::vector<Activation>& activations) {
  for (int multiprocessors : MULTIPROCESSORS) {
    for (Activation activation : activations) {
      Step step(size.batch, size.rows, multiprocessors);
      Matrix x(size.batch * size.in), weights(size.out * size.in, 0.3f), bias(size.out);
      Matrix y(size.batch * size.out), z(size.batch * size.out);
      check(launch_linear(step.site, {buffer_source(x.get(), size.in), weights.get(), bias.get(), y.get(),
                                      needs_z(activation) ? z.get() : nullptr, size.out, activation, nullptr, 1}));
      // Rows after the last of the batch keep their values.
      std::vector<double> wanted(y.values.begin(), y.values.end()), sums(z.values.begin(), z.values.end());
      for (int row = 0; row < size.rows; row++) {
        double* out = &wanted[row * size.out];
        for (int o = 0; o < size.out; o++) {
          out[o] = bias.values[o];
          for (int i = 0; i < size.in; i++) out[o] += double(x.values[row * size.in + i]) * weights.values[o * size.in + i];
          if (needs_z(activation)) sums[row * size.out + o] = out[o];
        }
        activate_row(out, size.out, activation);
      }
      expect_near(y.read(), wanted, 2e-6, text("linear", size) + ", activation " + std::to_string(activation));
      expect_near(z.read(), sums, 2e-6, text("sums of linear", size) + ", activation " + std::to_string(activation));
    }
  }
}

void test_linear_from_set(const Size& size) {
  const ByteSet set(size);
  Step step(size.batch, size.rows, 4);
  Matrix weights(size.out * size.in, 0.3f), bias(size.out), y(size.batch * size.out), x(size.batch * size.in);
  check(launch_linear(step.site, {set.source(), weights.get(), bias.get(), y.get(), nullptr, size.out, MLP_LINEAR, nullptr, 1}));
  check(launch_gather(step.site, {set.source(), {}, 0, x.get(), nullptr, nullptr, nullptr}));
  std::vector<double> wanted(y.values.begin(), y.values.end()), wanted_x(x.values.begin(), x.values.end());
  for (int row = 0; row < size.rows; row++) {
    for (int i = 0; i < size.in; i++) wanted_x[row * size.in + i] = set.input(row, i);
    for (int o = 0; o < size.out; o++) {
      double z = bias.values[o];
      for (int i = 0; i < size.in; i++) z += wanted_x[row * size.in + i] * weights.values[o * size.in + i];
      wanted[row * size.out + o] = z;
    }
  }
  expect_near(x.read(), wanted_x, 1e-7, text("gather", size));
  expect_near(y.read(), wanted, 2e-6, text("linear from the data set", size));
}

void test_backward_input(const Size& size, const std::vector<Activation>& activations, double rate) {
  const DropoutSettings dropout = {rate, 3, 2};
  const uint32_t steps_before = 6;
  for (int multiprocessors : MULTIPROCESSORS) {
    for (Activation activation : activations) {
      Step step(size.batch, size.rows, multiprocessors, steps_before);
      Matrix dz(size.batch * size.out), weights(size.out * size.in), dx(size.batch * size.in);
      const Activated x(size.batch, size.in, activation);
      check(launch_linear_backward_input(step.site, {dz.get(), weights.get(), x.y.get(), x.sums(), dx.get(), size.in, size.out,
                                                     activation, rate > 0, mask_of(dropout)}));
      std::vector<double> wanted(dx.values.begin(), dx.values.end());
      for (int row = 0; row < size.rows; row++) {
        double* d = &wanted[row * size.in];
        for (int i = 0; i < size.in; i++) {
          d[i] = 0;
          for (int o = 0; o < size.out; o++) d[i] += double(dz.values[row * size.out + o]) * weights.values[o * size.in + i];
          d[i] *= is_kept(dropout, steps_before + 1, row, i) ? 1 / (1 - rate) : 0;
        }
        activate_row_backward(&x.z.values[row * size.in], d, size.in, activation);
      }
      expect_near(dx.read(), wanted, 3e-6,
                  text("linearBackwardInput", size) + ", activation " + std::to_string(activation) + ", dropout " +
                      std::to_string(rate));
    }
  }
}

void test_backward_weight(const Size& size) {
  for (int multiprocessors : MULTIPROCESSORS) {
    Step step(size.batch, size.rows, multiprocessors);
    Matrix dz(size.batch * size.out), x(size.batch * size.in), d_weights(size.out * size.in), d_bias(size.out);
    Matrix other_weights(size.out * size.in), other_bias(size.out);
    LinearBackwardWeight layer{};
    layer.dz = dz.get();
    layer.x = buffer_source(x.get(), size.in);
    layer.d_weights = d_weights.get();
    layer.d_bias = d_bias.get();
    layer.out_features = size.out;
    LinearBackwardWeight layers[2] = {layer, layer};  // two layers with the same operands
    layers[1].d_weights = other_weights.get();
    layers[1].d_bias = other_bias.get();
    const BackwardWeightGroup group = backward_weight_group(step.site, layers, 2);
    check(launch_linear_backward_weight(step.site, group, {}));
    std::vector<double> wanted(size.out * size.in), wanted_bias(size.out);
    for (int row = 0; row < size.rows; row++) {
      for (int o = 0; o < size.out; o++) {
        const double d = dz.values[row * size.out + o];
        wanted_bias[o] += d;
        for (int i = 0; i < size.in; i++) wanted[o * size.in + i] += d * x.values[row * size.in + i];
      }
    }
    for (const auto& [found, found_bias] : {std::pair(&d_weights, &d_bias), {&other_weights, &other_bias}}) {
      expect_near(found->read(), wanted, 2e-6, text("linearBackwardWeight", size));
      expect_near(found_bias->read(), wanted_bias, 2e-6, text("bias of linearBackwardWeight", size));
    }
  }
}

void test_clip(const Size& size) {
  Step step(size.batch, size.rows, 2);
  Matrix first(size.out * size.in), second(size.out);
  const Gradient gradients[] = {{first.get(), first.values.size()}, {second.get(), second.values.size()}};
  DeviceMemory<Gradient> table(2);
  table.write(gradients, 2, nullptr);
  DeviceMemory<double> squares(CLIP_BLOCKS);
  check(launch_clip_by_norm(step.site, {table.get(), 2, 0.5f, squares.get()}));
  double norm = 0;
  for (const Matrix* matrix : {&first, &second}) {
    for (double value : matrix->values) norm += value * value;
  }
  const double factor = std::min(1.0, 0.5 / (std::sqrt(norm) + 1e-6));
  std::vector<double> wanted(first.values.begin(), first.values.end());
  for (double& value : wanted) value *= factor;
  expect_near(first.read(), wanted, 1e-6, text("clipByNorm", size));
}

}  // namespace

// With the argument "quick", runs only the tests that are needed to detect a missing barrier.
int main(int argc, char** argv) {
  const bool quick = argc > 1 && std::string(argv[1]) == "quick";
  std::vector<Activation> activations = {MLP_SOFTMAX};
  for (int number = 0; number < MLP_ACTIVATIONS && !quick; number++) {
    if (number != MLP_SOFTMAX) activations.push_back(static_cast<Activation>(number));
  }
  try {
    int devices = 0;
    check(cudaGetDeviceCount(&devices));
    // These run first: the errors that they cause must not affect later tests.
    test_interface();
    test_shared_rows();
    test_recorded();
    test_too_large();
    test_not_for_gpus();
    for (const Size& size : SIZES) {
      if (quick && size.batch != 33) continue;
      test_linear(size, activations);
      test_linear_from_set(size);
      for (double rate : {0.0, 0.4}) test_backward_input(size, activations, rate);
      test_backward_weight(size);
      test_clip(size);
      test_dropout(size);
      test_losses(size, activations);
      test_updates(size);
    }
    test_masks();
    test_edges_of_losses();
    test_epochs();
    test_launches();
    test_failures();
    if (!quick) test_layouts();
  } catch (const Fault& fault) {
    fprintf(stderr, "error: Cannot test the kernels: %s\n", fault.message.c_str());
    return 1;
  }
  printf("%d checks, %d faults\n", checks, faults);
  return faults == 0 ? 0 : 1;
}
