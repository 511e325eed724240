// The functions of bytes.hpp as functions of arrays, for bytes_test.cpp; compiled for each instruction set.
#include "bytes.hpp"

#include "bytes_functions.hpp"

namespace MLP_ISA {

const ByteFunctions BYTE_FUNCTIONS = {
    [](const uint8_t* a, const uint8_t* b, uint8_t* result) { store_bytes(result, max(load_bytes(a), load_bytes(b))); },
    [](const uint8_t* a, const uint8_t* b, uint8_t* result) { store_bytes(result, min(load_bytes(a), load_bytes(b))); },
    [](const uint8_t* a, const uint8_t* b, uint8_t* result) { store_bytes(result, load_bytes(a) & load_bytes(b)); },
    [](const uint8_t* a, const uint8_t* b, uint8_t* result) { store_bytes(result, load_bytes(a) | load_bytes(b)); },
    [](uint8_t x, uint8_t* result) { store_bytes(result, splat_bytes(x)); },
    [](const uint8_t* a, uint8_t least) { return bits_from(load_bytes(a), splat_bytes(least)); },
    [](const uint8_t* a) { return max_lane(load_bytes(a)); },
    [](const uint8_t* a, const uint8_t* b, const uint8_t* c, const uint8_t* d, uint32_t* result) {
      store_interleaved(result, load_bytes(a), load_bytes(b), load_bytes(c), load_bytes(d));
    },
    [](const uint8_t* a, const uint8_t* b, uint16_t much, uint16_t little, uint16_t round, uint8_t* result) {
      const H sum = widen(load_bytes(a)) * splat_halves(much) + widen(load_bytes(b)) * splat_halves(little);
      store_bytes(result, narrow(shift_right<8>(sum + splat_halves(round))));
    },
    [](const uint8_t* a, int times) {
      S sum = no_sum();
      for (int i = 0; i < times; i++) sum = sum + sum_of(load_bytes(a));
      return total(sum);
    },
    [](const uint8_t* a, const uint8_t* weights) { return total(sum_of_products(load_bytes(a), load_bytes(weights))); },
    [](const uint32_t* from, const uint32_t* index, uint32_t* result) {
      store_words(result, gather_words(from, load_words(index)));
    },
    [](const uint32_t* words, uint8_t* result) { store_as_bytes(result, load_words(words)); },
};

}  // namespace MLP_ISA
