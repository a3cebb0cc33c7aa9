// Where a message's time goes: the router without its sockets and without waiting for the disk, on one thread and always in the same
// order. What it counts doesn't depend on what else the machine does: allocations, and under callgrind (bench/instructions) instructions.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <caf/send.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <map>

#include "actors/protocol.hpp"
#include "bench/budget/allocations.hpp"
#include "bench/load/workload.hpp"
#include "storage/rocks_store.hpp"
#include "tests/support/world.hpp"
#include "transport/wire/connector_frames.hpp"
#include "transport/wire/json_out.hpp"

namespace signalbox {
namespace {

struct spent {
  std::uint64_t ns = 0, allocations = 0;
};

/// What is done between two calls goes to the stage that the second names.
class stopwatch {
public:
  void begin() { last_ = now(); }
  void end(std::string_view stage) {
    const auto at = now();
    auto& one = stages[std::string{stage}];
    one.ns += at.ns - last_.ns;
    one.allocations += at.allocations - last_.allocations;
    last_ = now();
  }
  std::map<std::string, spent> stages;

private:
  static spent now() {
    return {static_cast<std::uint64_t>(std::chrono::nanoseconds{std::chrono::steady_clock::now().time_since_epoch()}.count()),
            signalbox::allocations()};
  }
  spent last_;
};

/// An agent's socket up to the bytes that would be sent.
class rendering_socket final : public agent_port {
public:
  explicit rendering_socket(stopwatch& watch) : watch_(watch) {}
  void greet(agent_greeting) override {}
  bool push(std::vector<agent_event> events) override {
    watch_.end("agent");
    text_.clear();
    for (const auto& one : events) append_agent_event(text_, one);
    cursor = events.back().cursor;
    pushed += events.size();
    events.clear();
    watch_.end("push: JSON out");
    return true;
  }
  void close(close_reason) override { closed = true; }
  std::uint64_t cursor = 0, acknowledged = 0, pushed = 0;
  bool closed = false;

private:
  stopwatch& watch_;
  std::string text_;
};

struct budget_options {
  std::uint64_t messages = 200'000, warmup = 50'000;
  std::size_t frame = 64;
  double new_share = 0.1;
  std::uint64_t settle_after = actor_settings{}.settle_after_events;
  std::string data = "/tmp";
};

class measured_router {
public:
  measured_router(store& disk, const budget_options& what) : world_(disk, settings_of(what)), frame_(what.frame) {
    account_ = world_.found("budget", plan::enterprise);
    std::vector<user_id> users;
    for (int i = 0; i < agents; ++i) users.push_back(world_.add_agent(account_, fmt::format("a{}", i)));
    channel_ = world_.add_channel(account_, world_.default_inbox(account_), "Budget");
    world_.rule(account_, channel_, users);
    for (const auto who : users) {
      sockets_.emplace_back(who, std::make_shared<rendering_socket>(watch));
      agent_attached hello;
      hello.session = ++last_session_;
      hello.port = sockets_.back().second;
      caf::anon_send(*world_.actors().agent(account_, who), std::move(hello));
      world_.run();
      world_.set(account_, who, presence::available);
    }
    work_.emplace(load::workload_shape{.producers = 1}, std::vector{to_text(channel_)});
  }

  void run(std::uint64_t messages) {
    for (std::uint64_t done = 0; done < messages; done += frame_) publish();
  }

  void open_share(double of) { work_->set_opening_share(of); }

  [[nodiscard]] std::uint64_t pushed() const {
    std::uint64_t all = 0;
    for (const auto& [who, socket] : sockets_) all += socket->closed ? 0 : socket->pushed;
    return all;
  }

  stopwatch watch;

private:
  static constexpr int agents = 50;

  static actor_settings settings_of(const budget_options& what) {
    actor_settings settings;
    settings.settle_after_events = what.settle_after;
    return settings;
  }

