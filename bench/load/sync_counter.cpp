#include "bench/load/sync_counter.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>

namespace signalbox::load {
namespace {

bool is_traced(int pid) {
  std::ifstream in{"/proc/" + std::to_string(pid) + "/status"};
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("TracerPid:")) return std::stoi(line.substr(10)) != 0;
  }
  return false;
}

}  // namespace

sync_counter::sync_counter(const std::vector<int>& pids)
    : trace_(std::filesystem::temp_directory_path() / ("signalbox-syncs-" + std::to_string(getpid()))) {
  std::vector<std::string> words{"strace", "-f",           "-qq", "-e", "trace=fsync,fdatasync,msync,sync_file_range",
                                 "-o",     trace_.string()};
  for (const auto pid : pids) words.insert(words.end(), {"-p", std::to_string(pid)});
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  tracer_ = fork();
  if (tracer_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{5};
  while (tracer_ > 0 && !is_traced(pids.front())) {
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
    if (waitpid(tracer_, nullptr, WNOHANG) == tracer_) tracer_ = 0;
    if (std::chrono::steady_clock::now() > give_up) break;
  }
  if (tracer_ > 0 && is_traced(pids.front())) return;
  detach();
  throw std::runtime_error(
      "strace can't be attached to the server (Debian's package strace, and the right to trace, are needed)");
}

sync_counter::~sync_counter() { detach(); }

void sync_counter::detach() {
  if (tracer_ > 0) {
    kill(tracer_, SIGTERM);
    waitpid(tracer_, nullptr, 0);
    tracer_ = 0;
  }
  std::error_code ignored;
  std::filesystem::remove(trace_, ignored);
}

std::uint64_t sync_counter::count() {
  kill(tracer_, SIGTERM);
  waitpid(tracer_, nullptr, 0);
  tracer_ = 0;
  std::uint64_t out = 0;
  std::ifstream in{trace_};
  for (std::string line; std::getline(in, line);) {
    // A call that another thread interrupts stands on two lines.
    if (line.find("sync") != std::string::npos && line.find("resumed>") == std::string::npos) ++out;
  }
  return out;
}

}  // namespace signalbox::load
