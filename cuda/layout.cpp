// Lays out the persistent kernel: chooses the layers that stay in shared memory, their tiles, the patches of the small layers, and
// the place of everything in shared memory. Only shapes are needed, and no memory is allocated.
#include "layout.hpp"

#include <algorithm>

#include "fault.hpp"

namespace {

// Layers with more weights than this are not part of the tail. The numbers that a block of the tail keeps must fit in 48 KB.
constexpr uint64_t MAX_TAIL_WEIGHTS = 16384;
constexpr uint64_t MAX_TAIL_WIDTH = ((48 << 10) / sizeof(float) - TAIL_WARPS * TAIL_ROWS * TAIL_PIECE) / 2 / TAIL_ROWS - 4;

// The largest number of blocks that compute the tail. More blocks would cost more time for waiting than they save: an estimate,
// not measured.
constexpr int TAIL_BLOCKS = 64;

// Cycles by which an update of a patch delays the next step in a block that has a tile, too. On an H100 it took 7,400 for the
// default network (2026-11-27); tile_cycles() gives about half of what tiles take there.
constexpr double PATCH_CYCLES = 3500;

int log2_of(int power) {
  int shift = 0;
  while (1 << shift < power) shift++;
  return shift;
}

// Hands out shared memory, in floats, at multiples of 16 bytes.
class SharedMemory {
 public:
  int allocate(uint64_t count) {
    const uint64_t at = floats_;
    floats_ += (count + 3) / 4 * 4;
    return static_cast<int>(std::min<uint64_t>(at, INT32_MAX));
  }
  uint64_t floats() const { return floats_; }
  uint64_t bytes() const { return floats_ * sizeof(float); }

