// Groups of processes in one process: a transport between threads. `make -C cpu test` runs it.
#include "group.hpp"

#include <cmath>
#include <cstdio>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <thread>

#include "transport.hpp"

namespace {

int faults = 0, checks = 0;

void expect(bool holds, const std::string& check) {
  checks++;
  if (holds) return;
  faults++;
  fprintf(stderr, "fault: %s\n", check.c_str());
}

void on_ranks(int size, const std::function<void(int, mlp_group&)>& work) {
  std::vector<std::thread> threads;
  for (int rank = 0; rank < size; rank++) {
    threads.emplace_back([&, rank] {
      own_rank = rank;
      mlp_group group({MLP_TRANSPORT_VERSION, rank, size, exchange}, MAX_SLICES);
      work(rank, group);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

float pair_sum(const std::vector<std::vector<float>>& slices, size_t at, int first, int count) {
  if (count == 1) return slices[static_cast<size_t>(first)][at];
  return pair_sum(slices, at, first, count / 2) + pair_sum(slices, at, first + count / 2, count / 2);
}

// Every number of processes gives the bits of the tree over the slices, on every process, with all reports.
void test_sums(size_t count) {
  std::mt19937 generator(static_cast<unsigned>(count) + 1);
  std::normal_distribution<float> draw(0, 1);
  std::vector<std::vector<float>> slices(MAX_SLICES, std::vector<float>(count));
  for (auto& slice : slices) {
    for (float& value : slice) value = std::ldexp(draw(generator), static_cast<int>(generator() % 20));
  }
  for (int size = 1; size <= MAX_SLICES; size *= 2) {
    const std::string name = std::to_string(count) + " numbers of " + std::to_string(size) + " processes";
    std::vector<std::vector<float>> found(static_cast<size_t>(size));
    std::vector<StepReport> reports(static_cast<size_t>(size));
    longest = 0;
    on_ranks(size, [&](int rank, mlp_group& group) {
      for (int step = 0; step < 2; step++) {  // the second uses the memory of the first
        const Range own = group.own_slices();
        std::vector<float> numbers(count);
        for (size_t at = 0; at < count; at++) numbers[at] = pair_sum(slices, at, own.first, own.count());
        StepReport report{};
        for (int slice = own.first; slice < own.last; slice++) {
          report.loss_sums[slice] = slice == 5 ? NAN : 0.1 * slice;
          report.correct[slice] = static_cast<uint32_t>(slice * slice);
        }
        report.stop = rank == size - 1 && step == 1;
        group.add_up(report, numbers.data(), count);
        found[static_cast<size_t>(rank)] = numbers;
        reports[static_cast<size_t>(rank)] = report;
      }
    });
    for (int rank = 0; rank < size; rank++) {
      const auto& numbers = found[static_cast<size_t>(rank)];
      const auto& report = reports[static_cast<size_t>(rank)];
      bool same = true, reported = report.stop == 1;
      for (size_t at = 0; at < count; at++) {
        const float wanted = pair_sum(slices, at, 0, MAX_SLICES);
        same = same && std::memcmp(&numbers[at], &wanted, sizeof wanted) == 0;
      }
      for (int slice = 0; slice < MAX_SLICES; slice++) {
        const double loss = report.loss_sums[slice];
        reported = reported && (slice == 5 ? std::isnan(loss) : loss == 0.1 * slice);
        reported = reported && report.correct[slice] == static_cast<uint32_t>(slice * slice);
      }
      expect(same, name + ": the sums of process " + std::to_string(rank) + " have other bits");
      expect(reported, name + ": process " + std::to_string(rank) + " has another report");
    }
    int levels = 0;
    for (int other = size; other > 1; other /= 2) levels++;
    const bool large = count / 2 > 16384;
    if (!large) expect(longest == 2 * 2 * levels, name + ": " + std::to_string(longest) + " exchanges in two steps");
  }
}

void test_cuts() {
  for (int rows : {1, 2, 7, 8, 9, 100, 128}) {
    for (int size = 1; size <= MAX_SLICES; size *= 2) {
      int next = 0;
      for (int rank = 0; rank < size; rank++) {
        const mlp_group group({MLP_TRANSPORT_VERSION, rank, size, exchange}, MAX_SLICES);
        const Range own = group.rows(rows);
        const Slices slices = group.slices(rows);
        const std::string name = std::to_string(rows) + " rows, process " + std::to_string(rank) + " of " + std::to_string(size);
        expect(own.first == next && slices.count == MAX_SLICES / size, name + ": begins elsewhere");
        expect(slices.bounds[0] == own.first && slices.bounds[slices.count] == own.last, name + ": slices cover other rows");
        for (int slice = 0; slice <= slices.count; slice++) {
          expect(slices.bounds[slice] == (rank * slices.count + slice) * rows / MAX_SLICES, name + ": cut elsewhere");
        }
        next = own.last;
      }
      expect(next == rows, std::to_string(rows) + " rows: not all belong to a process");
    }
  }
}

void test_lost() {
  lost_rank = 1;
  std::string message;
  int32_t status = MLP_OK;
  own_rank = 0;
  mlp_group group({MLP_TRANSPORT_VERSION, 0, 2, exchange}, MAX_SLICES);
  StepReport report{};
  std::vector<float> numbers(100);
  try {
    group.add_up(report, numbers.data(), numbers.size());
  } catch (const Fault& fault) {
    status = fault.status;
    message = fault.message;
  }
  lost_rank = -1;
  expect(status == MLP_RANK_LOST && message == "Rank 1 has ended, or has not answered for 5 seconds",
         "a lost process gives status " + std::to_string(status) + ": " + message);
}

}  // namespace

int main() {
  for (size_t count : {0, 1, 7, 8, 1000, 32768, 100003}) test_sums(count);
  test_cuts();
  test_lost();
  printf("group: %d checks, %d faults\n", checks, faults);
  return faults != 0;
}
