// Sums over the processes of a group; group.hpp describes the method.
#include "group.hpp"

#include <algorithm>
#include <cstring>

// A process is lost if nothing has arrived from it for this number of seconds, not even a heartbeat.
static constexpr double TIMEOUT = 5;

// Up to this number of floats, a copy costs less than an exchange of its own for the report: 64 KiB, about 5 µs.
static constexpr size_t MOST_COPIED = 16384;

// Numbers that cannot be halved log2 R times are sent whole, with the report.
static constexpr size_t MAX_REST = MAX_SLICES;

struct mlp_group::Message {
  StepReport report;
  float rest[MAX_REST];
};

static constexpr size_t MESSAGE_FLOATS = (sizeof(StepReport) + MAX_REST * sizeof(float) + 63) / 64 * 16;

mlp_group::mlp_group(const mlp_transport& transport, uint32_t slices)
    : transport_(transport), slices_(static_cast<int>(slices)) {
  static_assert(sizeof(Message) <= MESSAGE_FLOATS * sizeof(float), "a message fits");
}

int mlp_group::bound(int batch_rows, int slice) const {
  return static_cast<int>(static_cast<int64_t>(slice) * batch_rows / slices_);
}

Range mlp_group::rows(int batch_rows) const {
  const Range own = own_slices();
  return {bound(batch_rows, own.first), bound(batch_rows, own.last)};
}

Slices mlp_group::slices(int batch_rows) const {
  const Range own = own_slices();
  Slices slices{own.count(), {}};
  for (int slice = 0; slice <= own.count(); slice++) slices.bounds[slice] = bound(batch_rows, own.first + slice);
  return slices;
}

void mlp_group::exchange(int peer, const void* send, void* receive, size_t bytes) {
  const int32_t status = transport_.exchange(peer, send, receive, bytes, TIMEOUT);
  if (status == MLP_OK) return;
  throw Fault{status, format("Rank %d has ended, or has not answered for %.0f seconds", peer, TIMEOUT)};
}

// Copies from the report of another process: its own slices, and those that it has received.
static void combine(StepReport& report, const StepReport& other, Range slices) {
  for (int slice = slices.first; slice < slices.last; slice++) {
    report.loss_sums[slice] = other.loss_sums[slice];
    report.correct[slice] = other.correct[slice];
  }
  report.stop |= other.stop;
}

// Exchanges with the process at `distance`: sends `half` numbers, and adds what arrives to those to keep.
void mlp_group::reduce(int distance, StepReport& report, float* rest, const float* send, float* keep, size_t half) {
  const int peer = rank() ^ distance;
  Message message{report, {}}, other;
  std::copy(rest, rest + MAX_REST, message.rest);
  float* received = received_.data() + MESSAGE_FLOATS;
  if (half <= MOST_COPIED) {
    std::memcpy(sent_.data(), &message, sizeof message);
    std::copy(send, send + half, sent_.data() + MESSAGE_FLOATS);
    exchange(peer, sent_.data(), received_.data(), (MESSAGE_FLOATS + half) * sizeof(float));
    std::memcpy(&other, received_.data(), sizeof other);
  } else {
    exchange(peer, &message, &other, sizeof message);
    exchange(peer, send, received, half * sizeof(float));
  }
  for (size_t at = 0; at < half; at++) keep[at] += received[at];
  for (size_t at = 0; at < MAX_REST; at++) rest[at] += other.rest[at];
  const int first = peer / distance * distance * per_process();
  combine(report, other.report, {first, first + distance * per_process()});
}

void mlp_group::add_up(StepReport& report, float* numbers, size_t count) {
  const size_t parts = static_cast<size_t>(size()), rest_count = count % parts;
  size_t first = 0, length = count - rest_count;  // the numbers of which this process has sums
  float rest[MAX_REST] = {};
  std::copy(numbers + length, numbers + count, rest);
  const size_t needed = MESSAGE_FLOATS + length / 2;
  if (received_.size() < needed) received_.resize(needed);
  if (sent_.size() < std::min(needed, MESSAGE_FLOATS + MOST_COPIED)) sent_.resize(std::min(needed, MESSAGE_FLOATS + MOST_COPIED));
  const size_t all = length;
  for (int distance = 1; distance < size(); distance *= 2) {
    const size_t half = length / 2;
    const bool keeps_first = (rank() & distance) == 0;
    float *lower = numbers + first, *upper = lower + half;
    if (keeps_first) reduce(distance, report, rest, upper, lower, half);
    else reduce(distance, report, rest, lower, upper, half);
    if (!keeps_first) first += half;
    length = half;
  }
  for (int distance = size() / 2; distance >= 1; distance /= 2) {
    const size_t other = (rank() & distance) == 0 ? first + length : first - length;
    exchange(rank() ^ distance, numbers + first, numbers + other, length * sizeof(float));
    first = std::min(first, other);
    length *= 2;
  }
  std::copy(rest, rest + rest_count, numbers + all);
}
