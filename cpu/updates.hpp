// The optimizers: the update of 16 numbers of a parameter in one step, from their gradient in a register. The states are
// loaded, updated and stored with the parameter, and its moving average too if it has one.
//
// Numerics: the formulas of the reference backend in float32, with a fused multiply-add for every sum of a product, and IEEE
// square roots and divisions, so that all processors give the same bits. Cost: a load and a store of 64 bytes for the parameter,
// each state and the average. Adam has 4 multiplications, 2 multiply-adds, 2 additions, 2 comparisons, a square root and a
// division; the last two take most of the time.
// Compared with `update()` of the reference backend.
#pragma once

#include "kernels.hpp"
#include "vector.hpp"

namespace MLP_ISA {

// Every optimizer is a function object: `updater(g, at)` updates the numbers `at` to `at + 15` of the parameter, whose gradient
// is `g`, and returns the new numbers. `at` is a multiple of 16.

// Return a state, or 0 if it has almost decayed. Without a gradient, a state shrinks by a factor in each step, until it is a
// denormal number forever: 0.9 times the smallest ones is rounded to themselves. Such numbers are slow on most processors. After
// 100 epochs on MNIST with Adam, every fourth vector of first moments of 784-128-64-10 has one (measured), and on an AMD EPYC
// (Zen 5) the update of such a vector takes 2.5 times as long. A mean of Adam this small no longer moves a parameter, and its
// product with the learning rate is not denormal either; nor does the root of a square this small change a denominator. Lion
// keeps small means, since it uses their signs.
SHARED_INLINE V decayed_mean(V mean) { return select(less(abs(mean), splat(0x1p-100f)), zero(), mean); }
SHARED_INLINE V decayed(V state) { return select(less(abs(state), splat(0x1p-126f)), zero(), state); }

// average ← decay average + (1 - decay) p.
SHARED_INLINE V updated_average(V average, V p, V decay, V complement) { return fma(decay, average, complement * p); }

// The moving average of a parameter, if it has one.
struct Average {
  float* values;
  V decay, complement;

  SHARED_INLINE Average(const Parameter& parameter, const Update& update)
      : values(parameter.average), decay(splat(update.decay)), complement(splat(update.complement)) {}
  SHARED_INLINE void operator()(V p, size_t at) const {
    if (values) store(values + at, updated_average(load(values + at), p, decay, complement));
  }
};

// SGD: v ← momentum v + g, p ← p - rate v, or with Nesterov p ← p - rate (g + momentum v); without momentum p ← p - rate g.
struct Sgd {
  float *values, *velocities;
  V rate, momentum, weight_decay;
  bool nesterov;
  Average average;

  SHARED_INLINE Sgd(const Parameter& parameter, const Update& update)
      : values(parameter.values),
        velocities(parameter.states[0]),
        rate(splat(update.factors.x)),
        momentum(splat(update.rule.settings[0].value)),
        weight_decay(splat(update.rule.settings[2].value)),
        nesterov(update.rule.settings[1].value != 0),
        average(parameter, update) {}
  SHARED_INLINE V operator()(V g, size_t at) const {
    V p = load(values + at), step = fma(weight_decay, p, g);
    if (velocities) {
      const V velocity = decayed(fma(momentum, load(velocities + at), step));
      store(velocities + at, velocity);
      step = nesterov ? fma(momentum, velocity, step) : velocity;
    }
    p = fnma(rate, step, p);
    store(values + at, p);
    average(p, at);
    return p;
  }
};

// Adam without weight decay and average (arXiv 1412.6980), with both bias corrections in the factors of the step:
// m̂ / (√v̂ + ε) = (√(1 - β₂ᵗ) / (1 - β₁ᵗ)) m / (√v + ε √(1 - β₂ᵗ)).
struct Adam {
  float *values, *means, *squares;
  V beta1, complement1, beta2, complement2, rate, epsilon;

