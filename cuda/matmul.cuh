// The product of two matrices: `C[m, n] = Σ_k A(m, k) B(n, k)`. Each block of threads computes one tile of C. The linear
// operations differ in the layout of their operands and in their epilogue, which uses the sums; see linear.cu,
// linear_backward_input.cu and linear_backward_weight.cu.
//
// Split: a block computes ROWS × COLUMNS sums. Its 256 threads form SLICES groups, and each group adds the terms of its share
// of k. A thread keeps a square of sums in registers, in groups of 4 x 4; at the end the sums of the groups are added in order. While a group
// multiplies DEPTH values of k from shared memory, it loads the next DEPTH values from global memory to registers.
// Numerics: float32; the order of each sum is given by k, the tile shape and the number of slices.
#pragma once

#include "inputs.cuh"
#include "vectors.cuh"

constexpr int MATMUL_THREADS = 256;

// The compute capability that is compiled for, times 100; 0 on the host.
#ifdef __CUDA_ARCH__
constexpr int ARCHITECTURE = __CUDA_ARCH__;
#else
constexpr int ARCHITECTURE = 0;
#endif

// The shape of a tile: a block computes ROWS × COLUMNS sums, a thread SQUARE × SQUARE.
template <int ROWS_, int COLUMNS_, int SQUARE_>
struct TileShape {
  static constexpr int ROWS = ROWS_, COLUMNS = COLUMNS_, SQUARE = SQUARE_, DEPTH = 8;
  static constexpr int ACROSS = COLUMNS / SQUARE;                // threads along n
  static constexpr int GROUP = ROWS / SQUARE * ACROSS;           // threads of a slice
  static constexpr int SLICES = MATMUL_THREADS / GROUP;
  static constexpr int A_STRIDE = ROWS + 4, B_STRIDE = COLUMNS + 4;  // floats; + 4 avoids bank conflicts of a warp's stores
  static constexpr int STAGE = DEPTH * (A_STRIDE + B_STRIDE);        // floats
  static constexpr int CHUNK = ROWS * COLUMNS <= 4096 ? ROWS : ROWS / 2;  // rows of sums in shared memory at a time
  static constexpr size_t LOOP_FLOATS = SLICES * 2 * STAGE, CHUNK_FLOATS = CHUNK * COLUMNS;
  // The blocks that a multiprocessor is to hold at once. Two blocks of the largest tile leave a thread 128 registers, which is enough
  // for nvcc 13.0 on architectures from `first` to 9.0; on others it would spill some to memory.
  static constexpr int blocks_from(int first) {
    return ROWS * COLUMNS >= 128 * 128 && ARCHITECTURE >= first && ARCHITECTURE <= 900 ? 2 : 1;
  }
  static constexpr size_t SHARED_BYTES = sizeof(float) * (LOOP_FLOATS > CHUNK_FLOATS ? LOOP_FLOATS : CHUNK_FLOATS);
};
using SmallTile = TileShape<32, 32, 4>;
using MediumTile = TileShape<64, 64, 8>;
using LargeTile = TileShape<128, 128, 8>;

enum class TileSize : int32_t { small, medium, large };

// Returns the largest tile size of which there is at least one tile for every multiprocessor, or else the smallest.
inline TileSize tile_size_for(long long large_tiles, long long medium_tiles, int multiprocessors) {
  return large_tiles >= multiprocessors ? TileSize::large : medium_tiles >= multiprocessors ? TileSize::medium : TileSize::small;
}
inline long long tiles_of(int rows, int columns, int edge) {
  return static_cast<long long>(divide_up(rows, edge)) * divide_up(columns, edge);
}
inline TileSize tile_size_for(int rows, int columns, int multiprocessors) {
  return tile_size_for(tiles_of(rows, columns, LargeTile::ROWS), tiles_of(rows, columns, MediumTile::ROWS), multiprocessors);
}

