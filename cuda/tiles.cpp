#include "tiles.hpp"

#include <algorithm>

namespace {

constexpr int UNIT_OUTS = 8, UNIT_WIDE = 128, WARPS = 8, SCHEDULERS = 4;
constexpr int MAX_PATCH = 1024;

int divided_up(int value, int by) { return (value + by - 1) / by; }

// Cycles in which a multiprocessor issues `instructions` of each of `warps` warps, of which 8 are there.
double issue_cycles(double warps, double instructions) { return std::max(warps / SCHEDULERS, 1.0) * instructions; }

}  // namespace

double tile_cycles(const TiledLayer& layer, const Tiles& tiles, int batch) {
  // Instructions of a round of each inner loop of stationary.cuh for one unit of 8 x 128 sums: products, loads, and the rest.
  constexpr double FORWARD = 128 + 12 + 8, BACKWARD = 32 + 3 + 3;
  // Adding the parts of eight tiles takes one round trip to the L2; writing them takes 16 bytes a thread at a time.
  constexpr double ROUND_TRIP = 300, PARTS_AT_ONCE = 8, WRITE = 8;
  const double out_units = tiles.tile_out / UNIT_OUTS;
  const double forward_units = out_units * divided_up(batch, UNIT_WIDE), weight_units = out_units * divided_up(tiles.tile_in, UNIT_WIDE);
  double cycles = issue_cycles(forward_units * tiles.tile_in / 4, FORWARD) + issue_cycles(weight_units * batch, BACKWARD);
  cycles += divided_up(tiles.tiles_in, static_cast<int>(PARTS_AT_ONCE)) * ROUND_TRIP + 40.0 * tiles.tiles_in;
  cycles += WRITE * (forward_units * UNIT_OUTS * UNIT_WIDE) / (4 * WARPS * 32);
  // Gradients of the tile's outputs, and updates of its weights, four at a time by each of 256 threads.
  cycles += 8.0 * batch * tiles.tile_out / (4 * WARPS * 32) + 60.0 * tiles.tile_out * divided_up(tiles.tile_in, UNIT_WIDE) / UNIT_OUTS;
  if (!layer.is_first) {
    const double row_units = divided_up(batch, UNIT_OUTS) * divided_up(tiles.tile_in, UNIT_WIDE);
    cycles += issue_cycles(row_units * tiles.tile_out, BACKWARD) + divided_up(tiles.tiles_out, static_cast<int>(PARTS_AT_ONCE)) * ROUND_TRIP;
    cycles += 40.0 * tiles.tiles_out + WRITE * (row_units * UNIT_OUTS * UNIT_WIDE) / (4 * WARPS * 32);
  }
  return cycles;
}

std::vector<Tiles> tilings_of(const TiledLayer& layer, int batch, int blocks) {
  std::vector<Tiles> all;
  for (int tile_out = UNIT_OUTS; tile_out < 2 * layer.out_features || tile_out == UNIT_OUTS; tile_out *= 2) {
    const int tiles_out = divided_up(layer.out_features, tile_out);
    if (tiles_out > blocks) continue;
    const int tile_in = divided_up(divided_up(layer.in_features, blocks / tiles_out), 4) * 4;
    all.push_back({tile_in, tile_out, divided_up(layer.in_features, tile_in), tiles_out});
  }
  std::stable_sort(all.begin(), all.end(), [&](const Tiles& a, const Tiles& b) {
    return tile_cycles(layer, a, batch) < tile_cycles(layer, b, batch);
  });
  return all;
}

std::vector<Patches> patches_of(const std::vector<PatchedLayer>& layers, int blocks) {
  for (int size = 32; size <= MAX_PATCH; size *= 2) {
    std::vector<Patches> all;
    int count = 0;
    for (const PatchedLayer& layer : layers) {
      // The shape with the fewest patches; of several, that with the most inputs, which are read four at a time.
      Patches best{};
      for (int ins = 4; 4 * ins <= size; ins *= 2) {
        const int outs = size / ins;
        const Patches found = {outs, ins, divided_up(layer.out_features, outs), divided_up(layer.in_features, ins)};
        if (best.outs == 0 || found.down * found.across <= best.down * best.across) best = found;
        if (ins >= layer.in_features) break;
      }
      count += best.down * best.across;
      all.push_back(best);
    }
    if (count <= blocks) return all;
  }
  return {};
}
