// The pieces of an epoch on a GPU that limits the time of a kernel, such as one with a display: the limit is 2 s on some systems.
#pragma once

#include <algorithm>
#include <cstdint>

// Decides how many steps of the persistent kernel to run in each launch, from the times of the launches before. It starts with one
// step, because nothing is known about its time, and grows by at most a factor of 8 from launch to launch. The results do not
// depend on the decision.
class Pieces {
 public:
  // Returns the steps of the next launch.
  uint32_t steps() const { return steps_; }

  // Tells how long a launch with so many steps took. The last one of an epoch may have had fewer than steps().
  void took(uint32_t steps, double seconds) {
    const double fit = steps * (SECONDS / std::max(seconds, 1e-9)), most = steps < steps_ ? steps_ : 8.0 * steps_;
    steps_ = static_cast<uint32_t>(std::clamp(fit, 1.0, std::min(most, 1e9)));
  }

 private:
  static constexpr double SECONDS = 0.5;  // of a launch; a launch itself costs about 15 µs, an estimate
  uint32_t steps_ = 1;
};
