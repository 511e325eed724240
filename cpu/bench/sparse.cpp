// Measures the first layer of a network for images, 784 inputs and 128 outputs, in which most inputs are 0: one epoch of 60,000
// rows in batches of 128, in random order. Prints milliseconds for 1 and 2 threads; each thread has its panels of outputs.
//
//   sparse [FILE]     FILE: 60,000 x 784 bytes, the pixels of MNIST; without it, random strokes
//
// All times are processor time of the first thread, and that of a step is the least of several epochs: other programs disturb
// them little.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <random>
#include <string>
#include <vector>

#include "instruction_set.hpp"
#include "memory.hpp"
#include "sparse_rows.hpp"

namespace {

constexpr int ROWS = 60000, SIDE = 28, INPUTS = SIDE * SIDE, OUTPUTS = 128, BATCH = 128, EPOCHS = 12;
constexpr int STEPS = (ROWS + BATCH - 1) / BATCH;
constexpr float SCALE = 1.0f / 255;

// Returns the processor time of this thread, in seconds.
double thread_time() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

std::mt19937 generator(1);
float draw() { return static_cast<float>(static_cast<int32_t>(generator()) * 0x1p-31); }

// Returns images of two thick curves each, of which about a fifth of the pixels is not 0.
std::vector<uint8_t> random_strokes() {
  std::vector<uint8_t> pixels(static_cast<size_t>(ROWS) * INPUTS);
  for (int row = 0; row < ROWS; row++) {
    uint8_t* const image = &pixels[static_cast<size_t>(row) * INPUTS];
    for (int stroke = 0; stroke < 2; stroke++) {
      float x = 14 + 5 * draw(), y = 14 + 5 * draw(), angle = 3.14159f * draw();
      const float turn = 0.2f * draw();
      for (int step = 0; step < 18; step++, angle += turn) {
        x = std::clamp(x + std::cos(angle), 5.0f, 22.0f);
        y = std::clamp(y + std::sin(angle), 5.0f, 22.0f);
        for (int dy = -1; dy <= 2; dy++) {
          for (int dx = -1; dx <= 2; dx++) {
            image[(static_cast<int>(y) + dy) * SIDE + static_cast<int>(x) + dx] = static_cast<uint8_t>(1 + generator() % 255);
          }
        }
      }
    }
  }
  return pixels;
}

std::vector<uint8_t> read_pixels(const char* path) {
  std::vector<uint8_t> pixels(static_cast<size_t>(ROWS) * INPUTS);
  FILE* const file = fopen(path, "rb");
  const bool complete = file && fread(pixels.data(), 1, pixels.size(), file) == pixels.size();
  if (file) fclose(file);
  if (!complete) pixels.clear();
  return pixels;
}

struct Matrix {
  Memory<float> memory;
  Panels panels;
  Matrix(int rows, int columns, float deviation)
      : memory(static_cast<size_t>(rows) * round_up(columns, LANES)), panels{memory.get(), rows, columns} {
    for (size_t at = 0; at < memory.count(); at++) memory[at] = deviation * draw();
  }
};

struct Lists {
  Memory<uint32_t> counts{list_count(BATCH, INPUTS)}, entries{counts.count() * LIST_STRIDE};
  ColumnLists lists{counts.get(), entries.get(), nullptr, INPUTS / 2, SCALE};
};

void measure(const Kernels& kernels, const char* name, const SparseRows& rows, const std::vector<uint32_t>& order,
             ThreadPool& pool) {
  const Matrix weights(INPUTS, OUTPUTS, 0.05f), y(BATCH, OUTPUTS, 0), dz(BATCH, OUTPUTS, 0.01f), bias(1, OUTPUTS, 0);
  const Matrix means(INPUTS, OUTPUTS, 0), squares(INPUTS, OUTPUTS, 0);
  const Linear linear{{}, weights.panels, bias.panels.data, y.panels, {}, MLP_RELU};
  const LinearBackwardWeight backward{{}, dz.panels, weights.panels, nullptr,
                                      {weights.panels.data, {means.panels.data, squares.panels.data}, nullptr}, {}};
  const Settings adam{MLP_ADAM, {0.9, 0.999, 1e-8, 0, 0}};
  constexpr int PARTS = 3;
  std::vector<double> least(PARTS * STEPS, 1e9);
  std::vector<Lists> lists(static_cast<size_t>(pool.threads()));
  const int panels = weights.panels.panels();
  pool.run([&](int thread) {
    const Range own = {panels * thread / pool.threads(), panels * (thread + 1) / pool.threads()};
    const ColumnLists& own_lists = lists[static_cast<size_t>(thread)].lists;
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
      for (int step = 0; step < STEPS; step++) {
        const BatchRows batch{order.data() + step * BATCH, 0};
        const int count = std::min(BATCH, ROWS - step * BATCH);
        const Update update{rule_of(adam), factors_of_step(adam, 1e-3, static_cast<uint64_t>(epoch * STEPS + step + 1)), 0, 0};
        double times[PARTS + 1] = {thread_time()};
        kernels.column_lists(rows, batch, {0, count}, {0, INPUTS}, own_lists);
        times[1] = thread_time();
        kernels.linear_sparse(linear, own_lists, {0, count}, own);
        times[2] = thread_time();
        kernels.linear_backward_weight_sparse(backward, own_lists, {1, {0, count}}, update, {0, INPUTS}, own);
        times[3] = thread_time();
        for (int part = 0; part < PARTS && thread == 0; part++) {
          double& time = least[static_cast<size_t>(part * STEPS + step)];
          time = std::min(time, times[part + 1] - times[part]);
        }
        pool.barrier();
      }
    }
  });
  double sums[PARTS] = {};
  for (int at = 0; at < PARTS * STEPS; at++) sums[at / STEPS] += 1e3 * least[static_cast<size_t>(at)];
  printf("%s, %d thread%s: lists %.1f ms, forward %.1f ms, gradient and Adam %.1f ms\n", name, pool.threads(),
         pool.threads() == 1 ? "" : "s", sums[0], sums[1], sums[2]);
}

}  // namespace

int main(int count, char** arguments) {
  const std::vector<uint8_t> pixels = count > 1 ? read_pixels(arguments[1]) : random_strokes();
  if (pixels.empty()) {
    fprintf(stderr, "Cannot read %s: it needs 60,000 x 784 bytes\n", arguments[1]);
    return 1;
  }
  std::vector<uint32_t> order(ROWS);
  for (uint32_t row = 0; row < ROWS; row++) order[row] = row;
  std::shuffle(order.begin(), order.end(), generator);
  for (int threads : {1, 2}) {
    ThreadPool pool(threads);
    SparseSet set;
    double share = 0, counting = 1e9, filling = 1e9;
    for (int repeat = 0; repeat < 10; repeat++) {
      const double start = thread_time();
      share = set.count({pixels.data(), nullptr, INPUTS, SCALE}, ROWS, pool);
      const double middle = thread_time();
      set.fill(pool);
      counting = std::min(counting, middle - start);
      filling = std::min(filling, thread_time() - middle);
    }
    printf("%d thread%s: rows without zeros counted in %.1f ms, copied in %.1f ms; %.1f %% of the pairs\n", threads,
           threads == 1 ? "" : "s", 1e3 * counting, 1e3 * filling, 100 * share);
    for (int32_t isa : {MLP_AVX512, MLP_AVX2, MLP_NEON}) {
      if (is_usable(isa)) measure(kernels_of(isa), name_of(isa), set.rows(), order, pool);
    }
  }
}
