// The product of two matrices: `C[m, n] = Σ_k A(m, k) B(n, k)`. Each block of threads computes one tile of C. The linear
// operations differ in the layout of their operands and in their epilogue, which uses the sums; see linear.cu,
// linear_backward_input.cu and linear_backward_weight.cu.
//
// Split: a block computes ROWS × COLUMNS sums. Its 256 threads form SLICES groups, and each group adds the terms of its share
// of k. A thread keeps a square of sums in registers; at the end the sums of the groups are added in order. While a group
// multiplies DEPTH values of k from shared memory, it loads the next DEPTH values from global memory to registers.
// Numerics: float32; the order of each sum is given by k, the tile shape and the number of slices.
#pragma once

#include "prims.cuh"

constexpr int MATMUL_THREADS = 256;

// The shape of a tile: a block computes ROWS × COLUMNS sums, a thread SQUARE × SQUARE.
template <int ROWS_, int COLUMNS_, int SQUARE_>
struct TileShape {
  static constexpr int ROWS = ROWS_, COLUMNS = COLUMNS_, SQUARE = SQUARE_, DEPTH = 8;
  static constexpr int ACROSS = COLUMNS / SQUARE;                // threads along n
  static constexpr int GROUP = ROWS / SQUARE * ACROSS;           // threads of a slice
  static constexpr int SLICES = MATMUL_THREADS / GROUP;
  static constexpr int A_STRIDE = ROWS + 4, B_STRIDE = COLUMNS + 4;  // floats; + 4 avoids bank conflicts of a warp's stores
  static constexpr int STAGE = DEPTH * (A_STRIDE + B_STRIDE);        // floats
  static constexpr int CHUNK = ROWS * COLUMNS <= 4096 ? ROWS : 4096 / COLUMNS;  // rows of sums in shared memory at a time
  static constexpr size_t LOOP_FLOATS = SLICES * 2 * STAGE, CHUNK_FLOATS = CHUNK * COLUMNS;
  static constexpr size_t SHARED_BYTES = sizeof(float) * (LOOP_FLOATS > CHUNK_FLOATS ? LOOP_FLOATS : CHUNK_FLOATS);
};
using SmallTile = TileShape<32, 32, 4>;
using MediumTile = TileShape<64, 64, 8>;
using LargeTile = TileShape<128, 128, 8>;

enum class TileSize : int32_t { small, medium, large };

// Returns the largest tile size that gives every multiprocessor at least one tile, or else the smallest.
inline TileSize tile_size_for(int rows, int columns, int multiprocessors) {
  const auto tiles = [&](int edge) {
    return static_cast<long long>(divide_up(rows, edge)) * divide_up(columns, edge);
  };
  if (tiles(128) >= multiprocessors) return TileSize::large;
  if (tiles(64) >= multiprocessors) return TileSize::medium;
  return TileSize::small;
}

// Calls `work` with a TileShape of this size.
template <class Work>
auto with_tile(TileSize size, const Work& work) {
  switch (size) {
    case TileSize::small: return work(SmallTile{});
    case TileSize::medium: return work(MediumTile{});
    case TileSize::large: return work(LargeTile{});
  }
  __builtin_unreachable();
}

// A matrix in memory, `outers` rows of `inners` numbers. `vectors` is true if each row begins at a multiple of 16 bytes and its
// length is a multiple of 4.
struct Rows {
  const float* values;
  int outers, inners;
  bool vectors;

  // Returns four numbers of a row from `inner`, a multiple of 4; zeros outside of the matrix.
  __device__ __forceinline__ float4 fetch(int outer, int inner) const {
    float4 v = make_float4(0, 0, 0, 0);
    if (outer >= outers || inner >= inners) return v;
    const float* from = values + static_cast<size_t>(outer) * inners + inner;
    if (vectors) return *reinterpret_cast<const float4*>(from);
    v.x = from[0];
    if (inner + 1 < inners) v.y = from[1];
    if (inner + 2 < inners) v.z = from[2];
    if (inner + 3 < inners) v.w = from[3];
    return v;
  }
};

// The rows of a batch in the data set, times `scale`.
struct GatheredRows {
  const void* inputs;     // (N, I), bytes or floats
  const uint32_t* order;  // row numbers of the batch; if null, the rows from `first` on
  uint32_t first;
  int outers, inners;  // rows of the batch, I
  bool bytes, vectors;
  float scale;

  // Returns four numbers of a row from `inner`, as Rows::fetch() does.
  __device__ __forceinline__ float4 fetch(int outer, int inner) const {
    float4 v = make_float4(0, 0, 0, 0);
    if (outer >= outers || inner >= inners) return v;
    const size_t row = order ? order[outer] : first + outer, at = row * inners + inner;
    if (bytes) {
      const unsigned char* from = static_cast<const unsigned char*>(inputs) + at;
      if (vectors) {
        const uchar4 four = *reinterpret_cast<const uchar4*>(from);
        v = make_float4(four.x, four.y, four.z, four.w);
      } else {
        v.x = from[0];
        if (inner + 1 < inners) v.y = from[1];
        if (inner + 2 < inners) v.z = from[2];
        if (inner + 3 < inners) v.w = from[3];
      }
    } else {
      const Rows floats = {static_cast<const float*>(inputs), INT32_MAX, inners, vectors};
      v = floats.fetch(static_cast<int>(row), inner);
    }
    return make_float4(v.x * scale, v.y * scale, v.z * scale, v.w * scale);
  }
};

