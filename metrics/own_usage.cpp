#include "metrics/own_usage.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

/// jemalloc's, where the program is linked with it.
extern "C" int mallctl(const char* name, void* old, size_t* old_bytes, void* given, size_t given_bytes) __attribute__((weak));

namespace signalbox {
namespace {

std::optional<std::uint64_t> heap_bytes() {
  if (mallctl == nullptr) return std::nullopt;
  std::uint64_t epoch = 1;  // the figures are those of the last time that it rose
  std::size_t allocated = 0, bytes = sizeof allocated;
  if (mallctl("epoch", nullptr, nullptr, &epoch, sizeof epoch) != 0) return std::nullopt;
  if (mallctl("stats.allocated", &allocated, &bytes, nullptr, 0) != 0) return std::nullopt;
  return allocated;
}

double seconds_of(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

std::uint64_t count_descriptors() {
  std::error_code failed;
  const std::filesystem::directory_iterator open("/proc/self/fd", failed);
  if (failed) return 0;
  // The directory that is being read is one of them.
  return static_cast<std::uint64_t>(std::distance(begin(open), end(open))) - 1;
}

}  // namespace

std::optional<own_usage> read_own_usage() {
  std::ifstream in("/proc/self/stat");
  std::string line;
  if (!std::getline(in, line)) return std::nullopt;
  // The second field is the program's name in brackets and may hold anything, brackets and spaces too.
  const auto name_end = line.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream rest(line.substr(name_end + 1));
  const std::istream_iterator<std::string> first(rest);
  const std::vector<std::string> fields(first, {});  // fields[0] is the third of proc(5)
  if (fields.size() < 22) return std::nullopt;

  own_usage usage;
  usage.threads = std::stoull(fields[17]);
  const double start_ticks = std::stod(fields[19]);
  usage.virtual_bytes = std::stoull(fields[20]);
  usage.resident_bytes = std::stoull(fields[21]) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  // The kernel tells the start in ticks after the machine came up. Asked once, so that the start doesn't move with the clock.
  static const double booted_at = seconds_of(CLOCK_REALTIME) - seconds_of(CLOCK_BOOTTIME);
  usage.started_at_seconds = booted_at + start_ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
  usage.cpu_seconds = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
  usage.descriptors = count_descriptors();
  usage.heap_bytes = heap_bytes();
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) usage.descriptors_max = limit.rlim_cur;
  return usage;
}

}  // namespace signalbox
