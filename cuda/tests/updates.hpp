// Each optimizer and the averages, against plain loops in double, with stored gradients.
#pragma once

#include "check.hpp"

struct UpdateCase {
  Settings settings;
  const char* name;
};

inline const std::vector<UpdateCase>& update_cases() {
  static const std::vector<UpdateCase> cases = {
      {{MLP_SGD, {0, 0, 0.1}}, "sgd"},
      {{MLP_SGD, {0.9, 0, 0}}, "sgd with momentum"},
      {{MLP_SGD, {0.9, 1, 0.1}}, "sgd with Nesterov's momentum"},
      {{MLP_ADAM, {0.9, 0.99, 1e-3, 0.1, 0}}, "adam"},
      {{MLP_ADAM, {0.8, 0.999, 1e-8, 0.1, 1}}, "adamw"},
      {{MLP_RMSPROP, {0.9, 1e-3, 0.1}}, "rmsprop"},
      {{MLP_LION, {0.9, 0.99, 0.1}}, "lion"},
  };
  return cases;
}

// Updates `p` by the formulas of src/plan/ops.ts. `a` and `b` are the first and second state, `t` is the step.
inline void update_in_double(const Settings& given, double rate, double t, double g, double* p, double* a, double* b) {
  const auto& [optimizer, s] = given;
  switch (optimizer) {
    case MLP_SGD:
      g += s[2] * *p;
      if (s[0] != 0) {
        *a = s[0] * *a + g;
        g = s[1] != 0 ? g + s[0] * *a : *a;
      }
      *p -= rate * g;
      return;
    case MLP_ADAM: {
      if (s[4] == 0) g += s[3] * *p;
      if (s[4] != 0) *p -= rate * s[3] * *p;
      *a = s[0] * *a + (1 - s[0]) * g;
      *b = s[1] * *b + (1 - s[1]) * g * g;
      *p -= rate * (*a / (1 - std::pow(s[0], t))) / (std::sqrt(*b / (1 - std::pow(s[1], t))) + s[2]);
      return;
    }
    case MLP_RMSPROP:
      g += s[2] * *p;
      *a = s[0] * *a + (1 - s[0]) * g * g;
      *p -= rate * g / (std::sqrt(*a) + s[1]);
      return;
    case MLP_LION: {
      const double mean = s[0] * *a + (1 - s[0]) * g;
      *p -= rate * s[2] * *p + rate * (mean > 0 ? 1 : mean < 0 ? -1 : 0);
      *a = s[1] * *a + (1 - s[1]) * g;
      return;
    }
  }
  __builtin_unreachable();
}

// Tests one update of two parameters in one launch. Every tenth gradient is 0.
inline void test_update(const Size& size, const UpdateCase& given) {
  const double rate = 0.01;
  const uint64_t t = 3;
  Step step(1, 1, 2);
  const float4 row = rates_of_step(given.settings, rate, t);
  DeviceMemory<float4> rates(1);
  rates.write(&row, 1, nullptr);
  const EpochRule rule{rule_of(given.settings), rates.get()};
  const size_t counts[] = {size_t(size.out) * size.in, size_t(size.out)};
  const uint64_t states = needs_of(given.settings).states;
  std::vector<Matrix> parameters, gradients, first, second;
  std::vector<UpdateItem> items;
  for (size_t count : counts) {
    parameters.emplace_back(count);
    gradients.emplace_back(count);
    first.emplace_back(count);
    second.emplace_back(count);
    for (Matrix* matrix : {&gradients.back(), &first.back(), &second.back()}) {
      for (size_t at = 0; at < count; at++) {
        float& value = matrix->values[at];
        if (at % 10 == 9) value = 0;
        if (matrix != &gradients.back() && given.settings.first != MLP_LION) value = std::fabs(value);  // means of squares
      }
      matrix->memory.write(matrix->values.data(), count, nullptr);
    }
    Parameter parameter{parameters.back().get(), {}};
    if (states > 0) parameter.states[0] = first.back().get();
    if (states > 1) parameter.states[1] = second.back().get();
    items.push_back({parameter, gradients.back().get(), count, rule});
  }
  DeviceMemory<UpdateItem> table(items.size());
  table.write(items.data(), items.size(), nullptr);
  DeviceMemory<RowScore> scores(1);
  scores.fill_with_zeros(nullptr);
  check(launch_updates(step.site, {table.get(), 2, counts[0], true},
                       {step.site.progress, step.stop.get(), scores.get(), step.site.batch_size}));
  for (size_t index = 0; index < items.size(); index++) {
    const Matrix &p = parameters[index], &a = first[index], &b = second[index];
    std::vector<double> wanted(p.values.begin(), p.values.end()), wanted_a(a.values.begin(), a.values.end()),
        wanted_b(b.values.begin(), b.values.end());
    for (size_t at = 0; at < wanted.size(); at++) {
      update_in_double(given.settings, rate, t, gradients[index].values[at], &wanted[at], &wanted_a[at], &wanted_b[at]);
    }
    expect_near(p.read(), wanted, 1e-6, text(given.name, size));
    expect_near(a.read(), wanted_a, 1e-6, text("its first state", size));
    expect_near(b.read(), wanted_b, 1e-6, text("its second state", size));
  }
  expect(step.read().step == 1, text("end of the step in the updates", size));
}

inline void test_average(const Size& size) {
  Step step(1, 1, 2);
  const size_t counts[] = {size_t(size.out) * size.in, size_t(size.out)};
  Matrix weights(counts[0]), bias(counts[1]), weights_average(counts[0]), bias_average(counts[1]);
  const AverageItem items[] = {{weights.get(), weights_average.get(), counts[0], 0.9f, 0.1f},
                               {bias.get(), bias_average.get(), counts[1], 0.9f, 0.1f}};
  DeviceMemory<AverageItem> table(2);
  table.write(items, 2, nullptr);
  DeviceMemory<RowScore> scores(1);
  scores.fill_with_zeros(nullptr);
  check(launch_averages(step.site, {table.get(), 2, counts[0], true},
                        {step.site.progress, step.stop.get(), scores.get(), step.site.batch_size}));
  for (const auto& [parameter, average] : {std::pair(&weights, &weights_average), {&bias, &bias_average}}) {
    std::vector<double> wanted(average->values.begin(), average->values.end());
    for (size_t at = 0; at < wanted.size(); at++) wanted[at] = 0.9 * wanted[at] + 0.1 * parameter->values[at];
    expect_near(average->read(), wanted, 1e-6, text("average", size));
  }
  expect(step.read().step == 1, text("end of the step in the averages", size));
}

inline void test_updates(const Size& size) {
  for (const UpdateCase& given : update_cases()) test_update(size, given);
  test_average(size);
}
