// The losses as they are recorded: what each is computed from, the targets that it takes, and its settings.
#pragma once

#include <cstdint>

#include "mlp.h"

// Always a value of the enumeration: api.cpp checks the numbers that callers pass.
using LossKind = mlp_loss;

// The most settings that a loss has.
constexpr int MAX_LOSS_SETTINGS = 1;

enum class LossInput { logits, outputs };
enum class LossTarget { labels, values, labels_or_values };

// A setting: the numbers that it accepts, in words for a message and as a function. The words are null for no setting.
struct LossSetting {
  const char* needs;
  bool (*accepts)(double value);
};
inline bool is_share(double value) { return value >= 0 && value <= 1; }
inline bool is_above_0(double value) { return value > 0; }

// The arguments that a loss needs, with its settings in the order of mlp.h.
struct LossNeeds {
  LossInput input;
  LossTarget target;
  LossSetting settings[MAX_LOSS_SETTINGS];

  uint64_t setting_count() const {
    uint64_t count = 0;
    while (count < MAX_LOSS_SETTINGS && settings[count].needs) count++;
    return count;
  }
};
inline LossNeeds needs_of(LossKind kind) {
  switch (kind) {
    case MLP_SOFTMAX_CROSS_ENTROPY:
      return {LossInput::logits, LossTarget::labels_or_values, {{"Label smoothing needs a number from 0 to 1", is_share}}};
    case MLP_MEAN_SQUARED_ERROR: return {LossInput::outputs, LossTarget::labels_or_values, {}};
    case MLP_BINARY_CROSS_ENTROPY: return {LossInput::logits, LossTarget::values, {}};
    case MLP_HUBER:
      return {LossInput::outputs, LossTarget::values, {{"Huber's loss needs a distance above 0", is_above_0}}};
  }
  __builtin_unreachable();
}
