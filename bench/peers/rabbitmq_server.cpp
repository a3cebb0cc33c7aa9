#include "bench/peers/rabbitmq_server.hpp"

#include <fmt/format.h>

#include <fstream>

namespace signalbox::load {
namespace {

constexpr int start_seconds_max = 60;

// Debian's /usr/sbin/rabbitmq-server changes the user and the directories; what it calls does not.
constexpr std::string_view program = "/usr/lib/rabbitmq/bin/rabbitmq-server";

child_server::start rabbitmq_command(const std::filesystem::path& directory, std::uint16_t port) {
  const auto in = [&](std::string_view name) { return (directory / name).string(); };
  const auto epmd_port = free_port();
  return {.package = "rabbitmq-server",
          // An epmd that Erlang starts by itself would outlive it.
          .words = {"sh", "-c", fmt::format("epmd -port {} -address 127.0.0.1 & exec {}", epmd_port, program)},
          .environment = {{"HOME", directory.string()},
                          {"ERL_EPMD_PORT", std::to_string(epmd_port)},
                          {"ERL_EPMD_ADDRESS", "127.0.0.1"},
                          {"RABBITMQ_NODENAME", "peer@localhost"},
                          {"RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1"},
                          {"RABBITMQ_NODE_PORT", std::to_string(port)},
                          {"RABBITMQ_DIST_PORT", std::to_string(free_port())},
                          {"RABBITMQ_MNESIA_BASE", in("mnesia")},
                          {"RABBITMQ_LOG_BASE", in("log")},
                          {"RABBITMQ_PID_FILE", in("pid")},
                          {"RABBITMQ_CONF_ENV_FILE", in("env.conf")},
                          {"RABBITMQ_CONFIG_FILE", in("rabbitmq")},
                          {"RABBITMQ_ADVANCED_CONFIG_FILE", in("advanced")},
                          {"RABBITMQ_ENABLED_PLUGINS_FILE", in("plugins")},
                          {"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}"}}};
}

// Erlang makes one and doesn't sync it: after a power cut it is empty, and nothing starts.
const std::filesystem::path& with_cookie(const std::filesystem::path& directory) {
  std::filesystem::create_directories(directory);
  const auto cookie = directory / ".erlang.cookie";
  std::filesystem::remove(cookie);
  std::ofstream{cookie} << "SIGNALBOXPEER";
  std::filesystem::permissions(cookie, std::filesystem::perms::owner_read);
  return directory;
}

}  // namespace

rabbitmq_server::rabbitmq_server(const std::filesystem::path& directory)
    : at_{"127.0.0.1", free_port()},
      child_{with_cookie(directory), rabbitmq_command(directory, at_.port), at_, start_seconds_max} {
  std::ifstream{directory / "pid"} >> pid_;
}

}  // namespace signalbox::load
