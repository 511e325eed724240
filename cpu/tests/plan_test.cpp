// Plans of unusual forms, and calls in unusual orders: on dense and sparse inputs, compared with float64.
#include <atomic>
#include <thread>

#include "reference.hpp"
#include "shared/fault.hpp"
#include "shared/tests/expect.hpp"
#include "steps.hpp"

namespace {

constexpr uint64_t ROWS = 150;
constexpr uint32_t BATCH = 70;

std::vector<float> random_values(uint64_t count, uint64_t seed, int zeros = 0) {
  Numbers numbers{seed};
  numbers.next();
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<int>(numbers.next() % 100) < zeros ? 0 : numbers.real();
  return values;
}

// Returns what two steps compute in all buffers without a batch dimension and in the loss, and expects it to be close to float64.
void compare(const std::string& what, const StepSpec& spec, uint64_t inputs, uint64_t outputs) {
  for (const int zeros : {0, 90}) {
    for (const uint32_t threads : {1u, 3u}) {
      Reference reference;
      reference.shapes = spec.shapes;
      reference.ops = spec.ops;
      const std::vector<float> values = random_values(ROWS * inputs, 5, zeros);
      reference.set.inputs.assign(values.begin(), values.end());
      reference.set.targets = random_values(ROWS * outputs, 6);
      StepPlan plan(spec, {MLP_BEST, threads, MLP_PATH_AUTO, nullptr});
      plan.set_inputs(values, inputs);
      plan.call(mlp_plan_set_targets, reference.set.targets.data(), uint64_t(reference.set.targets.size()), outputs);
      plan.call(mlp_plan_finish);
      reference.run(0, 0, {}, 0, 0);
      for (size_t id = 0; id < spec.shapes.size(); id++) {
        if (spec.shapes[id].rows == 0) continue;
        const std::vector<float> start = random_values(spec.shapes[id].rows * spec.shapes[id].columns, 7 + id);
        plan.write(static_cast<int32_t>(id), start);
        reference.buffers[id].assign(start.begin(), start.end());
      }
      std::vector<uint32_t> order(2 * BATCH);
      for (uint32_t at = 0; at < order.size(); at++) order[at] = at * 7 % ROWS;
      plan.run(1, order, 0.01, 0);
      for (uint32_t step = 0; step < 2; step++) {
        reference.run(0, spec.ops.size(), {order.begin() + step * BATCH, order.begin() + (step + 1) * BATCH}, step + 1, 0.01);
      }
      for (size_t id = 0; id < spec.shapes.size(); id++) {
        if (spec.shapes[id].rows == 0) continue;
        const std::vector<float> found = plan.read(static_cast<int32_t>(id));
        double error = 0, norm = 0;
        for (size_t at = 0; at < found.size(); at++) {
          error = std::max(error, std::fabs(static_cast<double>(found[at]) - reference.buffers[id][at]));
          norm = std::max(norm, std::fabs(reference.buffers[id][at]));
        }
        expect(error <= 1e-4 * norm + 1e-6, format("%s, %d %% zeros, %u threads: the difference in buffer %d is %g, of %g",
                                                   what.c_str(), zeros, threads, static_cast<int>(id), error, norm));
      }
    }
  }
}

// A layer with its gradients.
struct Layer {
  int32_t weights, bias, y, dz, d_weights, d_bias;
};
Layer layer(StepSpec& spec, uint64_t inputs, uint64_t outputs) {
  return {spec.buffer(outputs, inputs), spec.buffer(1, outputs),      spec.buffer(0, outputs),
          spec.buffer(0, outputs),      spec.buffer(outputs, inputs), spec.buffer(1, outputs)};
}
UpdateOp update(int32_t parameter, int32_t gradient) { return {{MLP_SGD, {0, 0, 0}}, parameter, gradient, {}}; }
LossOp loss(int32_t y, int32_t target, int32_t dz) {
  return {MLP_MEAN_SQUARED_ERROR, y, -1, target, false, -1, dz, MLP_LINEAR, {}};
}

void test_forms() {
  constexpr uint64_t INPUTS = 70, OUTPUTS = 70;
  {
    StepSpec spec{BATCH, {}, {}};
    const int32_t x = spec.buffer(0, INPUTS), target = spec.buffer(0, OUTPUTS), dz = spec.buffer(0, OUTPUTS);
    const int32_t d_weights = spec.buffer(OUTPUTS, INPUTS), d_bias = spec.buffer(1, OUTPUTS);
    spec.add(GatherOp{x, target, -1, 1});
    spec.add(loss(x, target, dz));
    spec.add(LinearBackwardWeightOp{x, dz, d_weights, d_bias});
    compare("a loss of the inputs themselves", spec, INPUTS, OUTPUTS);
  }
  {
    StepSpec spec{BATCH, {}, {}};
    const int32_t x = spec.buffer(0, INPUTS), target = spec.buffer(0, OUTPUTS);
    const Layer first = layer(spec, INPUTS, 9), second = layer(spec, 9, INPUTS), third = layer(spec, INPUTS, OUTPUTS);
    spec.add(GatherOp{x, target, -1, 1});
    spec.add(LinearOp{x, first.weights, first.bias, first.y, -1, MLP_TANH});
    spec.add(LinearOp{first.y, second.weights, second.bias, x, -1, MLP_TANH});
    spec.add(LinearOp{x, third.weights, third.bias, third.y, -1, MLP_LINEAR});
    spec.add(loss(third.y, target, third.dz));
    spec.add(LinearBackwardWeightOp{x, third.dz, third.d_weights, third.d_bias});
    compare("a layer that writes over the inputs", spec, INPUTS, OUTPUTS);
  }
  {
    StepSpec spec{BATCH, {}, {}};
    const int32_t x = spec.buffer(0, INPUTS), target = spec.buffer(0, OUTPUTS);
    const Layer first = layer(spec, INPUTS, OUTPUTS), second = layer(spec, INPUTS, OUTPUTS);
    spec.add(GatherOp{x, target, -1, 1});
    spec.add(LinearBackwardWeightOp{x, first.dz, first.d_weights, first.d_bias});  // of the step before
    spec.add(update(first.weights, first.d_weights));
    spec.add(LinearOp{x, first.weights, first.bias, first.y, -1, MLP_TANH});
    spec.add(LinearOp{x, second.weights, second.bias, second.y, -1, MLP_TANH});
    spec.add(loss(first.y, target, first.dz));
    spec.add(LinearBackwardWeightOp{x, first.dz, second.d_weights, second.d_bias});
    compare("gradients before the layers, two layers of the inputs", spec, INPUTS, OUTPUTS);
  }
  {
    StepSpec spec{BATCH, {}, {}};
    const int32_t x = spec.buffer(0, INPUTS), target = spec.buffer(0, OUTPUTS), dropped = spec.buffer(0, INPUTS);
    const Layer first = layer(spec, INPUTS, OUTPUTS);
    spec.add(GatherOp{x, target, -1, 1});
    spec.add(DropoutOp{x, dropped, {0.3, 1, 0}});
    spec.add(LinearOp{dropped, first.weights, first.bias, first.y, -1, MLP_TANH});
    spec.add(loss(first.y, target, first.dz));
    spec.add(LinearBackwardWeightOp{x, first.dz, first.d_weights, first.d_bias});
    spec.add(update(first.weights, first.d_weights));
    compare("a dropout of the inputs, the gradient without it", spec, INPUTS, OUTPUTS);
  }
  // Weights of which a second copy is kept are written by every operation that can write them.
  for (int way = 0; way < 4; way++) {
    StepSpec spec{BATCH, {}, {}};
    const int32_t x = spec.buffer(0, INPUTS), target = spec.buffer(0, OUTPUTS);
    const Layer first = layer(spec, INPUTS, 33), second = layer(spec, 33, OUTPUTS);
    const int32_t other = spec.buffer(OUTPUTS, 33), gradient = spec.buffer(OUTPUTS, 33);
    spec.add(GatherOp{x, target, -1, 1});
    spec.add(LinearOp{x, first.weights, first.bias, first.y, -1, MLP_TANH});
    spec.add(LinearOp{first.y, second.weights, second.bias, second.y, -1, MLP_LINEAR});
    spec.add(loss(second.y, target, second.dz));
    spec.add(LinearBackwardInputOp{second.dz, second.weights, first.y, -1, first.dz, MLP_TANH, {0, 0, 0}});
    spec.add(LinearBackwardWeightOp{x, first.dz, first.d_weights, first.d_bias});
    if (way == 0) spec.add(AverageOp{other, second.weights, 0.9});
    if (way == 1) spec.add(ClipByNormOp{{second.weights}, 0.5});
    if (way == 2) spec.add(UpdateOp{{MLP_SGD, {0.9, 0, 0}}, other, gradient, {second.weights}});
    if (way == 3) spec.add(LinearBackwardWeightOp{first.y, second.dz, second.weights, second.d_bias});
    constexpr const char* WAYS[] = {"averages", "clipped weights", "an optimizer's state", "gradients"};
    compare(std::string("weights that are ") + WAYS[way], spec, INPUTS, OUTPUTS);
  }
  {
    StepSpec spec{BATCH, {}, {}};
    const int32_t x = spec.buffer(0, INPUTS), target = spec.buffer(0, OUTPUTS), other = spec.buffer(OUTPUTS, INPUTS);
    const int32_t last = spec.buffer(OUTPUTS, INPUTS);
    const Layer first = layer(spec, INPUTS, OUTPUTS);
    spec.add(GatherOp{x, target, -1, 1});
    spec.add(LinearOp{x, first.weights, first.bias, first.y, -1, MLP_TANH});
    spec.add(loss(first.y, target, first.dz));
    spec.add(LinearBackwardWeightOp{x, first.dz, first.d_weights, first.d_bias});
    spec.add(AverageOp{last, other, 0.5});
    spec.add(AverageOp{other, first.weights, 0.5});
    compare("averages of averages", spec, INPUTS, OUTPUTS);
  }
}

// A network of one hidden layer, and what it needs to be trained.
struct Trained {
  StepSpec spec{BATCH, {}, {}};
  Layer first, second;
  Trained(uint64_t inputs, uint64_t hidden, uint64_t outputs, bool backward = true) {
    const int32_t x = spec.buffer(0, inputs), target = spec.buffer(0, outputs);
    first = layer(spec, inputs, hidden);
    second = layer(spec, hidden, outputs);
    spec.add(GatherOp{x, backward ? target : -1, -1, 1});
    spec.add(LinearOp{x, first.weights, first.bias, first.y, -1, MLP_TANH});
    spec.add(LinearOp{first.y, second.weights, second.bias, second.y, -1, MLP_LINEAR});
    if (!backward) return;
    spec.add(loss(second.y, target, second.dz));
    spec.add(LinearBackwardInputOp{second.dz, second.weights, first.y, -1, first.dz, MLP_TANH, {0, 0, 0}});
    spec.add(LinearBackwardWeightOp{first.y, second.dz, second.d_weights, second.d_bias});
    spec.add(LinearBackwardWeightOp{x, first.dz, first.d_weights, first.d_bias});
    for (const Layer& each : {first, second}) {
      spec.add(update(each.weights, each.d_weights));
      spec.add(update(each.bias, each.d_bias));
    }
  }
};

void expect_refusal(const char* what, int32_t status, const char* error, const char* wanted) {
  expect(status == MLP_INVALID && std::string(error).find(wanted) != std::string::npos,
         format("%s: status %d, \"%s\", needs \"%s\"", what, status, error, wanted));
}

void test_roles() {
  StepSpec spec{BATCH, {}, {}};
  const int32_t x = spec.buffer(0, 5), h = spec.buffer(0, 1), y = spec.buffer(0, 5);
  const int32_t weights = spec.buffer(1, 5), bias = spec.buffer(1, 1), other = spec.buffer(5, 1);
  spec.add(GatherOp{x, -1, -1, 1});
  spec.add(LinearOp{x, weights, bias, h, -1, MLP_LINEAR});
  spec.add(LinearOp{h, other, weights, y, -1, MLP_LINEAR});
  StepPlan plan(spec, {});
  plan.set_inputs(std::vector<float>(10, 1.0f), 5);
  char error[200] = "";
  expect_refusal("weights as a bias", mlp_plan_finish(plan.plan, error, sizeof error), error, "cannot be both weights and a bias");
  std::vector<float> outputs(10);
  expect_refusal("work after finish() failed", mlp_plan_predict(plan.plan, y, outputs.data(), 10, error, sizeof error), error,
                 "was not finished");
}

// Tests that the inputs of a prediction can be read, and that outputs do not depend on how the inputs are stored or how many
// there are.
void test_predictions() {
  constexpr uint64_t INPUTS = 37, MOST = 900;
  const Trained network(INPUTS, 80, 7, false);
  const auto make = [&](uint32_t threads) {
    auto plan = std::make_unique<StepPlan>(network.spec, Place{MLP_BEST, threads, MLP_PATH_AUTO, nullptr});
    for (const Layer& each : {network.first, network.second}) {
      for (const int32_t id : {each.weights, each.bias}) {
        const BufferShape& shape = network.spec.shapes[static_cast<size_t>(id)];
        plan->write(id, random_values(shape.rows * shape.columns, 3 + static_cast<uint64_t>(id)));
      }
    }
    return plan;
  };
  const std::vector<float> values = random_values(MOST * INPUTS, 8, 85);
  for (const uint32_t threads : {1u, 2u, 5u}) {
    const auto all = make(threads), few = make(threads);
    all->set_inputs(values, INPUTS);
    all->call(mlp_plan_finish);
    const std::vector<float> outputs = all->predict(network.second.y, MOST);
    expect(all->predict(0, MOST) == values, format("the inputs themselves, %u threads", threads));
    expect(all->predict(network.second.y, MOST) == outputs, format("the outputs after that, %u threads", threads));
    bool finished = false;
    for (const uint64_t rows : {uint64_t(1), uint64_t(900), uint64_t(63), uint64_t(0), uint64_t(64), uint64_t(129), uint64_t(1)}) {
      few->set_inputs(std::vector<float>(values.begin(), values.begin() + static_cast<ptrdiff_t>(rows * INPUTS)), INPUTS);
      if (!finished) few->call(mlp_plan_finish);
      finished = true;
      const std::vector<float> wanted(outputs.begin(), outputs.begin() + static_cast<ptrdiff_t>(rows * 7));
      expect(few->predict(network.second.y, rows) == wanted, format("%llu rows, %u threads", rows, threads));
    }
  }
}

// Tests that the masks of a prediction are those of its batches, whatever the number of threads.
void test_masked_predictions() {
  StepSpec spec{BATCH, {}, {}};
  const int32_t x = spec.buffer(0, 20), y = spec.buffer(0, 20);
  spec.add(GatherOp{x, -1, -1, 1});
  spec.add(DropoutOp{x, y, {0.5, 3, 0}});
  const std::vector<float> values = random_values(10 * BATCH * 20, 9);
  Reference reference;
  reference.shapes = spec.shapes;
  reference.ops = spec.ops;
  reference.set.inputs.assign(values.begin(), values.end());
  std::vector<float> wanted;
  for (uint32_t step = 0; step < 10; step++) {
    std::vector<uint32_t> rows(BATCH);
    for (uint32_t row = 0; row < BATCH; row++) rows[row] = step * BATCH + row;
    reference.run(0, spec.ops.size(), rows, step + 1, 0);
    wanted.insert(wanted.end(), reference.buffers[1].begin(), reference.buffers[1].end());
  }
  for (const uint32_t threads : {1u, 2u, 4u}) {
    StepPlan plan(spec, {MLP_BEST, threads, MLP_PATH_AUTO, nullptr});
    plan.set_inputs(values, 20);
    plan.call(mlp_plan_finish);
    expect(plan.predict(y, 10 * BATCH) == wanted, format("a dropout in a prediction, %u threads", threads));
  }
}

// Tests stop() and steps_done() from other threads, several plans at once, and the end of a plan right after.
void test_threads() {
  constexpr uint64_t INPUTS = 64, OUTPUTS = 10;
  const std::vector<float> values = random_values(ROWS * INPUTS, 10, 80), targets = random_values(ROWS * OUTPUTS, 11);
  std::vector<uint32_t> order(BATCH * 20000);
  for (uint32_t at = 0; at < order.size(); at++) order[at] = at % ROWS;
  std::vector<std::thread> callers;
  std::atomic<int> wrong{0};
  for (int caller = 0; caller < 3; caller++) {
    callers.emplace_back([&, caller] {
      for (uint32_t threads = 1; threads <= 4; threads++) {
        const Trained network(INPUTS, 70, OUTPUTS);
        StepPlan plan(network.spec, {MLP_BEST, threads, MLP_PATH_AUTO, nullptr});
        plan.set_inputs(values, INPUTS);
        plan.call(mlp_plan_set_targets, targets.data(), uint64_t(targets.size()), uint64_t(OUTPUTS));
        plan.call(mlp_plan_finish);
        std::thread other([&] {
          int64_t before = 0, done = 0;
          while ((done = mlp_plan_steps_done(plan.plan, 5)) < 3 + caller) {
            if (done < before) wrong++;
            before = done;
            std::this_thread::yield();
          }
          char error[100];
          mlp_plan_stop(plan.plan, 5, error, sizeof error);
        });
        const std::vector<double> results = plan.run(5, order, 0.001, 0);
        other.join();
        const double steps = results[MLP_RESULT_STEPS];
        if (steps < 3 + caller || steps >= 20000 || results[MLP_RESULT_ROWS] != steps * BATCH) wrong++;
        if (mlp_plan_steps_done(plan.plan, 5) != static_cast<int64_t>(steps) || mlp_plan_steps_done(plan.plan, 4) != 0) wrong++;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  expect(wrong == 0, format("stop() and steps_done() of other threads, %d faults", wrong.load()));
}

}  // namespace

int main() {
  test_forms();
  test_roles();
  test_predictions();
  test_masked_predictions();
  test_threads();
  printf("%d checks of plans, %d faults\n", checks, faults);
  return faults > 0;
}