  SHARED_INLINE Adam(const Parameter& parameter, const Update& update)
      : values(parameter.values),
        means(parameter.states[0]),
        squares(parameter.states[1]),
        beta1(splat(update.rule.settings[0].value)),
        complement1(splat(update.rule.settings[0].complement)),
        beta2(splat(update.rule.settings[1].value)),
        complement2(splat(update.rule.settings[1].complement)),
        rate(splat(update.factors.y)),
        epsilon(splat(update.factors.z)) {}
  // Updates the states from the gradient `g`, and returns `rate m̂ / (√v̂ + ε)`.
  SHARED_INLINE V step(V g, size_t at) const {
    const V mean = decayed_mean(fma(beta1, load(means + at), complement1 * g));
    const V square = decayed(fma(complement2 * g, g, beta2 * load(squares + at)));
    store(means + at, mean);
    store(squares + at, square);
    return rate * mean / (sqrt(square) + epsilon);
  }
  SHARED_INLINE V operator()(V g, size_t at) const {
    const V p = load(values + at) - step(g, at);
    store(values + at, p);
    return p;
  }
};

// Adam with weight decay, which is added to the gradient or shrinks the parameter (AdamW, arXiv 1711.05101), and an average.
struct DecayingAdam {
  Adam adam;
  V decay_of_gradient, decay_of_value;
  Average average;

  SHARED_INLINE DecayingAdam(const Parameter& parameter, const Update& update)
      : adam(parameter, update),
        decay_of_gradient(splat(update.factors.x)),
        decay_of_value(splat(update.factors.w)),
        average(parameter, update) {}
  SHARED_INLINE V operator()(V g, size_t at) const {
    const V before = load(adam.values + at), shrunk = fnma(decay_of_value, before, before);
    const V p = shrunk - adam.step(fma(decay_of_gradient, before, g), at);
    store(adam.values + at, p);
    average(p, at);
    return p;
  }
};

// RMSprop: v ← decay v + (1 - decay) g², p ← p - rate g / (√v + ε).
struct Rmsprop {
  float *values, *squares;
  V rate, decay, complement, epsilon, weight_decay;
  Average average;

  SHARED_INLINE Rmsprop(const Parameter& parameter, const Update& update)
      : values(parameter.values),
        squares(parameter.states[0]),
        rate(splat(update.factors.x)),
        decay(splat(update.rule.settings[0].value)),
        complement(splat(update.rule.settings[0].complement)),
        epsilon(splat(update.rule.settings[1].value)),
        weight_decay(splat(update.rule.settings[2].value)),
        average(parameter, update) {}
  SHARED_INLINE V operator()(V g, size_t at) const {
    V p = load(values + at);
    g = fma(weight_decay, p, g);
    const V square = decayed(fma(complement * g, g, decay * load(squares + at)));
    store(squares + at, square);
    p = p - rate * g / (sqrt(square) + epsilon);
    store(values + at, p);
    average(p, at);
    return p;
  }
};

// Lion (arXiv 2302.06675): p ← p - rate λ p - rate sign(β₁ m + (1 - β₁) g), m ← β₂ m + (1 - β₂) g.
struct Lion {
  float *values, *means;
  V rate, decay, beta1, complement1, beta2, complement2;
  Average average;

  SHARED_INLINE Lion(const Parameter& parameter, const Update& update)
      : values(parameter.values),
        means(parameter.states[0]),
        rate(splat(update.factors.x)),
        decay(splat(update.factors.y)),
        beta1(splat(update.rule.settings[0].value)),
        complement1(splat(update.rule.settings[0].complement)),
        beta2(splat(update.rule.settings[1].value)),
        complement2(splat(update.rule.settings[1].complement)),
        average(parameter, update) {}
  SHARED_INLINE V operator()(V g, size_t at) const {
    const V before = load(means + at), mean = fma(beta1, before, complement1 * g);
    // The sign of 0 and of NaN is the number itself.
    const V sign = select(greater(mean, zero()), splat(1), select(less(mean, zero()), splat(-1), mean));
    store(means + at, fma(beta2, before, complement2 * g));
    V p = load(values + at);
    p = fnma(rate, sign, fnma(decay, p, p));
    store(values + at, p);
    average(p, at);
    return p;
  }
};

// Calls `work(updater)` with the function object of the optimizer. A kernel that calls the updater for each vector is compiled
// once for every optimizer, so that the constants stay in registers.
template <class Work>
SHARED_INLINE void with_updater(const Parameter& parameter, const Update& update, const Work& work) {
  switch (update.rule.optimizer) {
    case MLP_SGD: return work(Sgd(parameter, update));
    case MLP_ADAM:
      if (update.rule.settings[3].value == 0 && !parameter.average) return work(Adam(parameter, update));
      return work(DecayingAdam(parameter, update));
    case MLP_RMSPROP: return work(Rmsprop(parameter, update));
    case MLP_LION: return work(Lion(parameter, update));
  }
  __builtin_unreachable();
}

}  // namespace MLP_ISA
