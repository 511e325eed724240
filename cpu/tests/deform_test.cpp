// Deforms images through the C interface: the same bits with every instruction set and number of threads, no access beyond the
// images, the end of a call, and the messages of wrong calls. The bits are those of the WebAssembly kernel, with which
// tests/augment/backend_images_test.ts compares them. Prints a digest.
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <cstring>
#include <thread>
#include <vector>

#include "deform.h"
#include "instruction_set.hpp"
#include "shared/tests/expect.hpp"

namespace {

constexpr double STRENGTHS[MLP_STRENGTHS] = {0.05, 0.05, 0.05, 0.3, 0.5, 0.5, 1, 6, 1};
constexpr double STRONG[MLP_STRENGTHS] = {0.4, 0.3, 0.5, 3, 4, 1, 0.5, 9, 2};

uint64_t digest = 14695981039346656037u;

// Bytes that end at a page which nothing may touch, and begin after another one.
class Guarded {
 public:
  explicit Guarded(size_t count) : count_(count), page_(static_cast<size_t>(sysconf(_SC_PAGESIZE))) {
    inside_ = (count + page_ - 1) / page_ * page_;
    void* pages = mmap(nullptr, inside_ + 2 * page_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pages_ = static_cast<uint8_t*>(pages);
    mprotect(pages_, page_, PROT_NONE);
    mprotect(pages_ + page_ + inside_, page_, PROT_NONE);
  }
  ~Guarded() { munmap(pages_, inside_ + 2 * page_); }
  Guarded(const Guarded&) = delete;
  uint8_t* get() const { return pages_ + page_ + inside_ - count_; }
  size_t count() const { return count_; }

 private:
  size_t count_, page_, inside_;
  uint8_t* pages_;
};

// Strokes, noise, single pixels, and images that are blank, full or faint.
void draw(uint8_t* image, int side, int number) {
  uint32_t word = static_cast<uint32_t>(number) * 2654435761u + 1;
  const auto random = [&] { return word = word * 1664525u + 1013904223u, word >> 16; };
  for (int y = 0; y < side; y++) {
    for (int x = 0; x < side; x++) {
      uint8_t& pixel = image[y * side + x];
      switch (number % 8) {
        case 0: pixel = 0; break;
        case 1: pixel = 255; break;
        case 2: pixel = y * side + x == number * 7 % (side * side) ? 255 : 0; break;
        case 3: pixel = static_cast<uint8_t>(random() % 4 == 0 ? random() : 0); break;
        case 4: pixel = static_cast<uint8_t>(random() % 20); break;
        default: {
          const int away = std::abs(2 * x - y - side / 3 + number % 5);
          pixel = y > side / 5 && y < 4 * side / 5 && away < 4 ? static_cast<uint8_t>(255 - 60 * away) : 0;
        }
      }
    }
  }
}

int32_t deform(int32_t set, uint32_t threads, const Guarded& source, const Guarded& target, uint32_t side, uint32_t seed,
               const double* strengths) {
  const int32_t stop = 0;
  char error[256] = "";
  const int32_t status = mlp_deform_images(set, threads, source.get(), target.get(), source.count(), side, seed, strengths,
                                           MLP_STRENGTHS, &stop, error, sizeof error);
  expect(status == MLP_OK, error);
  return status;
}

void test_bits() {
  for (const int side : {8, 9, 16, 17, 28, 30, 31, 33, 62, 64, 256}) {
    const int images = side == 256 ? 9 : side > 32 ? 70 : 150;
    const size_t pixels = static_cast<size_t>(side) * side;
    const Guarded source(pixels * images), wanted(source.count()), found(source.count());
    for (int i = 0; i < images; i++) draw(source.get() + pixels * i, side, i);
    const std::vector<uint8_t> before(source.get(), source.get() + source.count());
    for (const double* strengths : {STRENGTHS, STRONG}) {
      for (const uint32_t seed : {1u, 0xfffffff0u}) {
        deform(MLP_BEST, 1, source, wanted, side, seed, strengths);
        for (size_t at = 0; at < wanted.count(); at++) digest = (digest ^ wanted.get()[at]) * 1099511628211u;
        expect(std::memcmp(wanted.get(), source.get(), wanted.count()) != 0, "images are deformed");
        for (int32_t set = MLP_BEST; set < MLP_INSTRUCTION_SETS; set++) {
          if (!is_usable(set)) continue;
          for (const uint32_t threads : {1u, 2u, 3u, 0u}) {
            std::memset(found.get(), 77, found.count());
            deform(set, threads, source, found, side, seed, strengths);
            expect(std::memcmp(found.get(), wanted.get(), found.count()) == 0,
                   std::string("the same bits with ") + name_of(set) + ", side " + std::to_string(side));
          }
        }
      }
    }
    expect(std::memcmp(source.get(), before.data(), before.size()) == 0, "the images are not changed");
    // Image i depends only on i and its pixels.
    if (images > 40) {
      const Guarded few(pixels * 21);
      std::memcpy(few.get(), source.get(), few.count());
      const Guarded part(few.count());
      deform(MLP_BEST, 2, few, part, side, 0xfffffff0u, STRONG);
      expect(std::memcmp(part.get(), wanted.get(), part.count()) == 0, "an image does not depend on later ones");
    }
  }
}

void test_stop() {
  const size_t count = size_t(256) * 256 * 300;
  std::vector<uint8_t> source(count, 200), target(count);
  std::atomic<int32_t> stop{1};
  const int32_t* word = reinterpret_cast<const int32_t*>(&stop);
  const auto call = [&] {
    return mlp_deform_images(MLP_BEST, 2, source.data(), target.data(), count, 256, 1, STRENGTHS, MLP_STRENGTHS, word, nullptr, 0);
  };
  expect(call() == MLP_OK && target[256 * 128 + 128] == 0, "a call that is stopped before it begins does nothing");
  stop = 0;
  int32_t status = -1;
  std::thread caller([&] { status = call(); });
  stop = 1;
  caller.join();
  expect(status == MLP_OK && target[count - 128 * 257] == 0, "a call ends early");
}

void test_messages() {
  std::vector<uint8_t> images(128, 100);
  const int32_t stop = 0;
  double strengths[MLP_STRENGTHS] = {};
  struct Call {
    int32_t set = MLP_BEST;
    uint32_t threads = 1;
    uint8_t *source, *target;
    uint64_t count = 128;
    uint32_t side = 8;
    const double* strengths;
    uint64_t strength_count = MLP_STRENGTHS;
    const int32_t* stop;
  };
  const auto refuse = [&](const std::string& message, auto&& change) {
    Call call;
    call.source = call.target = images.data(), call.strengths = strengths, call.stop = &stop;
    change(call);
    char error[256] = "";
    const int32_t status = mlp_deform_images(call.set, call.threads, call.source, call.target, call.count, call.side, 1,
                                             call.strengths, call.strength_count, call.stop, error, sizeof error);
    expect(status != MLP_OK && message == error, message + ": " + error);
  };
  refuse("An instruction set is a number from 0 to 3, found 4", [](Call& call) { call.set = 4; });
  refuse("A plan needs 1 to 1024 threads, or 0 for one on each processor, found 1025", [](Call& call) { call.threads = 1025; });
  refuse("Images need a side from 8 to 256, found 7", [](Call& call) { call.side = 7; });
  refuse("Images need a side from 8 to 256, found 257", [](Call& call) { call.side = 257; });
  refuse("Images of side 8 need a multiple of 64 pixels, found 127", [](Call& call) { call.count = 127; });
  refuse("A call deforms at most 2147483647 images, found 2147483648", [](Call& call) { call.count = uint64_t(64) << 31; });
  refuse("An array is null", [](Call& call) { call.source = nullptr; });
  refuse("An array is null", [](Call& call) { call.target = nullptr; });
  refuse("A deformation has 9 strengths, found 8", [](Call& call) { call.strength_count = 8; });
  refuse("A deformation has 9 strengths, found 9", [](Call& call) { call.strengths = nullptr; });
  refuse("The request to stop is null", [](Call& call) { call.stop = nullptr; });
  refuse("Strength 3 is not a finite number", [&](Call&) { strengths[3] = NAN; });
  strengths[3] = 0;
  refuse("The contrast needs to be at least 0, found -0.5", [&](Call&) { strengths[MLP_STRENGTH_CONTRAST] = -0.5; });
  strengths[MLP_STRENGTH_CONTRAST] = 0;
  const int32_t status = mlp_deform_images(MLP_BEST, 0, nullptr, nullptr, 0, 8, 1, strengths, MLP_STRENGTHS, &stop, nullptr, 0);
  expect(status == MLP_OK, "no images");
}

}  // namespace

int main() {
  test_bits();
  test_stop();
  test_messages();
  printf("deformed images: %016llx\n", static_cast<unsigned long long>(digest));
  printf("%d checks, %d faults\n", checks, faults);
  return faults == 0 ? 0 : 1;
}
