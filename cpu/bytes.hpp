// A vector of 32 bytes, for kernels that work on images; 32 words of 16 bits, to which it widens; and sums of bytes. As in
// vector.hpp, a kernel is written once. Everything is exact.
//
//   AVX2 and AVX-512   one register of 32 bytes      bytes_avx2.hpp
//   NEON               two registers of 16 bytes     bytes_neon.hpp
//
// Types:
//   B   32 bytes, uint8_t
//   H   32 half words, uint16_t; which lane of a B each belongs to depends on the processor
//   S   sums of uint32_t, of which only the total does not depend on the processor
#pragma once

#include "vector.hpp"

#if defined(__aarch64__)
#include "bytes_neon.hpp"
#else
#include "bytes_avx2.hpp"
#endif

constexpr int BYTES = 32;  // bytes of a vector
