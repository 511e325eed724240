// Tests the kernels of sparse inputs, and SparseSet, on every instruction set of this processor: all bits against plain chains of
// std::fma() over the numbers that are not 0, and all numbers against the kernels of dense inputs. Prints a digest of the results.
#include <cmath>
#include <cstdio>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "instruction_set.hpp"
#include "memory.hpp"
#include "sparse_rows.hpp"

namespace {

int faults = 0;
uint64_t digest = 14695981039346656037u;

void expect(bool holds, const std::string& check) {
  if (!holds && faults++ < 20) fprintf(stderr, "fault: %s\n", check.c_str());
}

std::mt19937 generator(1);
float draw() { return static_cast<float>(static_cast<int32_t>(generator()) * 0x1p-31); }
bool chance(double share) { return generator() * 0x1p-32 < share; }

uint32_t bits_of(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

using Numbers = std::vector<float>;
bool same_bits(const Numbers& a, const Numbers& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

// A matrix in panels; its padding is NaN.
struct Matrix {
  Memory<float> memory;
  Panels panels;
  Matrix(int rows, int columns, bool random)
      : memory(static_cast<size_t>(rows) * round_up(columns, LANES)), panels{memory.get(), rows, columns} {
    for (size_t at = 0; at < memory.count(); at++) memory[at] = NAN;
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) at(row, column) = random ? draw() : NAN;
    }
  }
  float& at(int row, int column) const { return *panels.at(row, column); }
  Numbers numbers() const {
    Numbers all;
    for (int row = 0; row < panels.rows; row++) {
      for (int column = 0; column < panels.columns; column++) all.push_back(at(row, column));
    }
    return all;
  }
};

struct Case {
  int set_rows, inputs, outputs, batch;  // batch: rows of the step
  int first_row;                         // of the batch, for this process
  double share;                          // of the numbers that are not 0
  bool bytes;
};

// A data set with rows and columns without entries, its sparse rows, and a batch in random order.
struct Data {
  Case size;
  std::vector<uint8_t> bytes;
  std::vector<float> floats;
  SparseSet set;
  std::vector<uint32_t> order;
  static constexpr float SCALE = 1.0f / 255;

