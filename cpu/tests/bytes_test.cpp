// Compares every function of bytes.hpp, and those of vector.hpp for bytes, with the same operation on single numbers. Prints a
// digest.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <random>

#include "bytes_functions.hpp"
#include "shared/tests/expect.hpp"

namespace {

constexpr int COUNT = 32;

uint64_t digest = 14695981039346656037u;
std::mt19937 generator(1);

uint32_t random_below(uint32_t limit) { return static_cast<uint32_t>(generator() % limit); }

template <class One>
void expect_each(const char* name, const uint8_t* found, const One& one) {
  for (int i = 0; i < COUNT; i++) {
    expect(found[i] == one(i), name);
    digest = (digest ^ found[i]) * 1099511628211u;
  }
}

// One byte more before each array, so that no array is aligned.
struct Arrays {
  uint8_t bytes[4][COUNT + 1];
  const uint8_t* operator[](int n) const { return bytes[n] + 1; }
};

void check(const ByteFunctions& functions, const Arrays& x) {
  const uint8_t *a = x[0], *b = x[1], *c = x[2], *d = x[3];
  uint8_t found[COUNT + 1] = {}, weights[COUNT];
  uint8_t* const out = found + 1;
  functions.larger(a, b, out);
  expect_each("max", out, [&](int i) { return std::max(a[i], b[i]); });
  functions.smaller(a, b, out);
  expect_each("min", out, [&](int i) { return std::min(a[i], b[i]); });
  functions.both(a, b, out);
  expect_each("&", out, [&](int i) { return a[i] & b[i]; });
  functions.either(a, b, out);
  expect_each("|", out, [&](int i) { return a[i] | b[i]; });
  functions.splat(a[0], out);
  expect_each("splat_bytes", out, [&](int) { return a[0]; });

  for (const int least : {0, 1, 17, 128, 255, static_cast<int>(b[0])}) {
    uint32_t bits = 0;
    for (int i = 0; i < COUNT; i++) bits |= static_cast<uint32_t>(a[i] >= least) << i;
    expect(functions.bits_from(a, static_cast<uint8_t>(least)) == bits, "bits_from");
  }
  expect(functions.max_lane(a) == *std::max_element(a, a + COUNT), "max_lane");

  uint32_t words[COUNT];
  functions.interleave(a, b, c, d, words);
  for (int i = 0; i < COUNT; i++) {
    expect(words[i] == (a[i] | uint32_t(b[i]) << 8 | uint32_t(c[i]) << 16 | uint32_t(d[i]) << 24), "store_interleaved");
  }

  const uint16_t much = static_cast<uint16_t>(random_below(257)), little = static_cast<uint16_t>(256 - much);
  functions.mixed(a, b, much, little, 128, out);
  expect_each("half words", out, [&](int i) { return (a[i] * much + b[i] * little + 128) >> 8; });
  const uint16_t large = static_cast<uint16_t>(random_below(65536));
  functions.mixed(a, b, large, 0, 0, out);
  expect_each("products of half words", out, [&](int i) { return (uint32_t(a[i]) * large & 0xffff) >> 8; });

  uint32_t sum = 0, products = 0;
  for (int i = 0; i < COUNT; i++) {
    weights[i] = static_cast<uint8_t>(random_below(64));
    sum += a[i], products += uint32_t(a[i]) * weights[i];
  }
  for (const int times : {1, 3, 70000}) expect(functions.sum(a, times) == sum * static_cast<uint32_t>(times), "sum_of");
  expect(functions.products(a, weights) == products, "sum_of_products");

  uint32_t index[16], picked[16];
  for (uint32_t& at : index) at = random_below(COUNT);
  functions.gather_words(words, index, picked);
  for (int i = 0; i < 16; i++) expect(picked[i] == words[index[i]], "gather_words");
  uint8_t narrowed[18] = {};
  for (int i = 0; i < 16; i++) picked[i] = a[i];
  functions.store_as_bytes(picked, narrowed + 1);
  expect(std::memcmp(narrowed + 1, a, 16) == 0 && narrowed[0] == 0 && narrowed[17] == 0, "store_as_bytes");
}

void check_all(const ByteFunctions& functions) {
  generator.seed(1);
  Arrays x;
  for (int fill : {0, 255}) {
    std::memset(x.bytes, fill, sizeof x.bytes);
    check(functions, x);
  }
  for (int round = 0; round < 300; round++) {
    for (auto& array : x.bytes) {
      for (uint8_t& byte : array) byte = static_cast<uint8_t>(random_below(round % 2 == 0 ? 256 : 3));
    }
    check(functions, x);
  }
}

}  // namespace

int main() {
  uint64_t first = 0;
#define CHECK(isa, number)                                                       \
  if (is_usable(number)) {                                                       \
    digest = 14695981039346656037u;                                              \
    check_all(isa::BYTE_FUNCTIONS);                                              \
    expect(first == 0 || digest == first, "the same bits with " #isa);           \
    first = digest;                                                              \
  }
  FOR_EACH_SET(CHECK)
  printf("vectors of bytes: %016llx\n", static_cast<unsigned long long>(digest));
  printf("%d checks, %d faults\n", checks, faults);
  return faults == 0 ? 0 : 1;
}
