// Written by bench/gpu/sass.ts from the machine code for compute capability 9.0; `make -C cuda counts TOOLS=FOLDER` renews it.
// Digest: e7cc1205027cd869
#pragma once

// A round of a hot loop.
struct LoopCounts {
  int instructions;
  int products;    // multiply-adds
  int loads;       // from device memory
  int numbers;     // of 32 bits that they load
  double alone;    // cycles of a round if the multiprocessor has one warp
  double exposed;  // how many times the latency of the L2 is part of them
  int registers;   // of a thread of the kernel
};

namespace counts {
constexpr LoopCounts inputs = {345, 0, 8, 8, 998, 1.0, 168};
constexpr LoopCounts add_inputs = {122, 0, 8, 32, 417, 1.0, 168};
constexpr LoopCounts forward = {160, 128, 0, 0, 199, 0.0, 168};
constexpr LoopCounts forward_sums = {43, 0, 0, 0, 196, 0.0, 168};
constexpr LoopCounts parts = {125, 0, 8, 32, 534, 1.0, 168};
constexpr LoopCounts tail_forward = {80, 32, 0, 0, 339, 0.0, 168};
constexpr LoopCounts tail_backward = {65, 32, 0, 0, 91, 0.0, 168};
constexpr LoopCounts gradient = {91, 0, 4, 16, 421, 1.0, 168};
constexpr LoopCounts backward = {163, 128, 0, 0, 188, 0.0, 168};
constexpr LoopCounts weights = {79, 64, 0, 0, 114, 0.0, 168};
constexpr LoopCounts update = {203, 27, 0, 0, 857, 0.0, 168};
constexpr LoopCounts patch_copy = {94, 0, 4, 16, 417, 1.0, 168};
constexpr LoopCounts patch = {58, 16, 0, 0, 97, 0.0, 168};
constexpr LoopCounts graph_parts = {122, 0, 8, 32, 411, 1.0, 107};
constexpr LoopCounts graph_tail_forward = {130, 64, 4, 16, 631, 1.0, 107};
constexpr LoopCounts graph_tail_backward = {114, 64, 4, 16, 372, 0.8, 107};
constexpr LoopCounts linear_large = {606, 512, 2, 5, 1027, 1.0, 127};
constexpr LoopCounts input_large = {630, 512, 2, 8, 893, 0.0, 128};
constexpr LoopCounts weight_large = {621, 512, 2, 8, 852, 0.0, 158};
constexpr LoopCounts linear_medium = {642, 512, 4, 10, 878, 0.0, 143};
constexpr LoopCounts input_medium = {673, 512, 4, 16, 1010, 0.0, 149};
constexpr LoopCounts weight_medium = {698, 512, 4, 16, 1043, 0.0, 171};
constexpr LoopCounts linear_small = {201, 128, 2, 5, 609, 1.0, 77};
constexpr LoopCounts input_small = {224, 128, 2, 8, 500, 0.1, 79};
constexpr LoopCounts weight_small = {218, 128, 2, 8, 430, 0.0, 105};
constexpr LoopCounts weight_update_large = {214, 44, 3, 12, 1270, 0.9, 158};
constexpr LoopCounts weight_update_medium = {212, 44, 3, 12, 1257, 1.0, 171};
}  // namespace counts
