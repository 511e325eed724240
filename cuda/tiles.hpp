// How the persistent kernel divides layers among the blocks of a GPU.
#pragma once

#include <cstdint>
#include <vector>

// A layer (O, I) in tiles of tile_out x tile_in weights: tile_out is a power of two from 8, tile_in a multiple of 4.
struct Tiles {
  int tile_in, tile_out, tiles_in, tiles_out;
};

// The shape of a layer whose tiles are chosen.
struct TiledLayer {
  int in_features, out_features;
  bool is_first;  // true if the gradient of its inputs is not needed
};

// Returns the cycles of a step that a tile takes: an estimate that counts instructions and loads, for choosing between tilings.
double tile_cycles(const TiledLayer& layer, const Tiles& tiles, int batch);

// Returns the ways to divide a layer into at most `blocks` tiles, the cheapest first; none if it has too many outputs.
std::vector<Tiles> tilings_of(const TiledLayer& layer, int batch, int blocks);

// A small layer (O, I) in patches of outs x ins weights, both powers of two from 4.
struct Patches {
  int outs, ins, down, across;  // down, across: patches along the outputs and the inputs
};
struct PatchedLayer {
  int in_features, out_features;
};
// Divides small layers into at most `blocks` patches of at most 1024 weights, all of about the same size, which is as small as
// possible. Returns an empty list if that is not possible.
std::vector<Patches> patches_of(const std::vector<PatchedLayer>& layers, int blocks);
