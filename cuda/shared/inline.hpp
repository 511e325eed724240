// How small functions are declared that both libraries use: for the GPU and the host in CUDA, else always inline. A function
// that a compiler does not inline becomes a symbol of its own, and the linker keeps one of several copies: perhaps the one that
// was compiled for instructions that this processor lacks.
#pragma once

#ifdef __CUDACC__
#define SHARED_INLINE __host__ __device__ __forceinline__
#else
#define SHARED_INLINE inline __attribute__((always_inline))
#endif
