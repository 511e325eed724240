// Plans on several threads that read the same rows: the bits of plans with inputs of their own, rows that are freed while plans
// run, and rows for which there is no memory.
#include <algorithm>
#include <atomic>
#include <cstring>
#include <thread>

#include "network.hpp"
#include "shared/fault.hpp"
#include "shared/tests/expect.hpp"
#include "shared_rows.hpp"

// The sanitizers end a program whose memory is used up, if they are not told otherwise.
extern "C" __attribute__((visibility("default"))) const char* __asan_default_options() { return "allocator_may_return_null=1"; }
extern "C" __attribute__((visibility("default"))) const char* __tsan_default_options() { return "allocator_may_return_null=1"; }

namespace {

constexpr int ROWS = 300, INPUTS = 37, PLANS = 4, EPOCHS = 2;

template <class T>
std::vector<T> random_inputs(int zeros) {
  Numbers numbers{static_cast<uint64_t>(zeros + 1)};
  std::vector<T> inputs(ROWS * INPUTS);
  for (T& value : inputs) value = static_cast<int>(numbers.next() % 100) < zeros ? T(0) : T(numbers.next() % 255 + 1);
  return inputs;
}

const std::vector<uint32_t> LABELS = [] {
  std::vector<uint32_t> labels(ROWS);
  for (uint32_t row = 0; row < ROWS; row++) labels[row] = row % 5;
  return labels;
}();

mlp_rows* create(const std::vector<uint8_t>& inputs) {
  return mlp_rows_create_u8(MLP_BEST, inputs.data(), inputs.size(), INPUTS, nullptr, nullptr, 0);
}
mlp_rows* create(const std::vector<float>& inputs) {
  return mlp_rows_create_f32(MLP_BEST, inputs.data(), inputs.size(), INPUTS, nullptr, nullptr, 0);
}
void set_own(Recorded& plan, const std::vector<uint8_t>& inputs) {
  plan.call(mlp_plan_set_inputs_u8, inputs.data(), uint64_t(inputs.size()), uint64_t(INPUTS));
}
void set_own(Recorded& plan, const std::vector<float>& inputs) {
  plan.call(mlp_plan_set_inputs_f32, inputs.data(), uint64_t(inputs.size()), uint64_t(INPUTS));
}

// Trains plan number `number` and predicts with its parameters; returns the parameters and the outputs. The plans have batches,
// threads and widths of their own. Reads `rows` if there are any, else inputs of its own; calls `placed` when it has them.
template <class T, class Placed>
std::vector<float> train(int number, const std::vector<T>& inputs, const mlp_rows* rows, bool sparse, const Placed& placed) {
  NetworkSpec spec{INPUTS, {{8 + 30 * number, MLP_RELU}, {5, MLP_LINEAR}}};
  spec.batch = 16u << number;
  const uint32_t threads = number % 2 == 0 ? 1 : 2;
  Recorded plan(spec, MLP_BEST, threads), predictor(spec, MLP_BEST, threads);
  plan.record(true);
  predictor.record(false);
  for (Recorded* each : {&plan, &predictor}) {
    if (rows) each->call(mlp_plan_set_rows, rows);
    else set_own(*each, inputs);
  }
  placed();
  plan.call(mlp_plan_set_labels, LABELS.data(), uint64_t(ROWS));
  plan.call(mlp_plan_finish);
  predictor.call(mlp_plan_finish);
  char text[512];
  plan.call(mlp_plan_describe, static_cast<char*>(text), uint32_t(sizeof text));
  expect((strstr(text, "without the zeros") != nullptr) == sparse, std::string("another form of the rows: ") + text);
  plan.draw(7 + static_cast<uint64_t>(number));
  std::vector<uint32_t> order(ROWS);
  for (uint32_t at = 0; at < ROWS; at++) order[at] = at * 7 % ROWS;
  const uint64_t steps = (ROWS + spec.batch - 1) / spec.batch;
  for (uint32_t epoch = 0; epoch < EPOCHS; epoch++) plan.run(epoch + 1, order, 0.01, epoch * steps);
  std::vector<float> found = plan.read();
  size_t at = 0;
  for (const Recorded::Buffer& parameter : predictor.parameters) {
    predictor.call(mlp_plan_write_buffer, parameter.buffer, static_cast<const float*>(found.data() + at), uint64_t(parameter.size));
    at += static_cast<size_t>(parameter.size);
  }
  found.resize(at + ROWS * 5);
  predictor.call(mlp_plan_predict, predictor.output, found.data() + at, uint64_t(ROWS * 5));
  return found;
}

template <class T>
void test_threads(int zeros) {
  const std::vector<T> inputs = random_inputs<T>(zeros);
  mlp_rows* rows = create(inputs);
  expect(rows != nullptr, "rows are created");
  const bool sparse = zeros > 50;
  std::vector<std::vector<float>> found(PLANS);
  std::atomic<int> waited_for{PLANS};
  std::vector<std::thread> threads;
  for (int number = 0; number < PLANS; number++) {
    threads.emplace_back([&, number] { found[number] = train(number, inputs, rows, sparse, [&] { waited_for--; }); });
  }
  while (waited_for > 0) std::this_thread::yield();
  mlp_rows_free(rows);  // while the plans are finished and run
  for (std::thread& thread : threads) thread.join();
  for (int number = 0; number < PLANS; number++) {
    const std::vector<float> alone = train(number, inputs, nullptr, sparse, [] {});
    expect(alone.size() == found[number].size() && std::memcmp(alone.data(), found[number].data(), alone.size() * sizeof(float)) == 0,
           format("plan %d, %d %% zeros, numbers of %d bytes: other bits than with inputs of its own", number, zeros,
                  static_cast<int>(sizeof(T))));
  }
}

// Tests that rows with zeros are the numbers that were given, bit for bit, whether they are stored without zeros or not.
template <class T>
void test_dense(int zeros, bool negative_zero) {
  std::vector<T> inputs = random_inputs<T>(zeros);
  if (negative_zero) *std::find(inputs.begin(), inputs.end(), T(0)) = static_cast<T>(-0.0);
  const uint64_t count = inputs.size();
  const auto* bytes = sizeof(T) == 1 ? reinterpret_cast<const uint8_t*>(inputs.data()) : nullptr;
  const auto* floats = sizeof(T) == 1 ? nullptr : reinterpret_cast<const float*>(inputs.data());
  const SharedRows rows(bytes, floats, count, INPUTS);
  expect(rows.is_sparse() == (zeros > 50), "another form of the rows");
  std::thread other([&] { rows.make_dense(); });
  rows.make_dense();
  other.join();
  const DenseRows dense = rows.dense();
  const void* found = bytes ? static_cast<const void*>(dense.bytes) : dense.floats;
  expect(found && std::memcmp(found, inputs.data(), count * sizeof(T)) == 0, format("%d %% zeros: other numbers", zeros));
}

// Tests that rows without memory are one error. There are too many columns to count zeros, so that the array is not read before
// the memory is asked for.
void test_out_of_memory() {
  const uint8_t byte = 0;
  char error[512] = "";
  int32_t status = 0;
  expect(!mlp_rows_create_u8(MLP_BEST, &byte, uint64_t(1) << 60, uint64_t(1) << 30, &status, error, sizeof error) &&
             status == MLP_OUT_OF_MEMORY && strcmp(error, "the computer's memory is used up") == 0,
         std::string("rows without memory: ") + error);
}

}  // namespace

int main() {
  for (const int zeros : {0, 90}) {
    test_dense<uint8_t>(zeros, false);
    test_dense<float>(zeros, false);
    if (zeros > 0) test_dense<float>(zeros, true);
    test_threads<uint8_t>(zeros);
    test_threads<float>(zeros);
  }
  test_out_of_memory();
  printf("%d checks, %d faults\n", checks, faults);
  return faults == 0 ? 0 : 1;
}
