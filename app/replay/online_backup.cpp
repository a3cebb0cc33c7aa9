#include "app/replay/online_backup.hpp"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <cstdio>
#include <exception>
#include <utility>

#include "app/replay/api_client.hpp"

namespace signalbox {

namespace {

/// A copy on another file system takes as long as its bytes do.
constexpr std::chrono::hours backup_timeout{6};

boost::asio::awaitable<void> ask(const online_backup& wanted, server_address server) {
  api_client api(std::move(server), backup_timeout);
  api.use_token(wanted.admin_token);
  boost::json::object body;
  body["directory"] = wanted.to;
  const auto answer = co_await api.post("/v1/backups", std::move(body));
  fmt::print("{} is backed up in {}, all that was acknowledged before {}.\n", wanted.url, text_in(answer, "directory"),
             text_in(answer, "taken_at"));
}

}  // namespace

exit_code back_up_online(const online_backup& wanted) {
  const auto server = parse_server_url(wanted.url);
  if (!server) return end_with(exit_code::usage, fmt::format("--url {}: must be http://HOST:PORT", wanted.url));
  if (!wanted.to.starts_with('/'))
    return end_with(
        exit_code::usage,
        fmt::format("{}: with --url the copy's directory must be absolute: it is on the server's machine", wanted.to));
  boost::asio::io_context io{1};
  std::exception_ptr fault;
  boost::asio::co_spawn(io, ask(wanted, *server), [&](const std::exception_ptr& why) { fault = why; });
  io.run();
  try {
    if (fault) std::rethrow_exception(fault);
    return exit_code::ok;
  } catch (const replay_failed& why) {
    return end_with(why.code(), why.what());
  }
}

}  // namespace signalbox
