// Random plans as lists of calls, with faults.
#pragma once

#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "mlp.h"

// A row of random numbers; equal seeds and streams give equal ones (splitmix64).
class Random {
 public:
  Random(uint64_t seed, uint64_t stream) : state_(seed * 0x9e3779b97f4a7c15u ^ (stream + 1) * 0xd1342543de82ef95u) {}
  uint64_t next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  uint32_t below(uint32_t count) { return count == 0 ? 0 : static_cast<uint32_t>((next() >> 32) * count >> 32); }
  float real(float least, float most) { return least + (most - least) * static_cast<float>(next() >> 40) * 0x1p-24f; }
  template <class T, size_t count>
  T pick(const T (&items)[count]) {
    return items[below(static_cast<uint32_t>(count))];
  }

 private:
  uint64_t state_;
};

enum class Kind {
  threads, buffer, inputs_u8, inputs_f32, labels, targets, row_weights, gather, dropout, linear, loss, backward_input,
  backward_weight, clip, update, average, finish, describe, write, read, epoch, predict, stop
};

// A call of a function of mlp.h.
struct Call {
  Kind kind;
  std::vector<int64_t> numbers;  // its whole numbers, in their order
  std::vector<double> reals;     // its other numbers
  uint64_t count = 0;            // the number of elements of its array
  bool null = false;             // true if the array is null
  bool odd = false;
};

struct Script {
  int32_t device = 0, path = 0;
  uint32_t batch = 1, faults = 0;
  bool goes_on = false;
  std::vector<Call> calls;
};

// Whole numbers at which types and limits end.
constexpr int64_t EDGES[] = {0, 1, -1, 2, 3, 5, 7, 100, 1023, 1025, 65536, 1 << 20, (1 << 30) - 1, 1 << 30, (1 << 30) + 1, INT32_MAX,
                             INT32_MIN, UINT32_MAX, int64_t(1) << 32, INT64_MAX, INT64_MIN};
constexpr double ODD_REALS[] = {0, -0.0, 1, -1, 0.5, 2, 1e-300, 1e300, -1e300, 1e-45, INFINITY, -INFINITY, NAN};

// The largest number of elements of an array with a wrong size.
constexpr uint64_t MOST_ELEMENTS = 4096;

// Changes one field of a script.
inline void add_fault(Script& script, Random& random, bool is_cpu) {
  script.faults++;
  std::vector<Call>& calls = script.calls;
  const uint32_t at = random.below(static_cast<uint32_t>(calls.size())), other = random.below(static_cast<uint32_t>(calls.size()));
  Call& call = calls[at];
  const auto changed = [&](int64_t value) {
    switch (random.below(4)) {
      case 0: return static_cast<int64_t>(static_cast<uint64_t>(value) + 1);
      case 1: return static_cast<int64_t>(static_cast<uint64_t>(value) - 1);
      case 2: return static_cast<int64_t>(random.below(24));
      default: return random.pick(EDGES);
    }
  };
  switch (random.below(16)) {
    case 0: calls.erase(calls.begin() + at); return;
    case 1: calls.insert(calls.begin() + other, Call(call)); return;
    case 2: std::swap(calls[at], calls[other]); return;
    case 3:
      script.batch = random.below(4) == 0 ? static_cast<uint32_t>(random.pick(EDGES)) : random.below(9);
      if (!is_cpu && script.batch > 100 && script.batch < 1u << 30) script.batch = 100;  // the emulation is slow
      return;
    case 4:
      if (random.below(4) == 0) script.device = static_cast<int32_t>(random.pick(EDGES));
      else script.path = static_cast<int32_t>(random.pick(EDGES));
      return;
    case 5:
      call.count = random.below(3) == 0 ? random.below(MOST_ELEMENTS) : call.count + (random.below(2) ? 1 : -1);
      if (call.count > MOST_ELEMENTS) call.count = 0;
      call.odd = true;
      return;
    case 6: call.null = true; return;
    case 7:
      if (call.reals.empty() || random.below(2)) call.reals.push_back(random.pick(ODD_REALS));
      else if (call.kind != Kind::gather && call.kind != Kind::dropout && call.kind != Kind::backward_input && call.kind != Kind::average &&
               call.kind != Kind::clip) call.reals.pop_back();
      return;
    case 8: case 9:
      if (!call.reals.empty()) call.reals[random.below(static_cast<uint32_t>(call.reals.size()))] = random.pick(ODD_REALS);
      return;
    default: {
      if (call.numbers.empty()) return;
      const uint32_t field = random.below(static_cast<uint32_t>(call.numbers.size()));
      // The numbers of rows and of results say how large arrays of this program are.
      if (call.kind == Kind::epoch && (field == 1 || field == 3)) call.numbers[field] = random.below(30);
      else call.numbers[field] = changed(call.numbers[field]);
    }
  }
}

