// mlp_deform_images(): the checks, the memory and the threads of deformations.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <vector>

#include "deform.hpp"
#include "instruction_set.hpp"
#include "memory.hpp"
#include "shared/device.hpp"
#include "shared/guarded.hpp"
#include "shared/running_call.hpp"
#include "thread_pool.hpp"

namespace {

// Images that a thread takes at a time: whole groups, and few enough that a call ends soon after it is told to.
constexpr int CHUNK = 4 * LANES;

// Writes the parts that are the same for every image. All memory is 0 before: frames are blank.
void prepare(const DeformMemory& memory) {
  std::fill_n(memory.mask + 1, memory.side, uint8_t(255));
  for (int x = 0; x < memory.side; x++) {
    const float at = memory.spline_at(x), t = at - std::floor(at), t2 = t * t, t3 = t2 * t, rest = 1 - t;
    float* w = memory.weights + 4 * x;
    w[0] = rest * rest * rest / 6;
    w[1] = (3 * t3 - 6 * t2 + 4) / 6;
    w[2] = (3 * (t + t2 - t3) + 1) / 6;
    w[3] = t3 / 6;
  }
}

void run(const Deformation& op, int images, const Kernels& kernels, int threads, const int32_t* stop) {
  const size_t bytes = DeformMemory(op.side, nullptr).bytes;
  std::vector<Memory<uint8_t>> memories;
  for (int thread = 0; thread < threads; thread++) memories.emplace_back(bytes);
  std::atomic<bool> ends{false};
  std::atomic<int64_t> next{0};
  const RunningCall call([&] { ends.store(true); });
  ThreadPool(threads).run([&](int thread) {
    const DeformMemory memory(op.side, memories[static_cast<size_t>(thread)].get());
    prepare(memory);
    while (!ends.load(std::memory_order_relaxed) && __atomic_load_n(stop, __ATOMIC_RELAXED) == 0) {
      const int64_t first = next.fetch_add(CHUNK, std::memory_order_relaxed);
      if (first >= images) return;
      kernels.deform(op, memory, {static_cast<int>(first), static_cast<int>(std::min<int64_t>(first + CHUNK, images))});
    }
  });
}

}  // namespace

EXPORT int32_t mlp_deform_images(int32_t instruction_set, uint32_t threads, const uint8_t* source, uint8_t* target,
                                 uint64_t count, uint32_t side, uint32_t seed, const double* strengths, uint64_t strength_count,
                                 const int32_t* stop, char* error, uint32_t error_size) {
  return guarded(error, error_size, [&] {
    const Kernels& kernels = kernels_of(instruction_set);
    check_threads(threads);
    need(side >= MLP_MIN_SIDE && side <= MLP_MAX_SIDE, "Images need a side from %d to %d, found %u", MLP_MIN_SIDE, MLP_MAX_SIDE,
         side);
    const uint64_t pixels = static_cast<uint64_t>(side) * side, images = count / pixels;
    need(count % pixels == 0, "Images of side %u need a multiple of %llu pixels, found %llu", side, pixels, count);
    need(images <= INT32_MAX, "A call deforms at most %d images, found %llu", INT32_MAX, images);
    need((source && target) || count == 0, "An array is null");
    need(strengths && strength_count == MLP_STRENGTHS, "A deformation has %d strengths, found %llu", MLP_STRENGTHS,
         strength_count);
    need(stop != nullptr, "The request to stop is null");
    Deformation op{source, target, static_cast<int>(side), seed, {}};
    for (int i = 0; i < MLP_STRENGTHS; i++) {
      need(std::isfinite(strengths[i]), "Strength %d is not a finite number", i);
      op.strengths[i] = strengths[i];
    }
    need(strengths[MLP_STRENGTH_CONTRAST] >= 0, "The contrast needs to be at least 0, found %g",
         strengths[MLP_STRENGTH_CONTRAST]);
    if (images == 0) return;
    const int wanted = threads == 0 ? processor_count() : static_cast<int>(threads);
    const int chunks = static_cast<int>((images + CHUNK - 1) / CHUNK);
    run(op, static_cast<int>(images), kernels, std::min(wanted, chunks), stop);
  });
}
