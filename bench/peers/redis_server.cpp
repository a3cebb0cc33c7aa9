#include "bench/peers/redis_server.hpp"

namespace signalbox::load {
namespace {

// A rewrite of the log in the middle of a run would be Redis' loss, so there is none.
child_server::start redis_command(std::uint16_t port) {
  return {.package = "redis-server",
          .words = {"redis-server", "--bind", "127.0.0.1", "--port", std::to_string(port), "--dir", ".", "--save", "",
                    "--appendonly", "yes", "--appendfsync", "always", "--auto-aof-rewrite-percentage", "0", "--daemonize", "no",
                    "--loglevel", "warning"},
          .environment = {}};
}

}  // namespace

redis_server::redis_server(const std::filesystem::path& directory)
    : at_{"127.0.0.1", free_port()}, child_{directory, redis_command(at_.port), at_} {}

}  // namespace signalbox::load
