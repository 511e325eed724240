// softmax over rows: y (B, C) = e^(z - max z) / Σ e^(z - max z) in place, and backward dZ = y (dY - Σ y dY) in place.
//
// Split: one warp a row, each lane every 32nd column; lanes' sums are added pairwise. Cost: y is read three times, out of
// the caches for rows of usual width. Compared with `activate()` and `activateBackward()` of the reference backend.
#include "ops.cuh"

namespace {

constexpr int THREADS = 128, ROWS_PER_BLOCK = THREADS / WARP;

__global__ void softmax_kernel(float* y, int classes, const Progress* progress, uint32_t batch_size) {
  const int row = blockIdx.x * ROWS_PER_BLOCK + threadIdx.x / WARP, lane = threadIdx.x % WARP;
  if (row >= batch_of(progress, batch_size).rows) return;
  float* z = y + static_cast<size_t>(row) * classes;
  float largest = -INFINITY;
  for (int c = lane; c < classes; c += WARP) largest = fmaxf(largest, z[c]);
  largest = warp_max(largest);  // e^(z - largest) cannot overflow
  float sum = 0;
  for (int c = lane; c < classes; c += WARP) {
    z[c] = expf(z[c] - largest);
    sum += z[c];
  }
  sum = warp_sum(sum);
  for (int c = lane; c < classes; c += WARP) z[c] /= sum;
}

__global__ void softmax_backward_kernel(const float* y, float* d, int classes, const Progress* progress,
                                        uint32_t batch_size) {
  const int row = blockIdx.x * ROWS_PER_BLOCK + threadIdx.x / WARP, lane = threadIdx.x % WARP;
  if (row >= batch_of(progress, batch_size).rows) return;
  const float* y_row = y + static_cast<size_t>(row) * classes;
  float* d_row = d + static_cast<size_t>(row) * classes;
  float dot = 0;
  for (int c = lane; c < classes; c += WARP) dot += y_row[c] * d_row[c];
  dot = warp_sum(dot);
  for (int c = lane; c < classes; c += WARP) d_row[c] = y_row[c] * (d_row[c] - dot);
}

Grid grid_for(const Site& site) {
  return {static_cast<unsigned>(divide_up(site.batch_size, ROWS_PER_BLOCK)), THREADS, 0};
}

}  // namespace

cudaError_t launch_softmax(const Site& site, float* y, int classes) {
  return launch(site.stream, grid_for(site), softmax_kernel, y, classes, site.progress, site.batch_size);
}

cudaError_t launch_softmax_backward(const Site& site, const float* y, float* d, int classes) {
  return launch(site.stream, grid_for(site), softmax_backward_kernel, y, d, classes, site.progress, site.batch_size);
}
