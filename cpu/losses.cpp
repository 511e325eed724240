// loss: the loss of each row of y (B, O), its gradient dz (B, O), and whether its prediction is correct.
//
//   softmaxCrossEntropy  loss = -Σ t log softmax(z),  dz = weight (softmax(z) - t) / rows,  t = (1 - ε) onehot + ε / C;
//                        target values are probabilities in place of onehot
//   binaryCrossEntropy   loss = mean(max(z, 0) - z t + log(1 + q)),  dz = weight (sigmoid(z) - t) / (O rows),  q = e^-|z|
//   meanSquaredError     loss = mean((y - t)²),  dy = 2 weight (y - t) / (O rows)
//   huber                loss = mean(h(y - t)),  dy = weight clamp(y - t, -δ, δ) / (O rows),
//                        h(d) = d² / 2 if |d| ≤ δ, else δ (|d| - δ / 2)
//
// The last two turn dy into dz by the derivative of the activation. The weight of a row multiplies its gradient, not its loss.
// For a row that belongs to no class, onehot is 1 / C for each class. Labels, target values and row weights are those of the
// data set; targets (N, O) are row-major.
//
// Split: by rows. Numerics: float32; a sum is one chain for each of 16 lanes, which are then added in the tree of add_lanes().
// Cost: a row of up to 16 outputs is read and written once, and a wider one up to four times, from the caches.
// Compared with `computeLoss()` of the reference backend.
#include <cmath>

#include "activations.hpp"
#include "softmax.hpp"

