// Each optimizer, averages and clipping, against formulas in double.
#pragma once

#include "rows_check.hpp"

// Updates `p` by the formulas of the reference backend. `a` and `b` are the first and second state, `t` is the step.
inline void update_in_double(const Settings& given, double rate, double t, Bounded g, Bounded* p, Bounded* a, Bounded* b) {
  const auto& [optimizer, values] = given;
  // A setting, its complement and a factor of the step are rounded to float32.
  const auto number = [](double value) { return rounded(value, 0); };
  const auto s = [&](int index) { return number(given.second[index]); };
  const auto complement = [&](int index) { return number(1 - given.second[index]); };
  switch (optimizer) {
    case MLP_SGD:
      g = g + s(2) * *p;
      if (values[0] != 0) {
        *a = s(0) * *a + g;
        g = values[1] != 0 ? g + s(0) * *a : *a;
      }
      *p = *p - number(rate) * g;
      return;
    case MLP_ADAM: {
      const double root = std::sqrt(1 - std::pow(values[1], t));
      if (values[4] == 0) g = g + s(3) * *p;
      if (values[4] != 0) *p = *p - number(rate * values[3]) * *p;
      *a = s(0) * *a + complement(0) * g;
      *b = s(1) * *b + complement(1) * g * g;
      *p = *p - number(rate * root / (1 - std::pow(values[0], t))) * *a / (sqrt(*b) + number(values[2] * root));
      return;
    }
    case MLP_RMSPROP:
      g = g + s(2) * *p;
      *a = s(0) * *a + complement(0) * g * g;
      *p = *p - number(rate) * g / (sqrt(*a) + s(1));
      return;
    case MLP_LION: {
      const double mean = values[0] * a->value + (1 - values[0]) * g.value;
      *p = *p - number(rate * values[2]) * *p - number(rate) * Bounded(mean > 0 ? 1 : mean < 0 ? -1 : 0);
      *a = s(1) * *a + complement(1) * g;
      return;
    }
  }
  __builtin_unreachable();
}

inline void test_update(const char* optimizer, const Settings& settings, bool averaged) {
  constexpr size_t COUNT = 16 * 37;
  constexpr double RATE = 0.013, DECAY = 0.9;
  const uint64_t states = needs_of(settings).states;
  const std::string name = std::string(optimizer) + (averaged ? " with an average" : "");
  Guarded<float> arrays[5] = {Guarded<float>(COUNT), Guarded<float>(COUNT), Guarded<float>(COUNT), Guarded<float>(COUNT),
                              Guarded<float>(COUNT)};  // parameter, states, average, gradient
  for (size_t at = 0; at < COUNT; at++) {
    for (Guarded<float>& array : arrays) array[at] = draw(0.1);
    arrays[2][at] = std::fabs(arrays[2][at]);  // squares
    if (settings.first == MLP_RMSPROP) arrays[1][at] = std::fabs(arrays[1][at]);
    if (at % 10 == 0) arrays[4][at] = 0;
    if (at % 20 == 0) arrays[1][at] = arrays[2][at] = 0;
  }
  for (uint64_t step : {1, 2, 1000}) {
    const Update update{rule_of(settings), factors_of_step(settings, RATE, step), float(DECAY), float(1 - DECAY)};
    const auto run = [&](const Tested& set, const std::vector<Range>& shares) {
      std::vector<std::unique_ptr<Guarded<float>>> copies;
      for (int array = 0; array < 4; array++) {
        copies.push_back(std::make_unique<Guarded<float>>(COUNT));
        std::copy(arrays[array].data(), arrays[array].data() + COUNT, copies.back()->data());
      }
      for (Range share : shares) {
        const auto from = [&](int array) { return copies[array]->data() + share.first; };
        const Parameter parameter{from(0), {states > 0 ? from(1) : nullptr, states > 1 ? from(2) : nullptr},
                                  averaged ? from(3) : nullptr};
        set.kernels.update(parameter, arrays[4].data() + share.first, update, share.count());
      }
      std::vector<float> all;
      for (const auto& copy : copies) all.insert(all.end(), copy->data(), copy->data() + COUNT);
      return all;
    };
    const std::vector<float> found = same_in_all(COUNT, LANES, name, run);
    for (size_t at = 0; at < COUNT; at++) {
      Bounded p = arrays[0][at], a = arrays[1][at], b = arrays[2][at], average = arrays[3][at];
      update_in_double(settings, RATE, step, arrays[4][at], &p, &a, &b);
      if (averaged) average = rounded(DECAY, 0) * average + rounded(1 - DECAY, 0) * p;
      const Bounded wanted[] = {p, a, b, average};
      for (int array = 0; array < 4; array++) {
        const std::string here = name + ", array " + std::to_string(array) + ", step " + std::to_string(step);
        expect_near(found[array * COUNT + at], wanted[array], here);
      }
    }
    for (int array = 0; array < 4; array++) {
      std::copy(&found[array * COUNT], &found[array * COUNT] + COUNT, arrays[array].data());
    }
  }
}

