#include "app/replay/replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "app/replay/agent_player.hpp"
#include "app/replay/api_client.hpp"
#include "app/replay/company.hpp"
#include "app/replay/conductor.hpp"
#include "app/replay/connector_player.hpp"
#include "app/replay/pace.hpp"
#include "app/replay/progress.hpp"
#include "app/replay/script.hpp"

namespace signalbox {

namespace asio = boost::asio;

namespace {

using clock = std::chrono::steady_clock;

/// When nothing moved for so long, nothing will: longer than a server's start and than any of its default timeouts.
constexpr auto patience = std::chrono::seconds(120);
/// A server that goes away while the company is founded may be back in so long.
constexpr auto founding_limit = std::chrono::seconds(60);
constexpr std::chrono::milliseconds founding_pause_least(250), founding_pause_most(5000);
constexpr auto goodbye_limit = std::chrono::seconds(2);
constexpr auto tick_interval = std::chrono::milliseconds(100);
constexpr auto pace_interval = std::chrono::milliseconds(2);

/// All players of one replay on one thread.
class ensemble {
public:
  ensemble(const replay_options& options, server_address server, std::vector<dialogue> script)
      : options_(options),
        server_(std::move(server)),
        script_(std::move(script)),
        conductor_(script_,
                   options.parallel != 0 ? options.parallel : std::size_t{options.agents} * options.capacity * 5 / 4 + 1),
        progress_(count_turns(script_)),
        pace_(options.speed) {
    hands_.something_happened = [this] { stir(); };
    if (options.live) hands_.tell = [this](const std::string& line) { progress_.tell(line); };
  }

  exit_code play();

private:
  static std::size_t count_turns(const std::vector<dialogue>& script) {
    std::size_t turns = 0;
    for (const auto& each : script) turns += each.turns.size();
    return turns;
  }

  asio::awaitable<void> direct();
  asio::awaitable<demo_company> found();
  asio::awaitable<void> keep_time();
  template <class Player>
  void start(Player& player);
  void stir();
  void hand_out_cues();
  void end();
  [[nodiscard]] bool all_connected() const;
  void print_result(clock::duration took) const;