namespace MLP_ISA {

void softmax_backward(const Panels& y, const Panels& d, Range rows);

namespace {

// The probability of a class whose logit is this far below the largest counts as 0 in the gradient of the softmax cross-entropy
// (it is below 1.7e-28). Else the gradients of a network that has learned its rows well become denormal numbers, which are slow
// on most processors: after 100 epochs of 784-128-64-10 on MNIST, 12 % of them, in 43 % of the rows (measured).
constexpr float LOWEST_LOGIT = -64;

// The label, target values and weight of a row of the batch.
struct Example {
  uint32_t label;        // not used with target values
  const float* targets;  // (O), or null with labels
  float weight;
};

SHARED_INLINE Example example_of(const Loss& loss, uint64_t row) {
  return {loss.labels ? loss.labels[row] : 0, loss.targets ? loss.targets + row * loss.y.columns : nullptr,
          loss.row_weights ? loss.row_weights[row] : 1};
}

// Returns the target of the classes other than the label's: 0, or 1 / C if the row belongs to no class.
SHARED_INLINE float target_of_other_classes(uint32_t label, int classes) {
  return label < static_cast<uint32_t>(classes) ? 0.0f : 1.0f / classes;
}

// Returns the lane of the label's class.
SHARED_INLINE M is_class(uint32_t label, const Place& at) {
  return equal(lane_indices() + splat_words(static_cast<uint32_t>(at.column)), splat_words(label));
}

// Returns whether the label is that of the first largest output of a row. NaN counts as the smallest number, but as the largest
// in the first column, as in a loop of `if (y[o] > y[best]) best = o`. Padding comes too late to be the first.
template <bool NARROW>
SHARED_INLINE bool is_first_largest(const Panels& y, int row, uint32_t label, float largest) {
  const V top = splat(largest);
  uint32_t found = UINT32_MAX;
  for_columns<NARROW>(y.columns, [&](const Place& at) __attribute__((always_inline)) {
    const uint32_t lanes = bits(equal(load(at.of(y, row)), top));
    const uint32_t column = static_cast<uint32_t>(at.column + __builtin_ctz(lanes | 1u << LANES));
    if (lanes != 0 && found > column) found = column;
  });
  const float first = *y.row(0, row);
  return (first != first ? 0 : found) == label;
}

// Returns the first index of the largest of `count` numbers. NaN counts as in is_first_largest().
inline uint32_t index_of_largest(const float* values, int count) {
  int best = 0;
  for (int c = 1; c < count; c++) best = values[c] > values[best] ? c : best;
  return static_cast<uint32_t>(best);
}

template <bool NARROW, bool LABELS>
SHARED_INLINE RowScore cross_entropy_of_row(const Loss& loss, int row, const Example& example) {
  const Panels &z = loss.y, &dz = loss.dz;
  const int classes = z.columns;
  const float largest = largest_of_row<NARROW>(z, row), sum = exp_of_row<NARROW>(z, dz, row, largest, LOWEST_LOGIT);
  const float smoothing = loss.settings[0], share = smoothing / classes;
  const float others = target_of_other_classes(example.label, classes);
  const V factor = splat(1 - smoothing), shares = splat(share);
  const V target_of_class = splat((1 - smoothing) + share), target_of_others = splat((1 - smoothing) * others + share);
  const V top = splat(largest), all = splat(sum), log_sum = log(all);
  const V scale = splat(example.weight / static_cast<float>(loss.batch_rows));
  V losses = zero();
  for_columns<NARROW>(classes, [&](const Place& at) __attribute__((always_inline)) {
    const V target = LABELS ? select(is_class(example.label, at), target_of_class, target_of_others)
                            : factor * load_first(example.targets + at.column, at.count) + shares;
    const V loss_of_class = log_sum - (load(at.of(z, row)) - top);
    losses += keep(at.mask & ~equal(target, zero()), target * loss_of_class);  // 0 times infinity is 0 here, not NaN
    float* gradients = at.of(dz, row);
    store(gradients, (load(gradients) / all - target) * scale);
  });
  const uint32_t label = LABELS ? example.label : index_of_largest(example.targets, classes);
  return {add_lanes(losses), is_first_largest<NARROW>(z, row, label, largest) ? 1u : 0u};
}

// Loss and gradient are computed from q = e^-|z|: it cannot overflow, and q / (1 + q) = 1 - sigmoid(|z|) stays exact when
// sigmoid(|z|) rounds to 1.
SHARED_INLINE RowScore binary_cross_entropy_of_row(const Loss& loss, int row, const Example& example) {
  const int width = loss.y.columns;
  const V scale = splat(1.0f / width), one = splat(1), half = splat(0.5f);
  const V slope = splat(example.weight / (static_cast<float>(width) * loss.batch_rows));
  V losses = zero();
  bool correct = true;
  for_columns(width, [&](const Place& at) __attribute__((always_inline)) {
    const V z = load(at.of(loss.y, row)), target = load_first(example.targets + at.column, at.count);
    const V q = exp(negate(abs(z))), tail = q / (one + q);
    const M above = greater(z, zero()), wanted = greater(target, half);
    losses = fma(keep(at.mask, fnma(z, target, keep(above, z)) + log1p(q)), scale, losses);
    store(at.of(loss.dz, row), select(above, (one - target) - tail, tail - target) * slope);
    if (any(at.mask & ((above & ~wanted) | (wanted & ~above)))) correct = false;
  });
  return {add_lanes(losses), correct ? 1u : 0u};
}

// Writes the gradient of the outputs; so does huber_of_row().
SHARED_INLINE RowScore squared_error_of_row(const Loss& loss, int row, const Example& example) {
  const Panels& y = loss.y;
  const int width = y.columns;
  const V others = splat(target_of_other_classes(example.label, width)), scale = splat(1.0f / width);
  const V slope = splat(2 * example.weight / (static_cast<float>(width) * loss.batch_rows));
  V losses = zero();
  for_columns(width, [&](const Place& at) __attribute__((always_inline)) {
    const V target = example.targets ? load_first(example.targets + at.column, at.count)
                                     : select(is_class(example.label, at), splat(1), others);
    const V difference = load(at.of(y, row)) - target;
    losses = fma(keep(at.mask, difference * difference), scale, losses);
    store(at.of(loss.dz, row), slope * difference);
  });
  const bool correct =
      !example.targets && is_first_largest<false>(y, row, example.label, largest_of_row<false>(y, row));
  return {add_lanes(losses), correct ? 1u : 0u};
}

SHARED_INLINE RowScore huber_of_row(const Loss& loss, int row, const Example& example) {
  const int width = loss.y.columns;
  const float limit = loss.settings[0];
  const V delta = splat(limit), minus_delta = splat(-limit), half_delta = splat(limit / 2), half = splat(0.5f);
  const V scale = splat(1.0f / width);
  const V slope = splat(example.weight / (static_cast<float>(width) * loss.batch_rows));
  V losses = zero();
  for_columns(width, [&](const Place& at) __attribute__((always_inline)) {
    const V difference = load(at.of(loss.y, row)) - load_first(example.targets + at.column, at.count);
    const V distance = abs(difference);
    const V far = delta * (distance - half_delta), near = difference * difference * half;
    losses = fma(keep(at.mask, select(less_equal(distance, delta), near, far)), scale, losses);
    const V limited = max(minus_delta, min(delta, difference));  // NaN stays NaN
    store(at.of(loss.dz, row), slope * limited);
  });
  return {add_lanes(losses), 0};
}

template <class Work>
SHARED_INLINE void for_rows(const Loss& loss, const BatchRows& batch, Range rows, const Work& score_of) {
  for (int row = rows.first; row < rows.last; row++) {
    loss.scores[row] = score_of(row, example_of(loss, batch.row(row)));
  }
}

template <bool NARROW, bool LABELS>
void cross_entropy(const Loss& loss, const BatchRows& batch, Range rows) {
  for_rows(loss, batch, rows, [&](int row, const Example& example) __attribute__((always_inline)) {
    return cross_entropy_of_row<NARROW, LABELS>(loss, row, example);
  });
}

// Turns the gradient of the outputs into that of the sums, in place.
void backward(const Loss& loss, Range rows) {
  const Panels &y = loss.y, &z = loss.z.data ? loss.z : loss.y, &dz = loss.dz;
  if (loss.activation == MLP_LINEAR) return;
  if (loss.activation == MLP_SOFTMAX) return softmax_backward(y, dz, rows);
  with_derivative(loss.activation, [&](auto back) __attribute__((always_inline)) {
    for (int row = rows.first; row < rows.last; row++) {
      for_columns(y.columns, [&](const Place& at) __attribute__((always_inline)) {
        float* gradients = at.of(dz, row);
        store(gradients, back(load(at.of(y, row)), load(at.of(z, row)), load(gradients)));
      });
    }
  });
}

}  // namespace

void loss(const Loss& loss, const BatchRows& batch, Range rows) {
  switch (loss.kind) {
    case MLP_SOFTMAX_CROSS_ENTROPY:
      if (loss.y.columns <= LANES) {
        return loss.labels ? cross_entropy<true, true>(loss, batch, rows) : cross_entropy<true, false>(loss, batch, rows);
      }
      return loss.labels ? cross_entropy<false, true>(loss, batch, rows) : cross_entropy<false, false>(loss, batch, rows);
    case MLP_BINARY_CROSS_ENTROPY:
      return for_rows(loss, batch, rows, [&](int row, const Example& example) __attribute__((always_inline)) {
        return binary_cross_entropy_of_row(loss, row, example);
      });
    case MLP_MEAN_SQUARED_ERROR:
      for_rows(loss, batch, rows, [&](int row, const Example& example) __attribute__((always_inline)) {
        return squared_error_of_row(loss, row, example);
      });
      return backward(loss, rows);
    case MLP_HUBER:
      for_rows(loss, batch, rows, [&](int row, const Example& example) __attribute__((always_inline)) {
        return huber_of_row(loss, row, example);
      });
      return backward(loss, rows);
  }
  __builtin_unreachable();
}

}  // namespace MLP_ISA
