// The factors of a step, and the form of recorded operations as a network.
#pragma once

#include <cmath>

#include "shared/fault.hpp"
#include "shared/network.hpp"
#include "shared/tests/expect.hpp"

// Tests that powers have the same bits on every machine, and are close to those of the system's library.
inline void test_power() {
  const struct {
    double base;
    uint64_t exponent;
    double wanted;
  } cases[] = {{0.95, 0, 1},
               {2, 10, 1024},
               {0.5, 1074, 0x1p-1074},
               {0.9, 3, 0x1.753f7ced91688p-1},
               {0.99, 7, 0x1.dd37ab55fda2fp-1},
               {0.999, 469, 0x1.403f04baf9a0ap-1},
               {0.999, 46900, 0x1.3bfe35948dcb7p-68},
               {0.9999999, (1ull << 32) + 12345, 0x1.49c937e7a8a8fp-620}};
  for (const auto& [base, exponent, wanted] : cases) {
    const double found = power(base, exponent);
    expect(found == wanted, format("%g to the power %llu is %a, needs %a", base, exponent, found, wanted));
  }
  for (const double base : {0.0, 0.1, 0.9, 0.99, 0.999, 0.999999}) {
    for (uint64_t exponent = 1; exponent < 100000; exponent = exponent * 3 / 2 + 1) {
      // Every factor has an error of half a unit, and there are `exponent` factors.
      const double wanted = std::pow(base, static_cast<double>(exponent)), most = exponent * 0x1p-52 * wanted + 0x1p-1074;
      expect(std::fabs(power(base, exponent) - wanted) <= most, format("%g to the power %llu", base, exponent));
    }
  }
}

// Tests the factors of each optimizer against their definitions.
inline void test_factors() {
  const double rate = 0.01, decay = 0.1;
  const auto expect_factors = [&](const Settings& settings, uint64_t t, const double (&wanted)[4]) {
    const Factors found = factors_of_step(settings, rate, t);
    const float values[] = {found.x, found.y, found.z, found.w};
    for (int index = 0; index < 4; index++) {
      expect(std::fabs(values[index] - wanted[index]) <= 1e-7 * std::fabs(wanted[index]),
             format("factor %d of optimizer %d in step %llu is %.9g, needs %.9g", index, static_cast<int>(settings.first), t,
                    values[index], wanted[index]));
    }
  };
  for (const uint64_t t : {1ull, 2ull, 469ull, 46900ull, 1ull << 33}) {
    const double steps = static_cast<double>(t);
    const double root = std::sqrt(1 - std::pow(0.999, steps)), step = rate * root / (1 - std::pow(0.9, steps));
    expect_factors({MLP_SGD, {0.9, 1, decay}}, t, {rate, 0, 0, 0});
    expect_factors({MLP_ADAM, {0.9, 0.999, 1e-8, decay, 0}}, t, {decay, step, 1e-8 * root, 0});
    expect_factors({MLP_ADAM, {0.9, 0.999, 1e-8, decay, 1}}, t, {0, step, 1e-8 * root, rate * decay});
    expect_factors({MLP_RMSPROP, {0.9, 1e-8, decay}}, t, {rate, 0, 0, 0});
    expect_factors({MLP_LION, {0.9, 0.99, decay}}, t, {rate, rate * decay, 0, 0});
  }
  // The bits of these factors are the same on every machine.
  const Factors found = factors_of_step({MLP_ADAM, {0.9, 0.999, 1e-7, 0, 0}}, 0.001, 469);
  expect(found.y == 0x1.40da88p-11f && found.z == 0x1.06d7e2p-24f,
         format("the factors are %a and %a", static_cast<double>(found.y), static_cast<double>(found.z)));
}

// The operations of a step of two layers, and the numbers of their buffers.
struct RecordedStep {
  int32_t next = 0;
  std::vector<Op> ops;

  int32_t buffer() { return next++; }

