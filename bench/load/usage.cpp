#include "bench/load/usage.hpp"

#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <thread>

namespace signalbox::load {
namespace {

std::string read_proc(int pid, const char* file) {
  std::ifstream in{"/proc/" + std::to_string(pid) + '/' + file};
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

double seconds(const timeval& of) { return static_cast<double>(of.tv_sec) + static_cast<double>(of.tv_usec) * 1e-6; }

double cpu_seconds_of_one(int pid) {
  const auto stat = read_proc(pid, "stat");
  const auto name_end = stat.rfind(')');  // the name may hold blanks
  if (name_end == std::string::npos) return 0;
  std::istringstream fields{stat.substr(name_end + 1)};
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  std::uint64_t user = 0, system = 0;
  fields >> user >> system;
  return static_cast<double>(user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

std::uint64_t resident_bytes_of_one(int pid) {
  std::istringstream fields{read_proc(pid, "statm")};
  std::uint64_t all = 0, resident = 0;
  fields >> all >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

double own_cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

double cpu_seconds_of(const std::vector<int>& pids) {
  double out = 0;
  for (const auto pid : pids) out += cpu_seconds_of_one(pid);
  return out;
}

std::uint64_t resident_bytes_of(const std::vector<int>& pids) {
  std::uint64_t out = 0;
  for (const auto pid : pids) out += resident_bytes_of_one(pid);
  return out;
}

machine this_machine() {
  machine out;
  out.cores = std::thread::hardware_concurrency();
  std::ifstream cpus{"/proc/cpuinfo"};
  for (std::string line; std::getline(cpus, line);) {
    if (!line.starts_with("model name")) continue;
    out.cpu = line.substr(line.find(':') + 2);
    break;
  }
  utsname system{};
  uname(&system);
  out.kernel = std::string{system.sysname} + ' ' + system.release;
  out.memory_bytes = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  return out;
}

}  // namespace signalbox::load