inline void test_updates() {
  for (bool averaged : {false, true}) {
    test_update("sgd", {MLP_SGD, {0, 0, 0}}, averaged);
    test_update("sgd with weight decay", {MLP_SGD, {0, 0, 0.1}}, averaged);
    test_update("sgd with momentum", {MLP_SGD, {0.9, 0, 0}}, averaged);
    test_update("sgd with Nesterov's momentum", {MLP_SGD, {0.9, 1, 0.1}}, averaged);
    test_update("adam", {MLP_ADAM, {0.9, 0.999, 1e-8, 0, 0}}, averaged);
    test_update("adam with weight decay", {MLP_ADAM, {0.9, 0.99, 1e-3, 0.1, 0}}, averaged);
    test_update("adamw", {MLP_ADAM, {0.8, 0.999, 1e-8, 0.1, 1}}, averaged);
    test_update("rmsprop", {MLP_RMSPROP, {0.9, 1e-3, 0.1}}, averaged);
    test_update("lion", {MLP_LION, {0.9, 0.99, 0.1}}, averaged);
  }
}

// Tests that a NaN gradient makes the parameter NaN, and that Lion does not move a parameter whose mean is 0; and which states
// become 0 in a step without a gradient.
inline void test_edges_of_updates() {
  for (const Tested& set : instruction_sets()) {
    for (const Settings& settings : {Settings{MLP_SGD, {0, 0, 0}}, Settings{MLP_ADAM, {0.9, 0.999, 1e-8, 0, 0}},
                                     Settings{MLP_RMSPROP, {0.9, 1e-3, 0}}, Settings{MLP_LION, {0.9, 0.99, 0}}}) {
      alignas(64) float p[LANES] = {1, 1}, a[LANES] = {}, b[LANES] = {}, g[LANES] = {NAN, 0};
      const Parameter parameter{p, {settings.first == MLP_SGD ? nullptr : a, b}, nullptr};
      set.kernels.update(parameter, g, {rule_of(settings), factors_of_step(settings, 0.1, 1), 0, 0}, LANES);
      expect(std::isnan(p[0]) && p[1] == 1, "the update by NaN and by 0");

      const bool lion = settings.first == MLP_LION, squares = settings.first == MLP_RMSPROP;
      for (int lane = 0; lane < LANES; lane++) g[lane] = 0;
      for (const auto& [before, stays] : {std::make_pair(1e-29f, true), {-1e-29f, true}, {5e-31f, lion || squares},
                                          {-5e-31f, lion}, {1e-38f, lion}, {NAN, true}}) {
        if (settings.first == MLP_SGD || (squares && before < 0)) continue;
        p[0] = 1, a[0] = before;
        set.kernels.update(parameter, g, {rule_of(settings), factors_of_step(settings, 0.1, 1), 0, 0}, LANES);
        expect(stays == (a[0] != 0), "a state of " + std::to_string(std::log10(std::fabs(before))) + " digits that decays");
      }
    }
  }
}

inline void test_average() {
  constexpr int COUNT = 16 * 9;
  Guarded<float> p(COUNT), start(COUNT);
  for (int at = 0; at < COUNT; at++) p[at] = draw(), start[at] = draw();
  const auto run = [&](const Tested& set, const std::vector<Range>& shares) {
    Guarded<float> average(COUNT);
    std::copy(start.data(), start.data() + COUNT, average.data());
    for (Range s : shares) set.kernels.average(p.data() + s.first, average.data() + s.first, 0.9f, 0.1f, s.count());
    return std::vector<float>(average.data(), average.data() + COUNT);
  };
  const std::vector<float> found = same_in_all(COUNT, LANES, "average", run);
  for (int at = 0; at < COUNT; at++) {
    expect_near(found[at], Bounded(0.9f) * Bounded(start[at]) + Bounded(0.1f) * Bounded(p[at]), "average");
  }
}

// Tests the sum of squares of a share of a panel: it is the same sum of doubles, in the same order, on every processor.
inline void test_clip_by_norm(int rows, int columns) {
  const Matrix gradient(rows, columns, 1e15);
  const std::string name = "the sum of squares of " + std::to_string(rows) + " rows of " + std::to_string(columns);
  const Range share{rows / 3, rows};
  for (int panel = 0; panel < gradient.panels.panels(); panel++) {
    double sums[LANES] = {};
    const int end = std::min(columns, (panel + 1) * PANEL);
    for (int row = share.first; row < share.last; row++) {
      for (int c = panel * PANEL; c < end; c++) sums[c % LANES] += std::pow(double(*gradient.panels.at(row, c)), 2);
    }
    for (int half = LANES / 2; half > 0; half /= 2) {
      for (int lane = 0; lane < half; lane++) sums[lane] += sums[lane + half];
    }
    const double first = instruction_sets()[0].kernels.sum_of_squares(gradient.panels, panel, share);
    expect(first == sums[0], name);
    for (const Tested& set : instruction_sets()) {
      expect(first == set.kernels.sum_of_squares(gradient.panels, panel, share), name + ": other bits with " + set.name);
    }
    uint64_t bits;
    memcpy(&bits, &first, sizeof(bits));
    digest = (digest ^ bits) * 1099511628211u;
  }
  const std::vector<float> before = gradient.numbers();
  const int size = static_cast<int>(gradient.memory.size());
  const std::vector<float> scaled = same_in_all(size, LANES, "scale", [&](const Tested& set, const std::vector<Range>& shares) {
    const Matrix copy(rows, columns);
    std::copy(gradient.memory.data(), gradient.memory.data() + size, copy.memory.data());
    for (Range s : shares) set.kernels.scale(copy.memory.data() + s.first, 0.3f, s.count());
    return copy.numbers();
  });
  for (size_t at = 0; at < before.size(); at++) expect(scaled[at] == before[at] * 0.3f, "scale");
}
