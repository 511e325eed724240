// Compares every function of vector.hpp with the same operation on single numbers, for special numbers in all combinations and
// for random bits. The results must have the same bits with every instruction set; only NaN may differ. Prints a digest.
#include <sys/mman.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <vector>

#include "ieee.hpp"
#include "lanes.hpp"

// ---- single numbers, with the names of vector.hpp ----

namespace single {

struct M {
  bool m;
};
M operator&(M a, M b) { return {a.m && b.m}; }
M operator|(M a, M b) { return {a.m || b.m}; }
M operator~(M a) { return {!a.m}; }
M less(float a, float b) { return {a < b}; }
M less_equal(float a, float b) { return {a <= b}; }
M greater(float a, float b) { return {a > b}; }
M greater_equal(float a, float b) { return {a >= b}; }
M equal(float a, float b) { return {a == b}; }
M is_nan(float a) { return {std::isnan(a)}; }
M greater_equal(uint32_t a, uint32_t b) { return {a >= b}; }
M equal(uint32_t a, uint32_t b) { return {a == b}; }
template <class T>
T select(M m, T a, T b) { return m.m ? a : b; }
template <class T>
T keep(M m, T a) { return m.m ? a : T{0}; }

uint32_t words_of(float a) {
  uint32_t word;
  std::memcpy(&word, &a, sizeof word);
  return word;
}
float floats_of(uint32_t a) {
  float number;
  std::memcpy(&number, &a, sizeof number);
  return number;
}
float splat(float a) { return a; }
uint32_t splat_words(uint32_t a) { return a; }
template <int n>
uint32_t shift_left(uint32_t a) { return a << n; }
template <int n>
uint32_t shift_right(uint32_t a) { return a >> n; }
float to_floats(uint32_t a) { return static_cast<float>(static_cast<int32_t>(a)); }
uint32_t to_words(float a) { return static_cast<uint32_t>(static_cast<int32_t>(a)); }
uint32_t to_words_nearest(float a) { return static_cast<uint32_t>(static_cast<int32_t>(std::nearbyint(a))); }

float fma(float a, float b, float c) { return std::fma(a, b, c); }
float fnma(float a, float b, float c) { return std::fma(-a, b, c); }
float sqrt(float a) { return std::sqrt(a); }
float floor(float a) { return std::floor(a); }
float abs(float a) { return floats_of(words_of(a) & 0x7fffffffu); }
float negate(float a) { return floats_of(words_of(a) ^ 0x80000000u); }
float max(float a, float b) { return a > b ? a : b; }
float min(float a, float b) { return a < b ? a : b; }
float with_sign(float a, float b) { return floats_of(words_of(a) | (words_of(b) & 0x80000000u)); }
float scale_by_power(float a, float n) { return std::ldexp(a, static_cast<int>(n)); }
float near_one(float a, float b) { return NEAR_ONE(a, b); }

// Returns the bits of a result, those of all NaN alike if it is a float.
uint32_t as_words(float x) { return std::isnan(x) ? 0x7fc00000u : words_of(x); }
uint32_t as_words(uint32_t x) { return x; }

#define FUNCTION(name, expression)                                                              \
  uint32_t name([[maybe_unused]] float a, [[maybe_unused]] float b, [[maybe_unused]] float c) { \
    return as_words(expression);                                                                \
  }
FLOAT_EXPRESSIONS(FUNCTION)
WORD_EXPRESSIONS(FUNCTION)
#undef FUNCTION

}  // namespace single