  replay_options options_;
  server_address server_;
  std::vector<dialogue> script_;
  asio::io_context io_{1};
  conductor conductor_;
  progress progress_;
  pace pace_;
  stage_hands hands_;
  demo_company company_;
  std::vector<std::unique_ptr<connector_player>> connectors_;
  std::vector<std::unique_ptr<agent_player>> agents_;
  asio::steady_timer timer_{io_};
  std::size_t running_ = 0;
  bool begun_ = false;
  bool ended_ = false;
  bool stirred_ = false;
  steady_time begun_at_{}, ended_at_{};
  std::exception_ptr fault_;
};

template <class Player>
void ensemble::start(Player& player) {
  ++running_;
  asio::co_spawn(io_, player.run(), [this](const std::exception_ptr& fault) {
    --running_;
    if (fault && !fault_) fault_ = fault;
    if (fault) end();
    if (ended_ && running_ == 0) io_.stop();
  });
}

/// From the beginning each time, with another account: what the server made before it went away is there, but not all is known of it.
asio::awaitable<demo_company> ensemble::found() {
  api_client api(server_);
  const auto until = clock::now() + founding_limit;
  auto pause = founding_pause_least;
  for (;;) {
    std::string why;
    try {
      co_return co_await found_company(api, options_);
    } catch (const replay_failed& fault) {
      // Where no server ever was there is nothing to wait for.
      if (fault.code() != exit_code::unavailable || !api.was_connected() || clock::now() + pause > until) throw;
      why = fault.what();
    }
    progress_.tell(fmt::format("founding the company anew in {} ms, and for {} s more if need be: {}", pause.count(),
                               std::chrono::floor<std::chrono::seconds>(until - clock::now()).count(), why));
    timer_.expires_after(pause);
    co_await timer_.async_wait(asio::use_awaitable);
    pause = std::min(2 * pause, founding_pause_most);
  }
}

asio::awaitable<void> ensemble::direct() {
  company_ = co_await found();
  for (std::size_t i = 0; i < company_.agents.size(); ++i)
    start(*agents_.emplace_back(std::make_unique<agent_player>(i, server_, company_, conductor_, hands_)));
  for (std::size_t i = 0; i < company_.connector_tokens.size(); ++i)
    start(*connectors_.emplace_back(std::make_unique<connector_player>(i, server_, company_, conductor_, hands_)));
  co_await keep_time();
}

bool ensemble::all_connected() const {
  return std::all_of(connectors_.begin(), connectors_.end(), [](const auto& each) { return each->connected(); }) &&
         std::all_of(agents_.begin(), agents_.end(), [](const auto& each) { return each->at_work(); });
}

asio::awaitable<void> ensemble::keep_time() {
  auto moved_at = clock::now();
  auto next_tick = moved_at;
  std::uint64_t moved = 0;
  while (!ended_) {
    timer_.expires_after(pace_.limited() ? std::chrono::duration_cast<clock::duration>(pace_interval) : tick_interval);
    co_await timer_.async_wait(asio::use_awaitable);
    const auto now = clock::now();
    if (!begun_ && all_connected()) {
      begun_ = true;
      begun_at_ = now;
      pace_.begin(now);
    }
    stir();
    const auto& counted = conductor_.so_far();
    if (now >= next_tick) {
      next_tick = now + tick_interval;
      progress_.tick(counted, all_connected(), now);
    }
    const auto steps =
        counted.messages + counted.acknowledged + counted.received + counted.replies + counted.deliveries + counted.closed;
    if (std::exchange(moved, steps) != steps) moved_at = now;
    if (now - moved_at > patience) end();
  }
}

/// Once for all that happens in one turn of the loop.
void ensemble::stir() {
  if (!begun_ || ended_ || std::exchange(stirred_, true)) return;
  asio::post(io_, [this] {
    stirred_ = false;
    hand_out_cues();
    if (conductor_.finished()) end();
  });
}

void ensemble::hand_out_cues() {
  while (!ended_) {
    const auto now = clock::now();
    if (!pace_.may_go(now)) return;
    const auto next = conductor_.take_cue(now);
    if (!next) return;
    if (next->kind == cue_kind::contact_speaks) {
      connectors_[next->dialogue % company_.channels.size() % connectors_.size()]->say(next->dialogue, next->turn);
    } else {
      agents_[next->agent]->perform(*next);
    }
    if (next->kind != cue_kind::agent_closes) pace_.went(now);
  }
}

void ensemble::end() {
  if (std::exchange(ended_, true)) return;
  ended_at_ = clock::now();
  for (const auto& each : connectors_) each->stop();
  for (const auto& each : agents_) each->stop();
  // The last player to say goodbye stops the loop; a server that is gone can't answer.
  if (running_ == 0) io_.stop();
  timer_.expires_after(goodbye_limit);
  timer_.async_wait([this](const boost::system::error_code&) { io_.stop(); });
}

exit_code ensemble::play() {
  asio::co_spawn(io_, direct(), [this](const std::exception_ptr& fault) {
    if (fault && !ended_) fault_ = fault;
    end();
  });
  io_.run();
  progress_.finish(conductor_.so_far(), clock::now());
  if (fault_ && !begun_) std::rethrow_exception(fault_);
  if (!begun_)
    throw replay_failed(exit_code::unavailable,
                        fmt::format("not all agents and connectors got a socket within {} s", patience.count()));
  print_result(begun_ ? ended_at_ - begun_at_ : clock::duration{0});
  if (fault_) std::rethrow_exception(fault_);
  return conductor_.at_end().flawless() ? exit_code::ok : exit_code::failed;
}

void ensemble::print_result(clock::duration took) const {
  fmt::print("{}\n", table_of(conductor_.at_end(), took));
  const auto line = [](const char* name, const std::string& value) { fmt::print("{}={}\n", name, value); };
  line("account", company_.account);
  line("admin_email", company_.admin_email);
  line("admin_password", company_.admin_password);
  line("admin_session_token", company_.admin_session_token);
  line("connector_token", company_.connector_token);
  line("agent_token", company_.agents.front().token);
  line("channel", company_.channels.front().id);
}

}  // namespace

exit_code replay(const replay_options& options) {
  std::signal(SIGPIPE, SIG_IGN);  // a server that goes away is an error code, not the end
  const auto server = parse_server_url(options.url);
  if (!server) return end_with(exit_code::usage, fmt::format("--url {}: must be http://HOST:PORT", options.url));
  std::ifstream file(options.file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) return end_with(exit_code::no_input, fmt::format("{} can't be read", options.file.string()));
  auto script = parse_script(text, options.dialogues);
  if (const auto* fault = std::get_if<script_fault>(&script))
    return end_with(exit_code::bad_input, fmt::format("{}:{}: {}", options.file.string(), fault->line, fault->sentence));
  try {
    return ensemble(options, *server, std::get<std::vector<dialogue>>(std::move(script))).play();
  } catch (const replay_failed& why) {
    return end_with(why.code(), why.what());
  }
}

}  // namespace signalbox