  explicit Data(const Case& size) : size(size) {
    const int columns = size.inputs;
    for (int row = 0; row < size.set_rows; row++) {
      for (int column = 0; column < columns; column++) {
        const bool empty = row % 5 == 3 || column % 7 == 4 || !chance(size.share);
        bytes.push_back(empty ? 0 : static_cast<uint8_t>(1 + generator() % 255));
        floats.push_back(empty ? (chance(0.5) ? -0.0f : 0.0f) : draw());
      }
    }
    for (int b = 0; b < size.batch; b++) order.push_back(generator() % static_cast<uint32_t>(size.set_rows));
  }
  DenseRows dense() const {
    return {size.bytes ? bytes.data() : nullptr, size.bytes ? nullptr : floats.data(), size.inputs, SCALE};
  }
  BatchRows batch() const { return {order.data(), 0}; }
  // Returns x[b][i].
  float x(int b, int i) const {
    const size_t at = static_cast<size_t>(order[static_cast<size_t>(b)]) * size.inputs + i;
    return SCALE * (size.bytes ? static_cast<float>(bytes[at]) : floats[at]);
  }
  bool is_zero(int b, int i) const { return x(b, i) == 0; }
};

// ---- SparseSet ----

std::string text(const char* what, const Case& size) {
  return std::string(what) + " with " + std::to_string(size.set_rows) + " rows, " + std::to_string(size.inputs) + " inputs, " +
         std::to_string(size.outputs) + " outputs, a batch of " + std::to_string(size.first_row) + " to " +
         std::to_string(size.batch) + ", share " + std::to_string(size.share) + (size.bytes ? ", bytes" : ", floats");
}

void test_set(Data& data) {
  const Case& size = data.size;
  const size_t columns = static_cast<size_t>(size.inputs), pairs = (columns + 1) / 2;
  for (int threads : {3, 1}) {
    ThreadPool pool(threads);
    const double share = data.set.count(data.dense(), static_cast<uint64_t>(size.set_rows), pool);
    data.set.fill(pool);
    const SparseRows rows = data.set.rows();
    const uint64_t count = rows.starts[size.set_rows];
    expect(rows.scale == Data::SCALE && (size.bytes ? rows.floats == nullptr : rows.floats != nullptr || count == 0), text("SparseSet: kind", size));
    expect(std::fabs(share - static_cast<double>(count) / (static_cast<double>(pairs) * size.set_rows)) < 1e-12,
           text("SparseSet: share", size));
    bool ascending = true, needed = true;
    std::vector<float> found(columns * static_cast<size_t>(size.set_rows));
    for (size_t row = 0; row < static_cast<size_t>(size.set_rows); row++) {
      for (uint64_t e = rows.starts[row]; e < rows.starts[row + 1]; e++) {
        ascending &= e == rows.starts[row] || rows.entries[e - 1] >> 16 < rows.entries[e] >> 16;
        float both[2];
        for (int half = 0; half < 2; half++) {
          both[half] = size.bytes ? static_cast<float>(rows.entries[e] >> 8 * half & 255) : rows.floats[2 * e + half];
          const size_t column = 2 * size_t(rows.entries[e] >> 16) + half;
          if (column < columns) found[row * columns + column] = both[half];
          else expect(both[half] == 0, text("SparseSet: number after the last column", size));
        }
        needed &= both[0] != 0 || both[1] != 0;
      }
    }
    bool same = true;
    for (size_t at = 0; at < found.size(); at++) same &= found[at] == (size.bytes ? float(data.bytes[at]) : data.floats[at]);
    expect(ascending, text("SparseSet: order", size));
    expect(needed, text("SparseSet: entry of zeros", size));
    expect(same, text("SparseSet: numbers", size));
  }
}

// ---- kernels ----

// Lists with room for a batch. Everything that is not written holds a mark.
struct Lists {
  Memory<uint32_t> counts, entries;
  Memory<float> values;
  ColumnLists lists;
  explicit Lists(const Case& size)
      : counts(list_count(size.batch, size.inputs)),
        entries(counts.count() * LIST_STRIDE),
        values(size.bytes ? 0 : entries.count() * 2) {
    for (size_t at = 0; at < counts.count(); at++) counts[at] = 0x7fffffff;
    for (size_t at = 0; at < entries.count(); at++) entries[at] = 0xffffffff;
    for (size_t at = 0; at < values.count(); at++) values[at] = NAN;
    lists = {counts.get(), entries.get(), values.get(), (size.inputs + 1) / 2, Data::SCALE};
  }
};

void for_all_sets(const std::function<void(const Kernels&, const std::string& name)>& work) {
  for (int32_t set : {MLP_AVX2, MLP_AVX512, MLP_NEON}) {
    if (is_usable(set)) work(kernels_of(set), std::string(" (") + name_of(set) + ")");
  }
}

// Calls `work` with one share, with shares of `step`, and with two uneven shares in descending order.
void for_all_shares(Range all, int step, const std::function<void(const std::vector<Range>&)>& work) {
  work({all});
  std::vector<Range> single;
  for (int first = all.first; first < all.last; first += step) single.push_back({first, std::min(first + step, all.last)});
  work(single);
  const int third = std::min(all.first + round_up(all.count() / 3, step), all.last);
  work({{third, all.last}, {all.first, third}});
}

void add_to_digest(const Numbers& numbers) {
  for (float number : numbers) digest = (digest ^ bits_of(number)) * 1099511628211u;
}

Range rows_of(const Case& size) { return {size.first_row, size.batch}; }

void test_linear(const Data& data, mlp_activation activation) {
  const Case& size = data.size;
  const Range rows = rows_of(size);
  const Matrix weights(size.inputs, size.outputs, true), bias(1, size.outputs, true);
  Numbers wanted;
  for (int b = rows.first; b < rows.last; b++) {
    for (int o = 0; o < size.outputs; o++) {
      float z = bias.at(0, o);
      for (int i = 0; i < size.inputs; i++) {
        if (!data.is_zero(b, i)) z = std::fma(data.x(b, i), weights.at(i, o), z);
      }
      wanted.push_back(z);
    }
  }
  const auto of_rows = [&](const Matrix& matrix) {
    const Numbers all = matrix.numbers();
    return Numbers(all.begin() + static_cast<ptrdiff_t>(rows.first) * size.outputs, all.end());
  };
  Numbers activated;
  for_all_sets([&](const Kernels& kernels, const std::string& name) {
    const Matrix x(size.batch, size.inputs, false), dense_y(size.batch, size.outputs, false);
    kernels.gather({data.dense(), x.panels}, data.batch(), rows);
    kernels.linear({x.panels, weights.panels, bias.panels.data, dense_y.panels, {}, activation}, rows,
                   {0, dense_y.panels.panels()});
    for (bool keeps_sums : {false, true}) {
      for_all_shares(rows, 37, [&](const std::vector<Range>& shares) {
        const Matrix y(size.batch, size.outputs, false), z(size.batch, size.outputs, false);
        const Linear op{{}, weights.panels, bias.panels.data, y.panels, keeps_sums ? z.panels : Panels{}, activation};
        Lists own(size);
        for (const Range& share : shares) {
          kernels.column_lists(data.set.rows(), data.batch(), share, {0, size.inputs}, own.lists);
          for (int panel = y.panels.panels(); panel-- > 0;) kernels.linear_sparse(op, own.lists, share, {panel, panel + 1});
        }
        if (keeps_sums) expect(same_bits(of_rows(z), wanted), text("linear_sparse: sums", size) + name);
        const Numbers found = of_rows(y), dense = of_rows(dense_y);
        bool equal = true;  // 0 and -0 are equal
        for (size_t at = 0; at < found.size(); at++) equal &= found[at] == dense[at];
        expect(equal, text("linear_sparse: not as linear", size) + name);
        if (activation == MLP_LINEAR) expect(same_bits(found, wanted), text("linear_sparse", size) + name);
        if (activated.empty()) activated = found;
        expect(same_bits(found, activated), text("linear_sparse: other bits", size) + name);
        for (int b = 0; b < rows.first; b++) expect(std::isnan(y.at(b, 0)), text("linear_sparse: row of others", size) + name);
      });
    }
  });
  add_to_digest(activated);
}

Slices slices_of(const Case& size, int count) {
  Slices slices{count, {}};
  const Range rows = rows_of(size);
  for (int s = 0; s <= count; s++) slices.bounds[s] = rows.first + rows.count() * s / count;
  return slices;
}

// Returns the gradient (I, O) by plain chains.
Numbers gradient_of(const Data& data, const Matrix& dz, const Slices& slices) {
  Numbers all;
  for (int i = 0; i < data.size.inputs; i++) {
    for (int o = 0; o < data.size.outputs; o++) {
      float sums[MAX_SLICES] = {};
      for (int s = 0; s < slices.count; s++) {
        for (int b = slices.bounds[s]; b < slices.bounds[s + 1]; b++) {
          if (!data.is_zero(b, i)) sums[s] = std::fma(data.x(b, i), dz.at(b, o), sums[s]);
        }
      }
      for (int step = 1; step < slices.count; step *= 2) {
        for (int s = 0; s < slices.count; s += 2 * step) sums[s] += sums[s + step];
      }
      all.push_back(sums[0]);
    }
  }
  return all;
}

void test_gradient(const Data& data, int slice_count) {
  const Case& size = data.size;
  const Range rows = rows_of(size), inputs = {0, size.inputs};
  const Matrix dz(size.batch, size.outputs, true);
  const Slices slices = slices_of(size, slice_count);
  const Numbers wanted = gradient_of(data, dz, slices);
  for_all_sets([&](const Kernels& kernels, const std::string& name) {
    const Matrix x(size.batch, size.inputs, false), dense(size.inputs, size.outputs, false);
    kernels.gather({data.dense(), x.panels}, data.batch(), rows);
    kernels.linear_backward_weight({x.panels, dz.panels, dense.panels, dense.panels.data, {}, {}}, slices, Update{}, inputs,
                                   {0, dense.panels.panels()});
    const Numbers of_dense = dense.numbers();
    for_all_shares(inputs, 16, [&](const std::vector<Range>& shares) {
      const Matrix found(size.inputs, size.outputs, false);
      const LinearBackwardWeight op{{}, dz.panels, found.panels, found.panels.data, {}, {}};
      for (const Range& share : shares) {
        Lists own(size);
        kernels.column_lists(data.set.rows(), data.batch(), rows, share, own.lists);
        for (int panel = 0; panel < found.panels.panels(); panel++) {
          kernels.linear_backward_weight_sparse(op, own.lists, slices, Update{}, share, {panel, panel + 1});
        }
      }
      const Numbers numbers = found.numbers();
      expect(same_bits(numbers, wanted), text("linear_backward_weight_sparse", size) + name);
      bool equal = true;
      for (size_t at = 0; at < numbers.size(); at++) equal &= numbers[at] == of_dense[at];
      expect(equal, text("linear_backward_weight_sparse: not as linear_backward_weight", size) + name);
    });
  });
  add_to_digest(wanted);
}

// An update at once must be the update from the stored gradient.
void test_update(const Data& data, const Settings& settings, bool with_average) {
  const Case& size = data.size;
  const Range inputs = {0, size.inputs};
  const Matrix dz(size.batch, size.outputs, true);
  const Slices slices = slices_of(size, 1);
  for_all_sets([&](const Kernels& kernels, const std::string& name) {
    std::vector<Numbers> results[2];
    generator.seed(7);
    const Matrix start(size.inputs, size.outputs, true);
    for (bool stored : {false, true}) {
      std::vector<Matrix> all;  // the parameter, two states, the average
      for (int n = 0; n < 4; n++) {
        all.emplace_back(size.inputs, size.outputs, false);
        std::memcpy(all[n].memory.get(), start.memory.get(), start.memory.count() * sizeof(float));
      }
      // A second moment is not negative.
      for (size_t at = 0; at < start.memory.count(); at++) {
        for (int state : {1, 2}) all[state].memory[at] = std::fabs(start.memory[at]);
      }
      Parameter parameter{all[0].panels.data, {}, with_average ? all[3].panels.data : nullptr};
      for (uint64_t state = 0; state < needs_of(settings).states; state++) parameter.states[state] = all[1 + state].panels.data;
      const Update update{rule_of(settings), factors_of_step(settings, 0.01, 3), 0.9f, 0.1f};
      const Matrix gradient(size.inputs, size.outputs, false);
      LinearBackwardWeight op{{}, dz.panels, all[0].panels, stored ? gradient.panels.data : nullptr, parameter, {}};
      Lists own(size);
      kernels.column_lists(data.set.rows(), data.batch(), rows_of(size), inputs, own.lists);
      kernels.linear_backward_weight_sparse(op, own.lists, slices, update, inputs, {0, all[0].panels.panels()});
      if (stored) kernels.update(parameter, gradient.panels.data, update, gradient.panels.size());
      for (const Matrix& matrix : all) results[stored].push_back(matrix.numbers());
    }
    for (size_t n = 0; n < 4; n++) {
      expect(same_bits(results[0][n], results[1][n]), text("linear_backward_weight_sparse: update", size) + name);
    }
    expect(!same_bits(results[0][0], start.numbers()), text("linear_backward_weight_sparse: no update", size) + name);
  });
}

}  // namespace