// Returns into how many shares to split the terms of the sums, so that every multiprocessor has work; 1 if it has without.
inline int splits_for(int rows, int outputs, int inputs, int multiprocessors) {
  constexpr int LEAST_SPLIT = 64;  // terms of a share: fewer save less time than adding another part takes
  if (tile_size_for(rows, outputs, multiprocessors) != TileSize::small) return 1;
  const int tiles = static_cast<int>(tiles_of(rows, outputs, SmallTile::ROWS));
  const int splits = min(multiprocessors / tiles, inputs / LEAST_SPLIT);
  if (splits <= 1) return 1;
  // The shares are multiples of DEPTH, so the last ones could be empty.
  const int share = divide_up(divide_up(inputs, splits), SmallTile::DEPTH) * SmallTile::DEPTH;
  return divide_up(inputs, share);
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

// A matrix in memory, `outers` rows of `inners` numbers, `stride` numbers apart. VECTORS: each row begins at a multiple of 16 bytes
// and its length is a multiple of 4.
template <bool VECTORS>
struct Rows {
  using Row = const float*;  // the address of a row, or null outside of the matrix
  using Held = float4;
  const float* values;
  int outers, inners, stride;

  __device__ __forceinline__ Row row(int outer) const {
    return outer < outers ? values + static_cast<size_t>(outer) * stride : nullptr;
  }
  // Returns four numbers of a row from `inner`, a multiple of 4; zeros outside of the matrix.
  __device__ __forceinline__ Held fetch(Row row, int inner) const {
    return row ? load_four(row + inner, inners - inner, VECTORS) : Held{};
  }
  __device__ __forceinline__ float4 convert(const Held& held) const { return held; }
};

// The rows of a batch in the data set, times the scale; numbers from `inners` on are 0. They are converted when they are stored to
// shared memory: the loads of the next round are then in flight while this round multiplies.
template <InputKind KIND>
struct GatheredRows {
  using Row = const void*;
  using Held = Raw<KIND>;
  InputSource source;
  Batch batch;
  int inners;

  __device__ __forceinline__ Row row(int outer) const {
    return outer < batch.rows ? address_of_row<KIND>(source, source.row_of(batch, outer)) : nullptr;
  }
  __device__ __forceinline__ Held fetch(Row row, int inner) const {
    return row ? fetch_raw<KIND>(source, row, inner, inners) : Held{};
  }
  __device__ __forceinline__ float4 convert(const Held& held) const { return convert_raw<KIND>(held, source.scale); }
};

// Loads the values of an operand for DEPTH values of k to registers, and then stores them to shared memory as `[k][outer]`.
// `K_INNER` is true if k is the inner (contiguous) dimension of the operand in memory, false if k numbers its rows. The addresses of
// the rows are found before the loop, or a round ahead.
template <int EDGE, int STRIDE, int DEPTH, int GROUP, bool K_INNER, class Operand>
struct TileLoader {
  static constexpr int FETCHES = EDGE * DEPTH / 4 / GROUP, FOURS = K_INNER ? DEPTH / 4 : EDGE / 4;  // FOURS: of a row
  const Operand& operand;
  const int outer, thread;
  typename Operand::Row rows[FETCHES];
  typename Operand::Held held[FETCHES];

  __device__ __forceinline__ TileLoader(const Operand& operand, int outer, int k, int thread)
      : operand(operand), outer(outer), thread(thread) {
    read_rows(k);
  }
  __device__ __forceinline__ void read_rows(int k) {
    UNROLL for (int f = 0; f < FETCHES; f++) rows[f] = operand.row((K_INNER ? outer : k) + (f * GROUP + thread) / FOURS);
  }
  __device__ __forceinline__ void fetch(int k) {
    UNROLL for (int f = 0; f < FETCHES; f++) {
      held[f] = operand.fetch(rows[f], (K_INNER ? k : outer) + (f * GROUP + thread) % FOURS * 4);
    }
    if (!K_INNER) read_rows(k + DEPTH);
  }
  __device__ __forceinline__ void store(float* shared) const {
    UNROLL for (int f = 0; f < FETCHES; f++) {
      const int item = f * GROUP + thread;
      const float4 four = operand.convert(held[f]);
      if (K_INNER) {
        float* to = shared + item % FOURS * 4 * STRIDE + item / FOURS;
        to[0] = four.x;
        to[STRIDE] = four.y;
        to[2 * STRIDE] = four.z;
        to[3 * STRIDE] = four.w;
      } else {
        *reinterpret_cast<float4*>(shared + item / FOURS * STRIDE + item % FOURS * 4) = four;
      }
    }
  }
};

// Reads the numbers of a thread from a row of EDGE: groups of four, EDGE / (COUNT / 4) apart, so that the threads of a warp read
// neighboring fours.
template <int EDGE, int COUNT>
__device__ __forceinline__ void read_row(float (&values)[COUNT], const float* shared) {
  UNROLL for (int i = 0; i < COUNT; i += 4) {
    const float4 four = *reinterpret_cast<const float4*>(shared + i / 4 * (EDGE / (COUNT / 4)));
    values[i] = four.x;
    values[i + 1] = four.y;
    values[i + 2] = four.z;
    values[i + 3] = four.w;
  }
}

// Computes the tile from row `row` and column `column` on, over k from `first_k` to `end_k` - 1, outside of which the operands must
// return zeros. Calls `epilogue(row, column, sums)` for four neighboring sums of a row at a time, for the tile within `rows` ×
// `columns`; of the last four, some may be beyond the columns. Neighboring threads get neighboring columns. The loop over the epilogue is not unrolled, and has no copy for each activation: with either, a large tile
// needs more than 128 registers, and then a multiprocessor holds one block instead of two.
template <class Shape, bool A_K_INNER, bool B_K_INNER, class A, class B, class Epilogue>
__device__ __forceinline__ void matmul_tile(const A& a, const B& b, int row, int column, int rows, int columns, int first_k,
                                            int end_k, float* shared, const Epilogue& epilogue) {
  constexpr int SQUARE = Shape::SQUARE, DEPTH = Shape::DEPTH, GROUP = Shape::GROUP, SLICES = Shape::SLICES;
  constexpr int GROUPS = SQUARE / 4, DOWN_STEP = Shape::ROWS / GROUPS, ACROSS_STEP = Shape::COLUMNS / GROUPS;
  const int slice = threadIdx.x / GROUP, thread = threadIdx.x % GROUP;
  const int down = thread / Shape::ACROSS * 4, across = thread % Shape::ACROSS * 4;  // of the first group of four
  const int rounds = divide_up(divide_up(end_k - first_k, SLICES), DEPTH), first = first_k + slice * rounds * DEPTH;
  float* stages = shared + slice * 2 * Shape::STAGE;
  const auto a_of = [&](int round) { return stages + round % 2 * Shape::STAGE; };
  const auto b_of = [&](int round) { return a_of(round) + DEPTH * Shape::A_STRIDE; };

  TileLoader<Shape::ROWS, Shape::A_STRIDE, DEPTH, GROUP, A_K_INNER, A> a_loader(a, row, first, thread);
  TileLoader<Shape::COLUMNS, Shape::B_STRIDE, DEPTH, GROUP, B_K_INNER, B> b_loader(b, column, first, thread);
  float sums[SQUARE][SQUARE] = {};
  a_loader.fetch(first);
  b_loader.fetch(first);
  a_loader.store(a_of(0));
  b_loader.store(b_of(0));
  __syncthreads();
  for (int round = 0; round < rounds; round++) {
    const bool more = round + 1 < rounds;
    if (more) {
      a_loader.fetch(first + (round + 1) * DEPTH);
      b_loader.fetch(first + (round + 1) * DEPTH);
    }
    const float *a_stage = a_of(round) + down, *b_stage = b_of(round) + across;
    // A tile of 4 x 4 has the registers to read the numbers of several k before the first product.
    constexpr int AHEAD = SQUARE == 4 ? 4 : 1;
    UNROLL for (int first_k = 0; first_k < DEPTH; first_k += AHEAD) {
      float a_rows[AHEAD][SQUARE], b_rows[AHEAD][SQUARE];
      UNROLL for (int k = 0; k < AHEAD; k++) {
        read_row<Shape::ROWS>(a_rows[k], a_stage + (first_k + k) * Shape::A_STRIDE);
        read_row<Shape::COLUMNS>(b_rows[k], b_stage + (first_k + k) * Shape::B_STRIDE);
      }
      UNROLL for (int k = 0; k < AHEAD; k++) {
        UNROLL for (int i = 0; i < SQUARE; i++) {
          UNROLL for (int j = 0; j < SQUARE; j++) sums[i][j] += a_rows[k][i] * b_rows[k][j];
        }
      }
    }
    if (more) {
      a_loader.store(a_of(round + 1));
      b_loader.store(b_of(round + 1));
    }
    __syncthreads();
  }

  // Unrolled, so that the sums of a chunk need no registers while those of the next are used.
  UNROLL for (int chunk = 0; chunk < Shape::ROWS; chunk += Shape::CHUNK) {
    for (int turn = 0; turn < SLICES; turn++) {
      UNROLL for (int g = 0; g < GROUPS; g++) {
        if (g * DOWN_STEP < chunk || g * DOWN_STEP >= chunk + Shape::CHUNK) continue;  // known when this is compiled
        const int first_row = down + g * DOWN_STEP - chunk;
        if (slice != turn) continue;
        UNROLL for (int i = 0; i < 4; i++) {
          UNROLL for (int h = 0; h < GROUPS; h++) {
            float4* to = reinterpret_cast<float4*>(shared + (first_row + i) * Shape::COLUMNS + across + h * ACROSS_STEP);
            const float* from = sums[4 * g + i] + 4 * h;
            float4 sum = make_float4(from[0], from[1], from[2], from[3]);
            if (turn > 0) sum += *to;
            *to = sum;
          }
        }
      }
      __syncthreads();
    }
#pragma unroll 1
    for (int at = 4 * threadIdx.x; at < Shape::CHUNK * Shape::COLUMNS; at += 4 * MATMUL_THREADS) {
      const int m = row + chunk + at / Shape::COLUMNS, n = column + at % Shape::COLUMNS;
      if (m < rows && n < columns) epilogue(m, n, *reinterpret_cast<const float4*>(shared + at));
    }
    __syncthreads();
  }
}
