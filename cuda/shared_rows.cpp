#include "shared_rows.hpp"

SharedRows::SharedRows(int32_t gpu, const uint8_t* from_bytes, const float* from_floats, uint64_t count, uint64_t width)
    : device((check(cudaSetDevice(gpu)), gpu)),
      rows(count / width),
      columns(width),
      are_bytes(from_bytes != nullptr),
      bytes(from_bytes ? count : 0),
      floats(from_floats ? count : 0) {
  const Stream stream;
  if (from_bytes) bytes.write(from_bytes, count, stream);
  if (from_floats) floats.write(from_floats, count, stream);
  check(cudaStreamSynchronize(stream));
}

SharedRows::~SharedRows() { cudaSetDevice(device); }