int main() {
  const Case cases[] = {{40, 784, 128, 128, 0, 0.2, true},  {9, 1, 1, 1, 0, 1, true},          {3, 2, 10, 5, 0, 0.5, false},
                        {20, 7, 17, 33, 0, 0.3, true},      {30, 33, 48, 129, 0, 0.4, false},  {50, 65, 80, 300, 0, 0.1, true},
                        {50, 100, 65, 260, 130, 0.3, true}, {60, 30, 112, 256, 96, 0.5, false}, {5, 17, 3, 12, 7, 0, true},
                        {64, 131, 20, 384, 128, 0.05, false}};
  for (const Case& size : cases) {
    Data data(size);
    test_set(data);
    for (mlp_activation activation : {MLP_LINEAR, MLP_RELU, MLP_GELU}) test_linear(data, activation);
    for (int slices : {1, 2, 4, 8}) test_gradient(data, slices);
    for (bool average : {false, true}) {
      test_update(data, {MLP_ADAM, {0.9, 0.999, 1e-8, 0, 0}}, average);
      test_update(data, {MLP_ADAM, {0.9, 0.999, 1e-8, 0.01, 1}}, average);
      test_update(data, {MLP_SGD, {0.9, 1, 0.001}}, average);
      test_update(data, {MLP_LION, {0.9, 0.99, 0.01}}, average);
    }
  }
  printf("sparse inputs: %016llx\n", static_cast<unsigned long long>(digest));
  if (faults > 0) fprintf(stderr, "%d faults\n", faults);
  return faults > 0;
}