  void publish() {
    text_ = R"({"op":"publish","seq":1,"messages":[)";
    for (std::size_t i = 0; i < frame_; ++i) {
      if (i > 0) text_ += ',';
      work_->append(text_, 0, 0);
    }
    text_ += "]}";
    world_.advance(milliseconds{1});
    watch.begin();
    auto read = read_connector_frame(text_, {{&channel_, 1}, channel_, {}});
    auto* said = std::get_if<connector_publish>(&read);
    if (!said) throw std::runtime_error("the frame wasn't read");
    auto frame = std::move(said->frame);
    watch.end("parse: JSON in");
    frame->account = account_;
    frame->received_at = world_.env().now();
    frame->received_ns = world_.env().now_ns();
    frame->parts_left = 1;
    std::vector<std::uint32_t> all(frame_);
    for (std::uint32_t i = 0; i < frame_; ++i) all[i] = i;
    bool answered = false;
    frame->answered = [&answered](inbound_frame& of) { answered = of.results.back().status == publish_status::accepted; };
    caf::anon_send(*world_.actors().channel(account_, channel_), publish_part{std::move(frame), std::move(all)});
    work();
    if (!answered) throw std::runtime_error("a frame wasn't accepted");
    for (const auto& [who, socket] : sockets_) {
      if (socket->cursor == std::exchange(socket->acknowledged, socket->cursor)) continue;
      caf::anon_send(*world_.actors().agent(account_, who), cursor_acknowledged{0, socket->cursor});
    }
    watch.begin();
    work();
  }

  void work() {
    for (auto next = world_.next_actor(); !next.empty(); next = world_.next_actor()) {
      world_.run_some(1);
      watch.end(next);
    }
    world_.run();  // reads aside
    watch.begin();
  }

  world world_;
  std::size_t frame_;
  account_id account_;
  channel_id channel_;
  std::vector<std::pair<user_id, std::shared_ptr<rendering_socket>>> sockets_;
  session_key last_session_ = 1'000'000;
  std::optional<load::workload> work_;
  std::string text_;
};

int measure(const budget_options& what) {
  const auto directory = std::filesystem::path{what.data} / fmt::format("signalbox-budget-{}", getpid());
  rocks_options storage;
  storage.directory = directory;
  storage.sync = false;
  const auto disk = open_rocks_store(storage);
  std::uint64_t pushed = 0;
  {
    measured_router router{*disk, what};
    router.run(what.warmup);  // as the canonical workload: without any that open a conversation, there would be one
    router.open_share(what.new_share);
    router.watch.stages.clear();
    pushed = router.pushed();
    router.run(what.messages);
    pushed = router.pushed() - pushed;
    const auto each = [&](std::uint64_t of) { return static_cast<double>(of) / static_cast<double>(what.messages); };
    spent all;
    for (const auto& [stage, one] : router.watch.stages) {
      all.ns += one.ns;
      all.allocations += one.allocations;
    }
    fmt::print("{:<16}{:>14}{:>8}{:>22}\n", "stage", "ns a message", "share", "allocations a message");
    for (const auto& [stage, one] : router.watch.stages)
      fmt::print("{:<16}{:>14.0f}{:>7.0f}%{:>22.2f}\n", stage, each(one.ns),
                 100.0 * static_cast<double>(one.ns) / static_cast<double>(all.ns), each(one.allocations));
    fmt::print("{:<16}{:>14.0f}{:>7.0f}%{:>22.2f}\n", "all", each(all.ns), 100.0, each(all.allocations));
  }
  std::filesystem::remove_all(directory);
  if (pushed == what.messages) return 0;
  fmt::print(stderr, "signalbox_budget: {} messages came in and {} events were pushed\n", what.messages, pushed);
  return 1;
}

}  // namespace
}  // namespace signalbox

int main(int count, char** arguments) {
  signalbox::budget_options what;
  CLI::App app{"Where a message's time goes, on one thread and without waiting for the disk"};
  app.add_option("--messages", what.messages, "Measured messages")->capture_default_str();
  app.add_option("--warmup", what.warmup, "Messages before them")->capture_default_str();
  app.add_option("--frame", what.frame, "Messages a frame")->capture_default_str()->check(CLI::Range(1, 512));
  app.add_option("--new-share", what.new_share, "Share of the measured messages that open a conversation")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--settle-after", what.settle_after, "Events after which the indexes are brought up to date")
      ->capture_default_str();
  app.add_option("--data", what.data, "Where the store's directory is made")->capture_default_str();
  CLI11_PARSE(app, count, arguments);
  return signalbox::measure(what);
}
