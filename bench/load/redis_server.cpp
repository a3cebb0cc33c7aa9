#include "bench/load/redis_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <system_error>
#include <thread>
#include <vector>

#include "bench/load/poller.hpp"

namespace signalbox::load {
namespace {

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

pid_t start(const std::filesystem::path& directory, std::uint16_t port) {
  // A rewrite of the log in the middle of a run would be Redis' loss, so there is none.
  std::vector<std::string> words{"redis-server",
                                 "--bind",
                                 "127.0.0.1",
                                 "--port",
                                 std::to_string(port),
                                 "--dir",
                                 directory.string(),
                                 "--save",
                                 "",
                                 "--appendonly",
                                 "yes",
                                 "--appendfsync",
                                 "always",
                                 "--auto-aof-rewrite-percentage",
                                 "0",
                                 "--daemonize",
                                 "no",
                                 "--loglevel",
                                 "warning",
                                 "--logfile",
                                 (directory / "log").string()};
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const auto pid = fork();
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  if (pid < 0) throw std::system_error(errno, std::generic_category(), "fork");
  return pid;
}

}  // namespace

redis_server::redis_server(const std::filesystem::path& directory) : directory_(directory) {
  std::filesystem::create_directories(directory_);
  at_ = {"127.0.0.1", free_port()};
  pid_ = start(directory_, at_.port);
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  for (;;) {
    try {
      const poller unused;
      const byte_stream probe{at_, unused.fd(), 0};
      return;
    } catch (const std::system_error&) {
      int status = 0;
      const bool ended = waitpid(pid_, &status, WNOHANG) == pid_;
      if (ended) pid_ = 0;
      if (ended || std::chrono::steady_clock::now() > give_up) {
        stop();
        throw std::runtime_error("redis-server did not start (Debian's package redis-server is needed)");
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
}

redis_server::~redis_server() { stop(); }

void redis_server::stop() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);  // what it keeps is thrown away anyhow
    waitpid(pid_, nullptr, 0);
  }
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

std::string redis_server::version() {
  std::string out;
  FILE* from = popen("redis-server --version 2>/dev/null", "r");
  if (!from) return out;
  std::array<char, 200> line{};
  if (fgets(line.data(), line.size(), from)) out = line.data();
  pclose(from);
  return out.substr(0, out.find(" sha="));
}

}  // namespace signalbox::load
