// What the programs of this folder have in common on the host: their options, samples of a quantity, and the lines that they
// print, for people or as JSON with one object a line.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "../fault.hpp"
#include "../model.hpp"
#include "../shared/device.hpp"

// What a program was asked for.
struct Request {
  bool quick = false;  // tiny sizes, to test the program; always so on the emulated device
  bool json = false;
};

// Reads the options `--quick` and `--json`. A program that gets another one ends.
inline Request request_of(int argc, char** argv) {
  Request request;
  request.quick = library_kind() == MLP_KIND_EMULATED;
  for (int index = 1; index < argc; index++) {
    if (strcmp(argv[index], "--quick") == 0) {
      request.quick = true;
    } else if (strcmp(argv[index], "--json") == 0) {
      request.json = true;
    } else {
      fprintf(stderr, "error: Unknown option %s, the options are --quick and --json\n", argv[index]);
      exit(2);
    }
  }
  return request;
}

// Repeated measurements of one quantity.
struct Sample {
  double median = 0, min = 0, max = 0;
  int count = 0;
};
inline Sample sample_of(std::vector<double> values) {
  need(!values.empty(), "A sample needs at least one value");
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  const double median = values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  return {median, values.front(), values.back(), static_cast<int>(values.size())};
}
inline Sample times(Sample sample, double factor) {
  return {sample.median * factor, sample.min * factor, sample.max * factor, sample.count};
}
// Returns `numerator` divided by each value, such as bytes divided by the seconds that they take.
inline Sample divided_by(double numerator, const Sample& sample) {
  return {numerator / sample.median, numerator / sample.max, numerator / sample.min, sample.count};
}

// Returns the name of a network of these widths, such as "784-128-64-10, batch 128".
inline std::string network_name(const std::vector<int>& widths, uint32_t batch) {
  std::string name;
  for (int width : widths) name += (name.empty() ? "" : "-") + std::to_string(width);
  return name + ", batch " + std::to_string(batch);
}

// One line of the output.
struct Line {
  std::string name, unit;
  Sample sample;
  double floor = 0;      // the least that the GPU could take, in the same unit; 0 for none
  std::string floor_by = {};  // what the floor is made of
  std::vector<std::pair<std::string, std::string>> labels = {};  // more facts, such as the phase of a step
  std::vector<std::pair<std::string, double>> numbers = {};      // more numbers
};

class Report {
 public:
  // Begins with the device: what the model needs to know of it, with the highest clock.
  explicit Report(const Request& request) : json_(request.json) {
    const Device device = query_device(0);
    const bool emulated = library_kind() == MLP_KIND_EMULATED;
    const int multiprocessors = static_cast<int>(device.facts[MLP_FACT_MULTIPROCESSORS]);
    const int shared_bytes = static_cast<int>(device.facts[MLP_FACT_SHARED_BYTES]);
    int kilohertz = 0;
    if (cudaDeviceGetAttribute(&kilohertz, cudaDevAttrClockRate, 0) != cudaSuccess) cudaGetLastError();
    const double gigahertz = kilohertz > 0 ? kilohertz / 1e6 : MODEL.gigahertz;
    if (json_) {
      printf("{\"device\":%s,\"multiprocessors\":%d,\"sharedBytes\":%d,\"gigahertz\":%.6g,\"emulated\":%s}\n",
             quoted(device.name).c_str(), multiprocessors, shared_bytes, gigahertz, emulated ? "true" : "false");
      return;
    }
    printf("%s, %d multiprocessors%s\n", device.name.c_str(), multiprocessors,
           emulated ? "; its clock is made up, so that the numbers mean nothing" : "");
    printf("%-66s %11s %11s %11s  %-8s %11s\n", "", "median", "min", "max", "unit", "floor");
  }

  void add(const Line& line) {
    const Sample& sample = line.sample;
    for (double value : {sample.median, sample.min, sample.max, line.floor}) {
      if (!std::isfinite(value)) throw Fault{MLP_FAILED, line.name + " is not a finite number"};
    }
    if (!json_) {
      printf("%-66s %11.5g %11.5g %11.5g  %-8s", line.name.c_str(), sample.median, sample.min, sample.max, line.unit.c_str());
      if (line.floor > 0) printf(" %11.5g, %s", line.floor, line.floor_by.c_str());
      for (const auto& [name, value] : line.numbers) printf("  %s %.5g", name.c_str(), value);
      printf("\n");
      return;
    }
    printf("{\"name\":%s,\"unit\":%s,\"median\":%.9g,\"min\":%.9g,\"max\":%.9g,\"samples\":%d", quoted(line.name).c_str(),
           quoted(line.unit).c_str(), sample.median, sample.min, sample.max, sample.count);
    if (line.floor > 0) printf(",\"floor\":%.9g,\"floorBy\":%s", line.floor, quoted(line.floor_by).c_str());
    for (const auto& [name, text] : line.labels) printf(",%s:%s", quoted(name).c_str(), quoted(text).c_str());
    for (const auto& [name, value] : line.numbers) printf(",%s:%.9g", quoted(name).c_str(), value);
    printf("}\n");
  }

  // Says that something cannot be measured on this device, and why.
  void skip(const std::string& name, const std::string& reason) {
    if (json_) {
      printf("{\"skipped\":%s,\"reason\":%s}\n", quoted(name).c_str(), quoted(reason).c_str());
    } else {
      printf("%s: not measured, %s\n", name.c_str(), reason.c_str());
    }
  }

 private:
  // Returns a text of JSON for a text of printable characters.
  static std::string quoted(const std::string& text) {
    std::string result = "\"";
    for (char each : text) {
      if (each == '"' || each == '\\') result += '\\';
      result += each;
    }
    return result + '"';
  }
  const bool json_;
};

// Runs a program's work, and turns a fault into a message and the exit code 1.
template <class Work>
int run_program(int argc, char** argv, const Work& work) {
  const Request request = request_of(argc, argv);
  try {
    Report report(request);
    work(request, report);
    return 0;
  } catch (const Fault& fault) {
    fprintf(stderr, "error: Cannot measure the GPU: %s\n", fault.message.c_str());
    return 1;
  }
}