// Returns a plan of a network that trains or predicts, with one to four faults or without.
inline Script make_script(Random& random, bool is_cpu) {
  Script script;
  const auto less = [&](uint32_t count) { return static_cast<int64_t>(random.below(count)); };
  const auto chance = [&](uint32_t of) { return random.below(of) == 0; };
  script.path = static_cast<int32_t>(less(4));
  if (is_cpu && script.path == MLP_PATH_PERSISTENT) script.path = MLP_PATH_GRAPH;
  script.batch = 1 + random.below(chance(8) ? 40 : 6);
  std::vector<Call>& calls = script.calls;
  const auto call = [&](Kind kind, std::vector<int64_t> numbers = {}, std::vector<double> reals = {}, uint64_t count = 0) {
    calls.push_back({kind, std::move(numbers), std::move(reals), count});
  };
  int32_t next = 0;
  std::vector<Call> buffers;
  std::vector<uint64_t> sizes;
  const auto buffer = [&](int64_t rows, int64_t columns) -> int64_t {
    buffers.push_back({Kind::buffer, {rows, columns}, {}, 0});
    sizes.push_back(static_cast<uint64_t>(rows * columns));
    return next++;
  };

  const uint32_t layer_count = 1 + random.below(3);
  const int64_t rows = 1 + less(12);
  const bool trains = !chance(4), weighted = trains && chance(4), averages = trains && chance(5), clips = trains && chance(4);
  std::vector<int64_t> widths;
  for (uint32_t at = 0; at <= layer_count; at++) widths.push_back(1 + less(chance(6) ? 40 : 6));
  const int32_t loss = static_cast<int32_t>(less(MLP_LOSSES));
  const bool logits = loss == MLP_SOFTMAX_CROSS_ENTROPY || loss == MLP_BINARY_CROSS_ENTROPY;
  const bool labels = loss == MLP_SOFTMAX_CROSS_ENTROPY ? true : loss == MLP_MEAN_SQUARED_ERROR ? chance(2) : false;
  const int32_t optimizer = static_cast<int32_t>(less(MLP_OPTIMIZERS));

  const int64_t x = buffer(0, widths[0]), target = trains ? buffer(0, labels ? 1 : widths[layer_count]) : -1;
  const int64_t row_weights = weighted ? buffer(0, 1) : -1;
  struct Layer {
    int64_t in, dropped, w, b, y, z, activation, dw, db, dz;
    double rate;
  };
  std::vector<Layer> layers;
  std::vector<Call> ops;
  const auto op = [&](Kind kind, std::vector<int64_t> numbers, std::vector<double> reals = {}) {
    ops.push_back({kind, std::move(numbers), std::move(reals), 0});
  };
  op(Kind::gather, {x, target, row_weights}, {chance(2) ? 1.0 : 1.0 / 255});
  int64_t before = x;
  for (uint32_t at = 0; at < layer_count; at++) {
    const bool is_last = at + 1 == layer_count;
    Layer layer{};
    layer.in = layer.dropped = before;
    layer.rate = trains && chance(5) ? 0.5 : 0;
    layer.activation = is_last && logits ? int64_t(MLP_LINEAR) : less(MLP_ACTIVATIONS);
    if (!is_last && layer.activation == MLP_SOFTMAX) layer.activation = MLP_RELU;
    const bool has_sums = layer.activation == MLP_SILU || layer.activation == MLP_MISH || layer.activation == MLP_GELU;
    if (layer.rate > 0) layer.dropped = buffer(0, widths[at]);
    layer.w = buffer(widths[at + 1], widths[at]);
    layer.b = buffer(1, widths[at + 1]);
    layer.y = buffer(0, widths[at + 1]);
    layer.z = has_sums ? buffer(0, widths[at + 1]) : -1;
    if (layer.rate > 0) op(Kind::dropout, {layer.in, layer.dropped, 7, at}, {layer.rate});
    op(Kind::linear, {layer.dropped, layer.w, layer.b, layer.y, layer.z, layer.activation});
    before = layer.y;
    layers.push_back(layer);
  }
  if (trains) {
    for (Layer& layer : layers) {
      layer.dw = buffer(buffers[static_cast<size_t>(layer.w)].numbers[0], buffers[static_cast<size_t>(layer.w)].numbers[1]);
      layer.db = buffer(1, buffers[static_cast<size_t>(layer.b)].numbers[1]);
      layer.dz = buffer(0, buffers[static_cast<size_t>(layer.b)].numbers[1]);
    }
    const Layer& last = layers.back();
    const std::vector<double> settings =
        loss == MLP_SOFTMAX_CROSS_ENTROPY ? std::vector<double>{0.1} : loss == MLP_HUBER ? std::vector<double>{1} : std::vector<double>{};
    op(Kind::loss, {loss, last.y, last.z, target, labels, row_weights, last.dz, last.activation}, settings);
    for (uint32_t at = layer_count; at-- > 0;) {
      if (at > 0) {
        const Layer& previous = layers[at - 1];
        op(Kind::backward_input, {layers[at].dz, layers[at].w, previous.y, previous.z, previous.dz, previous.activation, 7, at}, {layers[at].rate});
      }
    }
    for (const Layer& layer : layers) op(Kind::backward_weight, {layer.dropped, layer.dz, layer.dw, layer.db});
    if (clips) {
      std::vector<int64_t> gradients;
      for (const Layer& layer : layers) gradients.insert(gradients.end(), {layer.dw, layer.db});
      op(Kind::clip, gradients, {0.5});
    }
    const double decay = chance(2) ? 0.01 : 0, momentum = chance(2) ? 0.9 : 0;
    const std::vector<double> all[] = {{momentum, momentum > 0 && chance(2) ? 1.0 : 0.0, decay}, {0.9, 0.999, 1e-8, decay, chance(2) ? 1.0 : 0.0},
                                       {0.9, 1e-8, decay}, {0.9, 0.99, decay}};
    const uint32_t states = optimizer == MLP_ADAM ? 2 : optimizer == MLP_SGD && momentum == 0 ? 0 : 1;
    for (const Layer& layer : layers) {
      for (const auto& [parameter, gradient] : {std::pair<int64_t, int64_t>{layer.w, layer.dw}, {layer.b, layer.db}}) {
        std::vector<int64_t> numbers = {optimizer, parameter, gradient};
        for (uint32_t state = 0; state < states; state++) {
          const std::vector<int64_t> shape = buffers[static_cast<size_t>(parameter)].numbers;
          numbers.push_back(buffer(shape[0], shape[1]));
        }
        op(Kind::update, numbers, all[optimizer]);
      }
    }
    if (averages) {
      for (const Layer& layer : layers) {
        for (const int64_t parameter : {layer.w, layer.b}) {
          const std::vector<int64_t> shape = buffers[static_cast<size_t>(parameter)].numbers;
          op(Kind::average, {parameter, buffer(shape[0], shape[1])}, {0.9});
        }
      }
    }
  }

  call(Kind::threads);
  for (const Call& made : buffers) calls.push_back(made);
  const Kind inputs = chance(2) ? Kind::inputs_u8 : Kind::inputs_f32;
  call(inputs, {widths[0]}, {}, static_cast<uint64_t>(rows * widths[0]));
  if (trains && labels) call(Kind::labels, {}, {}, static_cast<uint64_t>(rows));
  if (trains && !labels) call(Kind::targets, {widths[layer_count]}, {}, static_cast<uint64_t>(rows * widths[layer_count]));
  if (weighted) call(Kind::row_weights, {}, {}, static_cast<uint64_t>(rows));
  for (const Call& made : ops) calls.push_back(made);
  call(Kind::finish);
  call(Kind::describe, {}, {}, random.below(200));
  std::vector<int64_t> parameters;
  uint64_t numbers = 0;
  for (const Layer& layer : layers) {
    for (const int64_t id : {layer.w, layer.b}) parameters.push_back(id), numbers += sizes[static_cast<size_t>(id)];
  }
  call(Kind::write, parameters, {}, numbers);
  if (trains) {
    const int64_t runs = is_cpu ? 1 + less(2) : 1;  // the emulation is slow
    for (int64_t run = 1; run <= runs; run++) {
      const uint64_t of_epoch = 1 + random.below(is_cpu ? 12 : 4), steps = (of_epoch + script.batch - 1) / script.batch;
      call(Kind::epoch, {run, rows, less(100), MLP_RESULTS}, std::vector<double>(steps, 0.01), of_epoch);
    }
    if (chance(4)) call(Kind::stop, {3});
    call(Kind::read, parameters, {}, numbers);
  } else {
    call(Kind::predict, {layers.back().y}, {}, static_cast<uint64_t>(rows * widths[layer_count]));
  }
  script.goes_on = chance(3);
  if (!chance(8)) {
    for (uint32_t faults = 1 + random.below(3); faults > 0; faults--) add_fault(script, random, is_cpu);
  }
  return script;
}
