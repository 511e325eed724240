// The processor's mode of arithmetic. A program may have told the processor, for its thread, to round in another direction or
// to replace denormal numbers by 0: some libraries do when they are loaded. The kernels would then compute other bits.
#pragma once

#include <cstdint>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

// Sets the arithmetic of IEEE 754 for the calling thread, and restores the mode that it had.
class IeeeArithmetic {
 public:
  IeeeArithmetic() : before_(mode()) {
    if (before_ != DEFAULT) set_mode(DEFAULT);
  }
  ~IeeeArithmetic() {
    if (mode() != before_) set_mode(before_);
  }
  IeeeArithmetic(const IeeeArithmetic&) = delete;

 private:
#if defined(__x86_64__)
  // Rounds to nearest, keeps denormal numbers, no exception ends the program. Exceptions that occurred do not matter.
  static constexpr uint64_t DEFAULT = 0x1f80, OCCURRED = 0x3f;
  static uint64_t mode() { return _mm_getcsr() & ~OCCURRED; }
  static void set_mode(uint64_t mode) { _mm_setcsr(static_cast<unsigned>(mode)); }
#elif defined(__aarch64__)
  static constexpr uint64_t DEFAULT = 0;
  static uint64_t mode() {
    uint64_t mode;
    asm volatile("mrs %0, fpcr" : "=r"(mode));
    return mode;
  }
  static void set_mode(uint64_t mode) { asm volatile("msr fpcr, %0" : : "r"(mode)); }
#endif

  const uint64_t before_;
};
