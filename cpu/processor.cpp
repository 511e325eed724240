// The name of the processor and how much of it this process may use, from the system.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "instruction_set.hpp"

#if defined(__linux__)
#include <sched.h>
#elif defined(__APPLE__)
#include <sys/sysctl.h>
#endif

namespace {

#if defined(__linux__)

// Returns the first line of a file, empty if there is none.
std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// Returns the processors of this process's affinity mask, 0 if the system does not tell.
int processors_allowed() {
  for (int size = 1024; size <= 1 << 18; size *= 2) {  // the mask of a large system does not fit into cpu_set_t
    cpu_set_t* mask = CPU_ALLOC(size);
    if (mask == nullptr) return 0;
    const bool is_known = sched_getaffinity(0, CPU_ALLOC_SIZE(size), mask) == 0;
    const int count = is_known ? CPU_COUNT_S(CPU_ALLOC_SIZE(size), mask) : 0;
    CPU_FREE(mask);
    if (is_known) return count;
  }
  return 0;
}

// Returns how many processors' time a quota gives, such as "150000" microseconds of each "100000"; 0 if it sets no limit.
int processors_of(const std::string& quota, const std::string& period) {
  const double given = std::atof(quota.c_str()), each = std::atof(period.c_str());
  if (given <= 0 || each <= 0) return 0;
  // Rounded down: with a thread more, all would be stopped for the rest of each period.
  return std::max(1, static_cast<int>(std::min(given / each, 1e6)));
}

// Returns the smallest quota of a control group and those around it, 0 if none has one. `path` is inside of `root`.
int quota_of_group(const std::string& root, std::string path, bool is_version_2) {
  int least = 0;
  for (;;) {
    const std::string folder = root + path;
    int count;
    if (is_version_2) {
      const std::string line = first_line(folder + "/cpu.max");  // "max 100000" or "150000 100000"
      const size_t gap = line.find(' ');
      count = gap == std::string::npos ? 0 : processors_of(line.substr(0, gap), line.substr(gap));
    } else {
      count = processors_of(first_line(folder + "/cpu.cfs_quota_us"), first_line(folder + "/cpu.cfs_period_us"));
    }
    if (count > 0) least = least == 0 ? count : std::min(least, count);
    const size_t end = path.rfind('/');
    if (end == std::string::npos) return least;
    path.resize(end);
  }
}

// Returns the quota of this process's control groups, 0 if none has one.
int processors_of_quota() {
  std::ifstream file("/proc/self/cgroup");
  int least = 0;
  for (std::string line; std::getline(file, line);) {  // "0::/path", or "4:cpu,cpuacct:/path" of version 1
    const size_t names = line.find(':'), path = line.find(':', names + 1);
    if (names == std::string::npos || path == std::string::npos) continue;
    const std::string controllers = "," + line.substr(names + 1, path - names - 1) + ",";
    const bool is_version_2 = controllers == ",,";
    if (!is_version_2 && controllers.find(",cpu,") == std::string::npos) continue;
    const std::string inside = line.substr(path + 1) == "/" ? "" : line.substr(path + 1);
    const int count = quota_of_group(is_version_2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/cpu", inside, is_version_2);
    if (count > 0) least = least == 0 ? count : std::min(least, count);
  }
  return least;
}

// Returns the value of the first line "key : value" of /proc/cpuinfo, empty if there is none.
std::string cpuinfo(const std::string& key) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const size_t colon = line.find(':');
    if (line.compare(0, key.size(), key) != 0 || colon == std::string::npos) continue;
    const size_t start = line.find_first_not_of(" \t", colon + 1), end = line.find_last_not_of(" \t");
    return start == std::string::npos ? "" : line.substr(start, end - start + 1);
  }
  return "";
}

#endif

}  // namespace

std::string processor_name() {
  std::string name;
#if defined(__linux__)
  name = cpuinfo("model name");
  // Most arm64 systems name the board instead; its name ends with a NUL.
  if (name.empty()) name = first_line("/sys/firmware/devicetree/base/model").c_str();
#elif defined(__APPLE__)
  char text[256];
  size_t size = sizeof text;
  if (sysctlbyname("machdep.cpu.brand_string", text, &size, nullptr, 0) == 0) name.assign(text, size > 0 ? size - 1 : 0);
#endif
  if (!name.empty()) return name;
#if defined(__x86_64__)
  return "x86-64 processor";
#else
  return "arm64 processor";
#endif
}

int processor_count() {
  int count = 0;
#if defined(__linux__)
  count = processors_allowed();
  const int quota = processors_of_quota();
  if (count > 0 && quota > 0) count = std::min(count, quota);
#endif
  if (count == 0) count = static_cast<int>(std::thread::hardware_concurrency());
  return std::max(1, count);
}
