// The operations that need a complete row: softmax in place, its backward pass, and the losses with their gradient.
//
// Split: one warp a row, each lane every 32nd column; the lanes' sums are added pairwise. Numerics: float32; log Σ e^z is
// computed from z - max z, so that logits of any size stay finite. Cost: a row is read up to four times, from the caches if
// it is not unusually wide, and written once or twice.
// Compared with `activate()`, `activateBackward()` and the losses of the reference backend.
#include "ops.cuh"

namespace {

constexpr int THREADS = 128, ROWS_PER_BLOCK = THREADS / WARP;

struct SoftmaxRows {
  float* y;
  int width;
  __device__ void operator()(const Batch&, int row, int lane) const {
    softmax_of_row(y + static_cast<size_t>(row) * width, width, lane);
  }
};

struct SoftmaxBackwardRows {
  const float* y;
  float* d;
  int width;
  __device__ void operator()(const Batch&, int row, int lane) const {
    const size_t at = static_cast<size_t>(row) * width;
    softmax_backward_of_row(y + at, d + at, width, lane);
  }
};

struct LossRows {
  Loss loss;
  const float* y;
  float* dz;
  __device__ void operator()(const Batch& batch, int row, int lane) const {
    const size_t at = static_cast<size_t>(row) * loss.width;
    const RowScore score = loss_of_row(loss, target_of_row(loss, batch, row), batch.rows, row, y + at, dz + at, lane);
    if (lane == 0) loss.scores[row] = score;
  }
};

template <class Work>
__global__ void rows_kernel(Work work, const Progress* progress, uint32_t batch_size) {
  const Batch batch = batch_of(progress, batch_size);
  const int row = blockIdx.x * ROWS_PER_BLOCK + threadIdx.x / WARP, lane = threadIdx.x % WARP;
  if (row < batch.rows) work(batch, row, lane);
}

template <class Work>
cudaError_t launch_rows(const Site& site, const Work& work) {
  const Grid grid = {static_cast<unsigned>(divide_up(site.batch_size, ROWS_PER_BLOCK)), THREADS, 0};
  return launch(site.stream, grid, rows_kernel<Work>, work, site.progress, site.batch_size);
}

}  // namespace

cudaError_t launch_softmax(const Site& site, float* y, int classes) { return launch_rows(site, SoftmaxRows{y, classes}); }

cudaError_t launch_softmax_backward(const Site& site, const float* y, float* d, int classes) {
  return launch_rows(site, SoftmaxBackwardRows{y, d, classes});
}

cudaError_t launch_loss(const Site& site, const Loss& loss, const float* y, float* dz) {
  return launch_rows(site, LossRows{loss, y, dz});
}