// Loads the values of an operand for DEPTH values of k to registers, and then stores them to shared memory as `[k][outer]`.
// `K_INNER` is true if k is the inner (contiguous) dimension of the operand in memory, false if k numbers its rows.
template <int EDGE, int STRIDE, int DEPTH, int GROUP, bool K_INNER>
struct TileLoader {
  static constexpr int FETCHES = EDGE * DEPTH / 4 / GROUP;
  float4 held[FETCHES];

  template <class Operand>
  __device__ __forceinline__ void fetch(const Operand& operand, int outer, int k, int thread) {
    UNROLL for (int f = 0; f < FETCHES; f++) {
      const int item = f * GROUP + thread;
      if (K_INNER) {
        held[f] = operand.fetch(outer + item / (DEPTH / 4), k + item % (DEPTH / 4) * 4);
      } else {
        held[f] = operand.fetch(k + item / (EDGE / 4), outer + item % (EDGE / 4) * 4);
      }
    }
  }

  __device__ __forceinline__ void store(float* shared, int thread) const {
    UNROLL for (int f = 0; f < FETCHES; f++) {
      const int item = f * GROUP + thread;
      if (K_INNER) {
        float* to = shared + item % (DEPTH / 4) * 4 * STRIDE + item / (DEPTH / 4);
        to[0] = held[f].x;
        to[STRIDE] = held[f].y;
        to[2 * STRIDE] = held[f].z;
        to[3 * STRIDE] = held[f].w;
      } else {
        *reinterpret_cast<float4*>(shared + item / (EDGE / 4) * STRIDE + item % (EDGE / 4) * 4) = held[f];
      }
    }
  }
};

template <int COUNT>
__device__ __forceinline__ void read_row(float (&values)[COUNT], const float* shared) {
  UNROLL for (int i = 0; i < COUNT; i += 4) {
    const float4 four = *reinterpret_cast<const float4*>(shared + i);
    values[i] = four.x;
    values[i + 1] = four.y;
    values[i + 2] = four.z;
    values[i + 3] = four.w;
  }
}

// Computes the tile from row `row` and column `column` on, and calls `epilogue(row, column, sum)` once for each of its sums
// within `rows` × `columns`. Neighboring threads get neighboring columns.
template <class Shape, bool A_K_INNER, bool B_K_INNER, class A, class B, class Epilogue>
__device__ __forceinline__ void matmul_tile(const A& a, const B& b, int row, int column, int rows, int columns, int depth,
                                            float* shared, const Epilogue& epilogue) {
  constexpr int SQUARE = Shape::SQUARE, DEPTH = Shape::DEPTH, GROUP = Shape::GROUP, SLICES = Shape::SLICES;
  const int slice = threadIdx.x / GROUP, thread = threadIdx.x % GROUP;
  const int down = thread / Shape::ACROSS * SQUARE, across = thread % Shape::ACROSS * SQUARE;
  const int rounds = divide_up(divide_up(depth, SLICES), DEPTH), first = slice * rounds * DEPTH;
  float* stages = shared + slice * 2 * Shape::STAGE;
  const auto a_of = [&](int round) { return stages + round % 2 * Shape::STAGE; };
  const auto b_of = [&](int round) { return a_of(round) + DEPTH * Shape::A_STRIDE; };

  TileLoader<Shape::ROWS, Shape::A_STRIDE, DEPTH, GROUP, A_K_INNER> a_loader;
  TileLoader<Shape::COLUMNS, Shape::B_STRIDE, DEPTH, GROUP, B_K_INNER> b_loader;
  float sums[SQUARE][SQUARE] = {};
  a_loader.fetch(a, row, first, thread);
  b_loader.fetch(b, column, first, thread);
  a_loader.store(a_of(0), thread);
  b_loader.store(b_of(0), thread);
  __syncthreads();
  for (int round = 0; round < rounds; round++) {
    const bool more = round + 1 < rounds;
    if (more) {
      a_loader.fetch(a, row, first + (round + 1) * DEPTH, thread);
      b_loader.fetch(b, column, first + (round + 1) * DEPTH, thread);
    }
    const float *a_stage = a_of(round) + down, *b_stage = b_of(round) + across;
    UNROLL for (int k = 0; k < DEPTH; k++) {
      float a_row[SQUARE], b_row[SQUARE];
      read_row(a_row, a_stage + k * Shape::A_STRIDE);
      read_row(b_row, b_stage + k * Shape::B_STRIDE);
      UNROLL for (int i = 0; i < SQUARE; i++) {
        UNROLL for (int j = 0; j < SQUARE; j++) sums[i][j] += a_row[i] * b_row[j];
      }
    }
    if (more) {
      a_loader.store(a_of(round + 1), thread);
      b_loader.store(b_of(round + 1), thread);
    }
    __syncthreads();
  }

  for (int chunk = 0; chunk < Shape::ROWS; chunk += Shape::CHUNK) {
    for (int turn = 0; turn < SLICES; turn++) {
      if (slice == turn && down >= chunk && down < chunk + Shape::CHUNK) {
        float* to = shared + (down - chunk) * Shape::COLUMNS + across;
        UNROLL for (int i = 0; i < SQUARE; i++) {
          UNROLL for (int j = 0; j < SQUARE; j++) {
            float& sum = to[i * Shape::COLUMNS + j];
            sum = turn == 0 ? sums[i][j] : sum + sums[i][j];
          }
        }
      }
      __syncthreads();
    }
    for (int at = threadIdx.x; at < Shape::CHUNK * Shape::COLUMNS; at += MATMUL_THREADS) {
      const int m = row + chunk + at / Shape::COLUMNS, n = column + at % Shape::COLUMNS;
      if (m < rows && n < columns) epilogue(m, n, shared[at]);
    }
    __syncthreads();
  }
}
