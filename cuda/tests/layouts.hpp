// Layouts of the persistent kernel that a GPU of 7 multiprocessors does not have: with other sizes of the emulated GPU.
#pragma once

#include <cstdlib>

#include "../layout.hpp"
#include "epochs.hpp"

// A network, a GPU, and what is special about its layout there.
struct LayoutCase {
  const char* what;
  EpochCase epoch;
  int multiprocessors, shared_bytes;
  bool (*holds)(const Persistent&);
};

inline const std::vector<LayoutCase>& layout_cases() {
  constexpr int SHARED = 227 << 10;
  static const std::vector<LayoutCase> cases = {
      {"one block", {{12, 10, 4}, 4, 9, MLP_ADAM, 0}, 1, SHARED, [](const Persistent& p) { return p.patches == 1; }},
      {"batches of one row", {{20, 16, 4}, 1, 3, MLP_ADAM, 0}, 7, SHARED, [](const Persistent& p) { return p.tail_rows == 1; }},
      // The last batch has rows for one of the blocks that compute the tail.
      {"as many small layers as there can be",
       {{12, 9, 10, 12, 7, 8, 6, 11, 9, 5}, 40, 83, MLP_ADAM, 0,
        {MLP_RELU, MLP_TANH, MLP_SOFTMAX, MLP_SILU, MLP_TANH, MLP_GELU, MLP_TANH, MLP_ELU, MLP_LINEAR}},
       16, SHARED, [](const Persistent& p) { return p.tail.count == MAX_TAIL_LAYERS && p.tail_rows > 1; }},
      {"as many large layers as there can be",
       {{130, 130, 130, 130, 130, 130, 130, 130, 130}, 5, 11, MLP_SGD, 0},
       16, SHARED, [](const Persistent& p) { return p.layer_count == MAX_STATIONARY && p.tail.count == 0; }},
      // Shared memory is filled with NaNs before a launch.
      {"no room for the inputs of two batches",
       {{20, 40, 4}, 33, 70, MLP_SGD, 0}, 7, 40000, [](const Persistent& p) { return p.prefetch == 0 && p.staged_at > 0; }},
      {"no room for copies of the small layers",
       {{20, 40, 4}, 33, 70, MLP_SGD, 0}, 7, 38500, [](const Persistent& p) { return p.prefetch == 0 && p.staged_at < 0; }},
      {"room for the inputs of two batches, but not for copies of the small layers",
       {{20, 100, 40, 7}, 20, 45, MLP_SGD, 0}, 12, 45000, [](const Persistent& p) { return p.prefetch == 1 && p.staged_at < 0; }},
      {"several units of rows, a patch that takes the batch in several turns, and more rows of a block than warps",
       {{20, 100, 40, 7}, 300, 310, MLP_SGD, 0}, 12, SHARED,
       [](const Persistent& p) {
         return p.batch_size > 2 * UNIT_MINOR && p.small[0].chunk_rows < 300 && p.tail_rows > PERSISTENT_WARPS;
       }},
      {"patches in blocks without a tile",
       {{300, 64, 24, 6}, 12, 26, MLP_ADAM, 0}, 40, SHARED,
       [](const Persistent& p) { return p.patches > 1 && most_tiles(p) > 20 && most_tiles(p) + p.patches <= 40; }},
      {"more partial sums than are loaded at once",
       {{200, 16, 1100, 4}, 6, 14, MLP_SGD, 0}, 24, SHARED,
       [](const Persistent& p) {
         return p.layers[0].tiles.tiles_in > 8 && p.layers[1].tiles.tiles_out > 8 && p.layers[2].tiles.tiles_in > 16;
       }},
      {"more partial sums than are loaded at once, of odd widths",
       {{197, 18, 1030, 6}, 6, 14, MLP_ADAM, 0, {MLP_SILU, MLP_GELU, MLP_LINEAR}, MLP_SOFTMAX_CROSS_ENTROPY, false, {}, 0, false, true},
       30, SHARED,
       [](const Persistent& p) { return p.layers[0].tiles.tiles_in > 8 && p.layers[1].tiles.tiles_out > 8; }},
  };
  return cases;
}

inline void test_layouts() {
  if (mlp_kind() != MLP_KIND_EMULATED) return;
  for (const LayoutCase& given : layout_cases()) {
    const std::vector<int>& widths = given.epoch.widths;
    StepShape step{static_cast<int>(given.epoch.batch), 1 + static_cast<int>(needs_of({given.epoch.optimizer, settings_of(given.epoch.optimizer)}).states), {}};
    for (size_t l = 0; l + 1 < widths.size(); l++) {
      step.layers.push_back({widths[l], widths[l + 1], given.epoch.activations.empty() ? MLP_RELU : static_cast<Activation>(given.epoch.activations[l]), false});
    }
    Persistent kernel{};
    const std::string reason = lay_out(step, given.multiprocessors, given.shared_bytes, &kernel);
    expect(reason.empty() && given.holds(kernel), std::string("a layout with ") + given.what + ": " + reason);
    setenv("MLPCUDA_EMULATE_MULTIPROCESSORS", std::to_string(given.multiprocessors).c_str(), 1);
    setenv("MLPCUDA_EMULATE_SHARED", std::to_string(given.shared_bytes).c_str(), 1);
    const Curve wanted = run_case(given.epoch, MLP_PATH_OPS), found = run_case(given.epoch, MLP_PATH_PERSISTENT);
    unsetenv("MLPCUDA_EMULATE_MULTIPROCESSORS");
    unsetenv("MLPCUDA_EMULATE_SHARED");
    expect(found.path.find("persistent kernel") == 0, "the path: " + found.path);
    expect_same(found, wanted);
  }
}