  RecordedStep() {
    struct {
      int32_t w, b, y, dz, dw, db;
    } layers[2];
    const int32_t x = buffer(), target = buffer(), dropped = buffer();
    for (auto& layer : layers) layer = {buffer(), buffer(), buffer(), buffer(), buffer(), buffer()};
    const auto &first = layers[0], &second = layers[1];
    ops.push_back(GatherOp{x, target, -1, 1});
    ops.push_back(LinearOp{x, first.w, first.b, first.y, -1, MLP_RELU});
    ops.push_back(DropoutOp{first.y, dropped, {0.5, 1, 1}});
    ops.push_back(LinearOp{dropped, second.w, second.b, second.y, -1, MLP_LINEAR});
    ops.push_back(LossOp{MLP_SOFTMAX_CROSS_ENTROPY, second.y, -1, target, true, -1, second.dz, MLP_LINEAR, {0}});
    ops.push_back(LinearBackwardInputOp{second.dz, second.w, first.y, -1, first.dz, MLP_RELU, {0.5, 1, 1}});
    ops.push_back(LinearBackwardWeightOp{dropped, second.dz, second.dw, second.db});
    ops.push_back(LinearBackwardWeightOp{x, first.dz, first.dw, first.db});
    ops.push_back(ClipByNormOp{{first.dw, first.db, second.dw, second.db}, 1});
    for (const auto& layer : layers) {
      ops.push_back(UpdateOp{{MLP_LION, {0.9, 0.99, 0}}, layer.w, layer.dw, {buffer()}});
      ops.push_back(UpdateOp{{MLP_LION, {0.9, 0.99, 0}}, layer.b, layer.db, {buffer()}});
    }
    for (const auto& layer : layers) {
      ops.push_back(AverageOp{layer.w, buffer(), 0.9});
      ops.push_back(AverageOp{layer.b, buffer(), 0.9});
    }
  }
  // Returns operation `at`, to change it.
  template <class T>
  T& op(size_t at) {
    return std::get<T>(ops[at]);
  }
  bool is_network() const { return network_of(ops).has_value(); }
};

// Tests that operations are a network only in the usual form, with a buffer for each role.
inline void test_networks() {
  const RecordedStep step;
  const std::optional<Network> network = network_of(step.ops);
  expect(network && network->layers.size() == 2 && network->layers[1].dropout && network->clip && network->averages.size() == 4,
         "a step in the usual form is a network");
  for (size_t at = 0; at < step.ops.size(); at++) {
    RecordedStep without;
    without.ops.erase(without.ops.begin() + static_cast<std::ptrdiff_t>(at));
    const bool clips = std::holds_alternative<ClipByNormOp>(step.ops[at]);
    expect(without.is_network() == clips, format("a step without operation %d is no network", static_cast<int>(at)));
    RecordedStep twice;
    twice.ops.insert(twice.ops.begin() + static_cast<std::ptrdiff_t>(at), step.ops[at]);
    expect(!twice.is_network(), format("a step with operation %d twice is no network", static_cast<int>(at)));
  }
  const auto refused = [](const char* why, const auto& change) {
    RecordedStep changed;
    change(changed);
    expect(!changed.is_network(), std::string("not a network: ") + why);
  };
  refused("another mask in the backward pass", [](RecordedStep& s) { s.op<LinearBackwardInputOp>(5).dropout.layer = 2; });
  refused("another activation in the backward pass", [](RecordedStep& s) { s.op<LinearBackwardInputOp>(5).activation = MLP_TANH; });
  refused("a gradient of other inputs", [](RecordedStep& s) { s.op<LinearBackwardWeightOp>(6).x = s.op<LinearOp>(1).y; });
  refused("an update of other weights", [](RecordedStep& s) { s.op<UpdateOp>(9).parameter = s.buffer(); });
  refused("an average of other weights", [](RecordedStep& s) { s.op<AverageOp>(13).parameter = s.buffer(); });
  refused("clipping of one gradient twice",
          [](RecordedStep& s) { s.op<ClipByNormOp>(8).gradients[0] = s.op<ClipByNormOp>(8).gradients[2]; });
  refused("one buffer for two states", [](RecordedStep& s) { s.op<UpdateOp>(9).states = s.op<UpdateOp>(11).states; });
  refused("one buffer for two averages", [](RecordedStep& s) { s.op<AverageOp>(13).average = s.op<AverageOp>(15).average; });
  refused("the weights of one layer in another", [](RecordedStep& s) {
    const int32_t weights = s.op<LinearOp>(1).weights;
    s.op<LinearOp>(3).weights = s.op<LinearBackwardInputOp>(5).weights = weights;
    s.op<UpdateOp>(11).parameter = s.op<AverageOp>(15).parameter = weights;
  });
  refused("one gradient for two layers", [](RecordedStep& s) {
    s.op<LinearBackwardInputOp>(5).dx = s.op<LinearBackwardWeightOp>(7).dz = s.op<LinearOp>(1).y;
  });
}

inline void test_recorded() {
  test_power();
  test_factors();
  test_networks();
}