 private:
  uint64_t floats_ = 0;
};

void use_tiles(StationaryLayer* layer, const Tiles& tiles) {
  layer->tiles = tiles;
  layer->out_shift = log2_of(tiles.tile_out);
  layer->x_stride = (tiles.tile_in / 4 | 1) * 4;  // rows on different banks
}

// Places everything that a block needs in shared memory, and returns it; the inputs of the first layer are last.
SharedMemory place(Persistent* kernel) {
  SharedMemory shared;
  shared.allocate(PLACES_FLOATS);
  int largest_out = 0;
  for (int l = 0; l < kernel->layer_count; l++) {
    StationaryLayer& layer = kernel->layers[l];
    layer.weights_at = shared.allocate(uint64_t(kernel->state_copies) * layer.tiles.tile_in * layer.tiles.tile_out);
    if (l > 0) layer.x_at = shared.allocate(uint64_t(kernel->batch_size) * layer.x_stride);
    largest_out = std::max(largest_out, layer.tiles.tile_out);
  }
  kernel->dz_at = shared.allocate(uint64_t(kernel->batch_size) * largest_out);
  kernel->scratch_at = shared.allocate(
      std::max<uint64_t>(SCRATCH_FLOATS, tail_floats(kernel->tail.width, kernel->tail_rows, PERSISTENT_CHUNK)));
  int patch = 0;
  for (int l = 0; l < kernel->tail.count; l++) {
    patch = std::max(patch, patch_floats(kernel->small[l].out_shift, kernel->small[l].in_shift, kernel->state_copies));
  }
  kernel->patch_at = shared.allocate(patch);
  kernel->rows_at = shared.allocate(kernel->batch_size);
  kernel->layers[0].x_at = shared.allocate(uint64_t(kernel->batch_size) * kernel->layers[0].x_stride);
  return shared;
}

// Gives each large layer the cheapest tiling for which everything fits in `bytes` of shared memory: as long as it does not, the
// layer that gets slower by the least takes its next tiling that needs less. Returns whether everything fits.
bool choose_tiles(Persistent* kernel, int blocks, uint64_t bytes) {
  const int batch = static_cast<int>(kernel->batch_size), count = kernel->layer_count;
  std::vector<TiledLayer> shapes;
  std::vector<std::vector<Tiles>> tilings;
  for (int l = 0; l < count; l++) {
    shapes.push_back({kernel->layers[l].in_features, kernel->layers[l].out_features, l == 0});
    tilings.push_back(tilings_of(shapes[l], batch, blocks));
    if (tilings[l].empty()) return false;
    use_tiles(&kernel->layers[l], tilings[l][0]);
  }
  while (place(kernel).bytes() > bytes) {
    const uint64_t now = place(kernel).bytes();
    double least = 0;
    int changed = -1;
    Tiles better{};
    for (int l = 0; l < count; l++) {
      const Tiles used = kernel->layers[l].tiles;
      for (const Tiles& other : tilings[l]) {
        use_tiles(&kernel->layers[l], other);
        const double slower = tile_cycles(shapes[l], other, batch) - tile_cycles(shapes[l], used, batch);
        if (place(kernel).bytes() >= now || (changed >= 0 && slower >= least)) continue;
        least = slower;
        changed = l;
        better = other;
      }
      use_tiles(&kernel->layers[l], used);
    }
    if (changed < 0) return false;
    use_tiles(&kernel->layers[changed], better);
  }
  return true;
}

// Divides the small layers into patches, and returns whether there are enough blocks for them.
bool divide_small_layers(Persistent* kernel, const std::vector<PatchedLayer>& shapes, int blocks) {
  const std::vector<Patches> all = patches_of(shapes, blocks);
  if (all.size() < shapes.size()) return false;
  for (size_t l = 0; l < all.size(); l++) {
    SmallLayer& layer = kernel->small[l];
    layer.out_shift = log2_of(all[l].outs);
    layer.in_shift = log2_of(all[l].ins);
    layer.first_patch = kernel->patches;
    layer.across = all[l].across;
    layer.chunk_rows = (SCRATCH_FLOATS - UNIT_FLOATS) / (all[l].ins + all[l].outs);
    kernel->patches += all[l].down * all[l].across;
  }
  return true;
}

// Returns the weights of the largest patch.
int largest_patch(const Persistent& kernel) {
  int weights = 0;
  for (int l = 0; l < kernel.tail.count; l++) {
    weights = std::max(weights, 1 << (kernel.small[l].out_shift + kernel.small[l].in_shift));
  }
  return weights;
}

// Returns the estimated cycles of a step that the tiles of a block take.
double cycles_of_tiles(const Persistent& kernel) {
  double cycles = 0;
  for (int l = 0; l < kernel.layer_count; l++) {
    const StationaryLayer& layer = kernel.layers[l];
    cycles += tile_cycles({layer.in_features, layer.out_features, l == 0}, layer.tiles, static_cast<int>(kernel.batch_size));
  }
  return cycles;
}

// Divides the small layers into patches and the large ones into tiles. A block with both updates its patch while others wait for
// its next tile. Fewer, larger patches in blocks without a tile are needed later, but leave fewer blocks for the tiles. Returns
// the reason if that is not possible, else "".
std::string divide(Persistent* kernel, const std::vector<PatchedLayer>& small, int blocks, uint64_t bytes) {
  const Persistent undivided = *kernel;
  if (!divide_small_layers(kernel, small, blocks)) return "its small layers are too large for the blocks of this GPU";
  if (!choose_tiles(kernel, blocks, bytes)) {
    return format("a block would need %llu bytes of shared memory, this GPU has %llu", place(kernel).bytes(), bytes);
  }
  const Persistent shared = *kernel;
  double least = cycles_of_tiles(shared) + (shared.patches > 0 ? PATCH_CYCLES : 0);
  for (int patches = shared.patches; patches > 1;) {
    Persistent parted = undivided;
    if (!divide_small_layers(&parted, small, patches - 1) || largest_patch(parted) > 4 * largest_patch(shared)) break;
    patches = parted.patches;
    if (patches >= blocks || !choose_tiles(&parted, blocks - patches, bytes)) continue;
    const double cycles = cycles_of_tiles(parted);
    if (cycles >= least) continue;
    least = cycles;
    *kernel = parted;
  }
  place(kernel);
  return "";
}

// Fills in the layers and places of the tail.
void shape_tail(const StepShape& step, size_t first, Tail* tail) {
  tail->width = 0;
  tail->count = static_cast<int>(step.layers.size() - first);
  for (size_t index = first - 1; index < step.layers.size(); index++) {
    const LayerShape& layer = step.layers[index];
    TailLayer& shaped = tail->layers[index - (first - 1)];
    shaped.in_features = layer.in_features;
    shaped.out_features = layer.out_features;
    shaped.activation = layer.activation;
    shaped.at = tail->width;
    tail->width += padded(layer.out_features);
  }
}

}  // namespace