namespace {

int faults = 0;
uint64_t digest = 14695981039346656037u;
const char* set_name = "";

void expect(bool holds, const char* check) {
  if (holds) return;
  if (faults++ < 20) fprintf(stderr, "fault: %s with %s\n", check, set_name);
}
void add_to_digest(uint32_t word) { digest = (digest ^ word) * 1099511628211u; }

// ---- lane by lane ----

// Zeros, denormal numbers, the ends of the normal ones, whole numbers around 2²³ and 2³¹, halves, infinities and NaN.
std::vector<uint32_t> special_words() {
  std::vector<uint32_t> words;
  for (uint32_t word : {0x00000000u, 0x00000001u, 0x00400000u, 0x007fffffu, 0x00800000u, 0x00800001u, 0x33800000u, 0x3effffffu,
                        0x3f000000u, 0x3f7fffffu, 0x3f800000u, 0x3f800001u, 0x3fc00000u, 0x40200000u, 0x4b000000u, 0x4b000001u,
                        0x4b7fffffu, 0x4effffffu, 0x4f000000u, 0x7e800000u, 0x7f7fffffu, 0x7f800000u, 0x7fc00000u, 0x7fffffffu}) {
    words.push_back(word);
    words.push_back(word | 0x80000000u);
  }
  return words;
}

struct Arguments {
  alignas(64) float a[16], b[16], c[16];
};

void check_lanes(const LaneFunctions& functions, const Arguments& x) {
  alignas(64) uint32_t found[16];
#define CHECK_FLOATS(name, expression)                                            \
  functions.name(x.a, x.b, x.c, found);                                           \
  for (int i = 0; i < 16; i++) {                                                  \
    const uint32_t word = single::as_words(single::floats_of(found[i]));          \
    add_to_digest(word);                                                          \
    expect(word == single::name(x.a[i], x.b[i], x.c[i]), #expression);            \
  }
#define CHECK_WORDS(name, expression)                                             \
  functions.name(x.a, x.b, x.c, found);                                           \
  for (int i = 0; i < 16; i++) {                                                  \
    add_to_digest(found[i]);                                                      \
    expect(found[i] == single::name(x.a[i], x.b[i], x.c[i]), #expression);        \
  }
  FLOAT_EXPRESSIONS(CHECK_FLOATS)
  WORD_EXPRESSIONS(CHECK_WORDS)
#undef CHECK_FLOATS
#undef CHECK_WORDS
}

// ---- across lanes ----

void check_across(const LaneFunctions& functions, const Arguments& x) {
  float sums[16], largest[16];
  std::memcpy(sums, x.a, sizeof sums);
  std::memcpy(largest, x.a, sizeof largest);
  for (int half = 8; half > 0; half /= 2) {
    for (int i = 0; i < half; i++) sums[i] += sums[i + half], largest[i] = single::max(largest[i], largest[i + half]);
  }
  const uint32_t sum = single::as_words(functions.add_lanes(x.a)), most = single::as_words(functions.max_lanes(x.a));
  add_to_digest(sum);
  add_to_digest(most);
  expect(sum == single::as_words(sums[0]), "add_lanes");
  expect(most == single::as_words(largest[0]), "max_lanes");

  uint32_t mask[3], bits = 0;
  functions.mask(x.a, x.b, mask);
  for (int i = 0; i < 16; i++) bits |= static_cast<uint32_t>(x.a[i] < x.b[i]) << i;
  expect(mask[0] == bits, "bits");
  expect(mask[1] == static_cast<uint32_t>(__builtin_popcount(bits)), "count");
  expect(mask[2] == (bits != 0), "any");
}

// ---- memory ----

// Two pages: the second one ends the program if something touches it. first_lanes, load_first and store_first are given the end
// of the first one.
void check_memory(const LaneFunctions& functions, const Arguments& x) {
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  char* const pages = static_cast<char*>(mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  mprotect(pages + page, page, PROT_NONE);
  float* const end = reinterpret_cast<float*>(pages + page);
  for (int n = 0; n <= 16; n++) {
    expect(functions.first_lanes(n) == (1u << n) - 1, "first_lanes");
    std::memcpy(end - n, x.a, n * sizeof(float));
    alignas(64) float lanes[16];
    functions.load_first(end - n, lanes, n);
    for (int i = 0; i < 16; i++) expect(single::words_of(lanes[i]) == (i < n ? single::words_of(x.a[i]) : 0), "load_first");
    end[-n - 1] = 7;
    std::memset(static_cast<void*>(end - n), 0, n * sizeof(float));
    functions.copy_first(x.a, end - n, n);
    expect(n == 0 || std::memcmp(end - n, x.a, n * sizeof(float)) == 0, "store_first");
    expect(end[-n - 1] == 7, "store_first, before the first lane");
  }
  std::memcpy(end - 17, x.b, sizeof x.b);
  functions.copy_unaligned(end - 17, end - 33);
  expect(std::memcmp(end - 33, x.b, sizeof x.b) == 0, "load_unaligned and store_unaligned");

  uint8_t* const bytes = reinterpret_cast<uint8_t*>(end) - 16;
  for (int first = 0; first < 256; first += 16) {
    for (int i = 0; i < 16; i++) bytes[i] = static_cast<uint8_t>(first + i);
    alignas(64) float lanes[16];
    functions.bytes_to_floats(bytes, lanes);
    for (int i = 0; i < 16; i++) expect(lanes[i] == static_cast<float>(first + i), "bytes_to_floats");
  }
  munmap(pages, 2 * page);

  uint32_t constants[64];
  functions.constants(x.a[0], 0x89abcdefu, constants);
  for (uint32_t i = 0; i < 16; i++) {
    expect(constants[i] == single::words_of(x.a[0]), "splat");
    expect(constants[16 + i] == 0x89abcdefu, "splat_words");
    expect(constants[32 + i] == i, "lane_indices");
    expect(constants[48 + i] == 0, "zero");
  }

  std::vector<float> from(16 * 19), to(16 * 17, -1.0f);
  for (size_t i = 0; i < from.size(); i++) from[i] = static_cast<float>(i);
  functions.transpose16(from.data(), 19, to.data(), 17);
  for (int row = 0; row < 16; row++) {
    for (int column = 0; column < 16; column++) expect(to[column * 17 + row] == from[row * 19 + column], "transpose16");
    expect(to[row * 17 + 16] == -1, "transpose16, beyond a row");
  }
}

// A thread that replaces denormal numbers by 0, and rounds toward 0, computes the same bits after IeeeArithmetic.
void set_other_mode() {
#if defined(__x86_64__)
  _mm_setcsr(_mm_getcsr() | 0xe040);
#else
  asm volatile("msr fpcr, %0" : : "r"(uint64_t{0x1c00000}));
#endif
}
void check_mode(const LaneFunctions& functions) {
  const IeeeArithmetic restored;
  Arguments x;
  for (int i = 0; i < 16; i++) x.a[i] = 0x1.000002p-126f, x.b[i] = 0.5f, x.c[i] = 0;
  alignas(64) uint32_t other[16], again[16], wanted[16];
  functions.product(x.a, x.b, x.c, wanted);
  set_other_mode();
  functions.product(x.a, x.b, x.c, other);
  {
    const IeeeArithmetic ieee;
    functions.product(x.a, x.b, x.c, again);
  }
  expect(again[0] == wanted[0] && wanted[0] == 0x00400000u, "IeeeArithmetic");
  functions.product(x.a, x.b, x.c, again);
  expect(again[0] == other[0] && other[0] == 0, "IeeeArithmetic, restored");
}

void check_all(const LaneFunctions& functions) {
  digest = 14695981039346656037u;
  const std::vector<uint32_t> special = special_words();
  Arguments x;
  // Each number meets each as a and b; c is a third one in turn.
  size_t at = 0;
  const auto next = [&](float& a, float& b, float& c) {
    a = single::floats_of(special[at % special.size()]);
    b = single::floats_of(special[at / special.size() % special.size()]);
    c = single::floats_of(special[(at + 5 * (at / special.size())) % special.size()]);
    at++;
  };
  while (at < special.size() * special.size()) {
    for (int i = 0; i < 16; i++) next(x.a[i], x.b[i], x.c[i]);
    check_lanes(functions, x);
    check_across(functions, x);
  }
  uint64_t state = 1;
  const auto random = [&] {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<uint32_t>(state >> 32);
  };
  for (int round = 0; round < 20000; round++) {
    for (int i = 0; i < 16; i++) {
      // In every second round, exponents are near 0, so that sums and products have common digits.
      const uint32_t kept = round % 2 ? 0x87ffffffu : 0xffffffffu, set = round % 2 ? 0x38000000u : 0;
      x.a[i] = single::floats_of((random() & kept) | set);
      x.b[i] = single::floats_of((random() & kept) | set);
      x.c[i] = single::floats_of((random() & kept) | set);
    }
    check_lanes(functions, x);
    check_across(functions, x);
  }
  check_memory(functions, x);
  check_mode(functions);
}

}  // namespace

int main() {
  uint64_t first = 0;
  int sets = 0;
#define CHECK(isa, number)                                                  \
  if (is_usable(number)) {                                                  \
    set_name = #isa;                                                        \
    check_all(isa::LANE_FUNCTIONS);                                         \
    if (sets++ == 0) first = digest;                                        \
    expect(digest == first, "other bits than with the first instruction set"); \
  }
  FOR_EACH_SET(CHECK)
#undef CHECK
  if (sets == 0) {
    fprintf(stderr, "error: This processor has no instruction set of this build\n");
    return 1;
  }
  printf("%016llx  vectors\n", static_cast<unsigned long long>(first));
  return faults > 0;
}
