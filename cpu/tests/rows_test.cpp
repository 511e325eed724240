// Tests of the kernels of rows and parameters: activations, softmax, losses, dropout, gather, updates, averages and clipping,
// with every instruction set of this processor. The tolerances are bounds of the errors of float32 for each number.
// Prints a digest of all results, which is the same on every processor.
#include <cinttypes>

#include "rows_losses.hpp"
#include "rows_updates.hpp"

namespace {

void test_dropout(int width, double rate) {
  const int rows = 5;
  Matrix x(rows, width, 1);
  x.at(0, 0) = NAN;
  const DropoutMask mask = mask_of({rate, 7, 2});
  const std::string name = "dropout of " + std::to_string(width) + " columns, rate " + std::to_string(rate);
  for (uint32_t step : {1u, 70000u}) {
    const std::vector<float> found = same_in_all(rows, 1, name, [&](const Tested& set, const std::vector<Range>& shares) {
      const Matrix y(rows, width);
      for (Range share : shares) set.kernels.dropout({x.panels, y.panels, mask}, step, share);
      return y.numbers();
    });
    for (int row = 0; row < rows; row++) {
      for (int c = 0; c < width; c++) {
        const float wanted = mask.apply(mask.key(step, row), c, x.at(row, c));
        expect(bits_of(found[row * width + c]) == bits_of(wanted), name);
      }
    }
  }
}

// Tests bytes and floats, rows in the order of the data set and in another, up to the last byte of the data set.
void test_gather(int width) {
  const int rows = 5, set_rows = 9;
  Guarded<uint8_t> bytes(static_cast<size_t>(set_rows) * width);
  Guarded<float> floats(static_cast<size_t>(set_rows) * width);
  for (size_t at = 0; at < bytes.size(); at++) bytes[at] = static_cast<uint8_t>(generator()()), floats[at] = draw();
  const uint32_t mixed[rows] = {8, 0, 3, 8, 1};
  const std::string name = "gather of " + std::to_string(width) + " columns";
  for (bool is_bytes : {true, false}) {
    for (const BatchRows& batch : {BatchRows{mixed, 0}, BatchRows{nullptr, 4}}) {
      const float scale = is_bytes ? 1 / 255.0f : 0.7f;
      const DenseRows from{is_bytes ? bytes.data() : nullptr, is_bytes ? nullptr : floats.data(), width, scale};
      const std::vector<float> found = same_in_all(rows, 1, name, [&](const Tested& set, const std::vector<Range>& shares) {
        const Matrix x(rows, width);
        for (Range share : shares) set.kernels.gather({from, x.panels}, batch, share);
        return x.numbers();
      });
      for (int row = 0; row < rows; row++) {
        for (int c = 0; c < width; c++) {
          const size_t at = batch.row(row) * width + c;
          expect(found[row * width + c] == (is_bytes ? bytes[at] : floats[at]) * scale, name);
        }
      }
    }
  }
}

}  // namespace

int main() {
  if (instruction_sets().empty()) {
    fprintf(stderr, "error: This processor has no instruction set that the kernels were compiled for\n");
    return 1;
  }
  for (mlp_activation activation : ALL_ACTIVATIONS) test_activation(activation);
  test_edges_of_activations();
  test_edges_of_softmax();
  for (int width : WIDTHS) {
    test_softmax(width);
    test_losses(width);
    for (double rate : {0.0, 0.5, 0.999}) test_dropout(width, rate);
    test_gather(width);
    for (int rows : {1, 7, 40}) test_clip_by_norm(rows, width);
  }
  test_edges_of_losses();
  test_updates();
  test_edges_of_updates();
  test_average();
  std::string names;
  for (const Tested& set : instruction_sets()) names += std::string(names.empty() ? "" : ", ") + set.name;
  printf("rows: %d of %d checks passed with %s, digest %016" PRIx64 "\n", checks - faults, checks, names.c_str(), digest);
  return faults > 0;
}
