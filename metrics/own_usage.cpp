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

namespace signalbox {
namespace {

// Seconds since the epoch at which the machine came up; the start of a program is told in ticks after it.
std::optional<double> booted_at_seconds() {
  std::ifstream in("/proc/stat");
  std::string word;
  while (in >> word) {
    if (double seconds = 0; word == "btime" && in >> seconds) return seconds;
    in.ignore(1 << 16, '\n');
  }
  return std::nullopt;
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
  static const auto booted_at = booted_at_seconds();
  if (booted_at) usage.started_at_seconds = *booted_at + start_ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
  timespec cpu{};
  if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu) == 0) {
    usage.cpu_seconds = static_cast<double>(cpu.tv_sec) + static_cast<double>(cpu.tv_nsec) * 1e-9;
  }
  usage.descriptors = count_descriptors();
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) usage.descriptors_max = limit.rlim_cur;
  return usage;
}

}  // namespace signalbox