int most_tiles(const Persistent& kernel) {
  int most = 0;
  for (int l = 0; l < kernel.layer_count; l++) {
    most = std::max(most, kernel.layers[l].tiles.tiles_in * kernel.layers[l].tiles.tiles_out);
  }
  return most;
}

size_t first_of_tail(const StepShape& step) {
  size_t first = step.layers.size();
  int width = padded(step.layers.back().out_features);
  while (first > 1 && step.layers.size() - first < MAX_TAIL_LAYERS) {
    const LayerShape& layer = step.layers[first - 1];
    const uint64_t weights = uint64_t(layer.in_features) * layer.out_features;
    if (layer.dropout) break;
    if (weights > MAX_TAIL_WEIGHTS || width + uint64_t(layer.in_features) > MAX_TAIL_WIDTH) break;
    width += padded(layer.in_features);
    first--;
  }
  return first;
}

std::string lay_out(const StepShape& step, int blocks, uint64_t shared_bytes, Persistent* kernel) {
  const size_t stationary = first_of_tail(step);
  if (stationary > MAX_STATIONARY) return format("more than %d layers are large", MAX_STATIONARY);
  kernel->state_copies = step.copies;
  kernel->batch_size = static_cast<uint32_t>(step.batch);
  kernel->layer_count = static_cast<int>(stationary);
  std::vector<PatchedLayer> small;
  for (size_t index = 0; index < step.layers.size(); index++) {
    const LayerShape& shape = step.layers[index];
    if (index >= stationary) {
      SmallLayer& layer = kernel->small[index - stationary];
      layer.in_features = shape.in_features;
      layer.out_features = shape.out_features;
      small.push_back({shape.in_features, shape.out_features});
      continue;
    }
    if (shape.activation == MLP_SOFTMAX) return "a large layer has a softmax";
    if (tilings_of({shape.in_features, shape.out_features, index == 0}, step.batch, blocks).empty()) {
      return "a layer has more outputs than fit on this GPU";
    }
    StationaryLayer& layer = kernel->layers[index];
    layer.in_features = shape.in_features;
    layer.out_features = shape.out_features;
    layer.activation = shape.activation;
  }
  shape_tail(step, stationary, &kernel->tail);
  kernel->tail_rows = divide_up(step.batch, std::min(blocks, TAIL_BLOCKS));
  const std::string obstacle = divide(kernel, small, blocks, shared_bytes);
  if (!obstacle.empty()) return obstacle;
  kernel->tail.part_count = kernel->layers[stationary - 1].tiles.tiles_in;
  // The rest holds the inputs of the next batch, after those of this one, and then copies of the tail's weights.
  SharedMemory shared = place(kernel);
  const auto fits_too = [&](uint64_t count) { return shared.bytes() + (count + 3) * sizeof(float) <= shared_bytes; };
  const uint64_t staged = place_staged(&kernel->tail), inputs = uint64_t(step.batch) * kernel->layers[0].x_stride;
  kernel->prefetch = fits_too(inputs);
  if (kernel->prefetch) shared.allocate(inputs);
  kernel->staged_at = staged > 0 && fits_too(staged) ? shared.allocate(staged) : -1;
  kernel->shared_floats = shared.floats();
  return "";
}
