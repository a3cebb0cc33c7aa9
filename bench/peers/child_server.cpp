#include "bench/peers/child_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "bench/load/poller.hpp"

namespace signalbox::load {
namespace {

pid_t spawn(const std::filesystem::path& directory, const child_server::start& what) {
  auto words = what.words;
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const auto output = (directory / "output").string();
  const auto pid = fork();
  if (pid < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid > 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  setpgid(0, 0);  // so that what it starts can be ended with it
  for (const auto& [name, value] : what.environment) setenv(name.c_str(), value.c_str(), 1);
  const int to = open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  dup2(to, STDOUT_FILENO);
  dup2(to, STDERR_FILENO);
  if (chdir(directory.c_str()) == 0) execvp(arguments[0], arguments.data());
  _exit(127);
}

bool takes_connections(const endpoint& at) {
  try {
    const poller unused;
    const byte_stream probe{at, unused.fd(), 0};
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

}  // namespace

std::uint16_t free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  close(fd);
  if (!bound) throw std::system_error(errno, std::generic_category(), "no free port");
  return ntohs(address.sin_port);
}

std::string first_line_of(const std::string& command) {
  std::string out;
  FILE* from = popen((command + " 2>/dev/null").c_str(), "r");
  if (!from) return out;
  std::array<char, 200> line{};
  if (fgets(line.data(), line.size(), from)) out = line.data();
  pclose(from);
  return out.substr(0, out.find('\n'));
}

child_server::child_server(std::filesystem::path directory, const start& what, const endpoint& at, int seconds_max)
    : directory_(std::move(directory)) {
  std::filesystem::create_directories(directory_);
  pid_ = spawn(directory_, what);
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{seconds_max};
  while (!takes_connections(at)) {
    const bool ended = waitpid(pid_, nullptr, WNOHANG) == pid_;
    if (ended || std::chrono::steady_clock::now() > give_up) {
      stop();
      throw std::runtime_error(what.words.front() + " did not start (Debian's package " + what.package + " is needed)");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
}

child_server::~child_server() { stop(); }

void child_server::stop() {
  if (pid_ > 0) {
    kill(-pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

}  // namespace signalbox::load
