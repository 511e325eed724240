// Predicts the time of a step on each path, from the hot loops of the machine code (model_counts.hpp), the shapes of a network,
// and the latencies of an H100.
//
// A phase is rounds of a hot loop, and waits. Rounds take as long as one warp needs for them alone, or as long as the four
// schedulers of a multiprocessor need to issue the instructions of all its warps, whichever is longer. Not in the model:
// conflicts in shared memory and caches, fetching instructions, the code between the loops beyond a few constants, and waiting
// for the slowest block. Real steps take two to three times as long; cuda/README.md compares. So the predictions explain where
// the time of a step goes, and rank the two paths. They do not replace a measurement.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "layout.hpp"
#include "model_counts.hpp"

struct GpuFacts {
  int multiprocessors;
  uint64_t shared_bytes;  // of a block at most
  double gigahertz;
};

// The constants of the model; hop and edge are as measured on an H100 on 2026-11-27 by the programs of bench/. For other GPUs
// than an H100, only what GpuFacts holds differs.
struct ModelConstants {
  double l2 = 270;           // cycles of a load from the L2
  double l1 = 35;            // from the L1
  double hop = 0.6;          // µs from the release of a counter until another block has acquired it: 0.57 to 0.66
  double edge = 0.85;        // µs between two kernels of a graph: 0.79 of 1 block, 0.90 of 132
  double gigahertz = 1.98;   // if the clock is not known
  double schedulers = 4;     // of a multiprocessor; each issues one instruction a cycle
  double registers = 65536;  // of a multiprocessor
  double bytes = 12.8;       // that a multiprocessor gets from memory in a cycle
  double barrier = 50;       // cycles of a barrier of the block, with the wait for its slowest warp
  double slice = 35;         // cycles of adding the sums of another warp, from shared memory
  double loss = 600;         // of the loss of a row: exponentials and six sums over a warp; in the kernel it took 2,500
  double epoch_end = 1500;   // of the end of a step on the graph path: one atomic operation, and the sum of the rows' scores
};
constexpr ModelConstants MODEL;

// A part of a step: cycles, with the waits between kernels or blocks that belong to it.
struct PhaseCycles {
  std::string name;
  double cycles;
};
struct Prediction {
  std::vector<PhaseCycles> phases;
  double cycles;
  double microseconds;
};

// Returns the cycles in which each of `warps` warps of a multiprocessor does `rounds` rounds of a loop. `latency`: cycles of a
// load from device memory.
double loop_cycles(const LoopCounts& loop, double rounds, double warps, double latency = MODEL.l2);

Prediction predict_persistent(const GpuFacts& gpu, const StepShape& step, const Persistent& kernel);
Prediction predict_graph(const GpuFacts& gpu, const StepShape& step);
