// What the router's work costs as things grow: agents, inboxes, accounts, a conversation, a queue, a backlog, a message. The real actors
// on a real store, on one thread, without sockets and without waiting for the disk. Each curve's figures should stay level, or grow as
// what is done grows.
#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <caf/send.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>

#include "actors/protocol.hpp"
#include "storage/rocks_store.hpp"
#include "tests/support/world.hpp"

namespace signalbox {
namespace {

using clock = std::chrono::steady_clock;

double us(clock::duration of) { return std::chrono::duration<double, std::micro>(of).count(); }

std::size_t heap_bytes() { return mallinfo2().uordblks; }

/// An agent's socket that counts.
class counting_socket final : public agent_port {
public:
  void greet(agent_greeting hello) override {
    cursor = std::max(cursor, hello.cursor);
    open += hello.open.size();
  }
  bool push(std::vector<agent_event> events) override {
    cursor = std::max(cursor, events.back().cursor);
    pushed += events.size();
    return true;
  }
  void close(close_reason) override {}
  std::uint64_t cursor = 0, acknowledged = 0, pushed = 0, open = 0;
};

struct agent_online {
  account_id account;
  user_id who;
  session_key session;
  std::shared_ptr<counting_socket> socket;
};

/// A directory of its own for each point of a curve.
class place {
public:
  explicit place(const std::string& parent)
      : directory_(std::filesystem::path{parent} / fmt::format("signalbox-scale-{}", getpid())) {
    rocks_options storage;
    storage.directory = directory_;
    storage.sync = false;
    disk_ = open_rocks_store(storage);
  }
  ~place() {
    disk_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  place(const place&) = delete;
  place& operator=(const place&) = delete;
  [[nodiscard]] store& disk() { return *disk_; }

private:
  std::filesystem::path directory_;
  std::unique_ptr<store> disk_;
};

class router {
public:
  explicit router(store& disk) : world_(disk, {}) {}

  world& in() { return world_; }

  agent_online come(account_id account, user_id who, std::optional<std::uint64_t> cursor = std::nullopt) {
    agent_online one{account, who, ++last_session_, std::make_shared<counting_socket>()};
    agent_attached hello;
    hello.session = one.session;
    hello.port = one.socket;
    hello.cursor = cursor;
    caf::anon_send(*world_.actors().agent(account, who), std::move(hello));
    principal by;
    by.account = account;
    by.user = who;
    set_availability here{by, presence::available, {}, make_answer<availability>([](outcome<availability>) {})};
    caf::anon_send(*world_.actors().agent(account, who), std::move(here));
    return one;
  }

  /// A frame of messages, each with its thread. Run later.
  void publish(account_id account, channel_id on, std::size_t messages, const std::function<std::string()>& thread,
               std::size_t bytes = 100) {
    auto frame = std::make_shared<inbound_frame>();
    texts_.clear();
    for (std::size_t i = 0; i < messages; ++i) {
      const auto number = std::to_string(++sent_);
      texts_.push_back({thread(), "m" + number, std::string(bytes, 'x'), "visitor" + number});
    }
    (void)world_.publish(account, on, texts_);
    world_.answered.clear();
  }

  /// Until nobody has anything to do. Notes the longest time that one actor was at it.
  clock::duration work() {
    const auto began = clock::now();
    for (auto next = world_.next_actor(); !next.empty(); next = world_.next_actor()) {
      const auto turn = clock::now();
      world_.run_some(1);
      longest = std::max(longest, clock::now() - turn);
    }
    world_.run();
    world_.answered.clear();
    return clock::now() - began;
  }

  void acknowledge(std::vector<agent_online>& all) {
    for (auto& one : all) {
      if (one.socket->cursor == std::exchange(one.socket->acknowledged, one.socket->cursor)) continue;
      caf::anon_send(*world_.actors().agent(one.account, one.who), cursor_acknowledged{one.session, one.socket->cursor});
    }
    world_.run();
  }

  clock::duration longest{};

private:
  world world_;
  session_key last_session_ = 1'000'000;
  std::uint64_t sent_ = 0;
  std::vector<written> texts_;
};

struct point {
  std::string of;
  std::vector<std::pair<std::string, double>> figures;
};
using curve = std::vector<point>;

struct asked {
  std::string data = "/tmp";
  std::uint64_t most = 0;  ///< of what grows; 0: as far as the curve goes
};

std::vector<std::uint64_t> decades(std::uint64_t to) {
  std::vector<std::uint64_t> all;
  for (std::uint64_t n = 1; n <= to; n *= 10) all.push_back(n);
  return all;
}

std::uint64_t limited(const asked& what, std::uint64_t to) { return what.most == 0 ? to : std::min(what.most, to); }

/// A rule names `access_list_max` users at most, and a team has no more: more are several teams.
void name_all(world& w, account_id company, channel_id channel, const std::vector<user_id>& users) {
  if (users.size() <= access_list_max) return w.rule(company, channel, users);
  std::vector<team_id> teams;
  for (std::size_t from = 0; from < users.size(); from += access_list_max) {
    create_team part{fmt::format("team{}", teams.size()), {}};
    for (std::size_t i = from; i < std::min(from + access_list_max, users.size()); ++i) part.members.push_back({users[i], true});
    teams.push_back(std::get<team_id>(std::get<touched>(w.change(company, std::move(part)))));
  }
  w.rule(company, channel, {}, [&](assignment_rule& of) { of.candidates.teams = teams; });
}

/// Candidates of one rule: what it costs to choose among them, and when one of them comes or goes.
curve agents(const asked& what) {
  curve out;
  for (const auto n : decades(limited(what, 10'000))) {
    place here{what.data};
    router r{here.disk()};
    auto& w = r.in();
    const auto company = w.found("scale", plan::enterprise);
    const auto channel = w.add_channel(company, w.default_inbox(company), "chat");
    std::vector<user_id> users;
    const auto began = clock::now();
    for (std::uint64_t i = 0; i < n; ++i) users.push_back(w.add_agent(company, fmt::format("a{}", i)));
    const auto made = clock::now() - began;
    name_all(w, company, channel, users);
    std::vector<agent_online> online;
    for (const auto who : users) online.push_back(r.come(company, who));
    const auto came = r.work();
    std::uint64_t threads = 0;
    constexpr std::uint64_t opened = 6'400;
    clock::duration spent{};
    for (std::uint64_t done = 0; done < opened; done += 64) {
      r.publish(company, channel, 64, [&] { return fmt::format("t{}", ++threads); });
      spent += r.work();
      r.acknowledge(online);
    }
    clock::duration changed{};
    constexpr int changes = 200;
    for (int i = 0; i < changes; ++i) {
      principal by;
      by.account = company;
      by.user = users[static_cast<std::size_t>(i) % users.size()];
      caf::anon_send(*w.actors().agent(company, *by.user),
                     set_availability{by,
                                      i % 2 == 0 ? presence::away : presence::available,
                                      {},
                                      make_answer<availability>([](outcome<availability>) {})});
      changed += r.work();
    }
    out.push_back({std::to_string(n),
                   {{"us to make an agent", us(made) / static_cast<double>(n)},
                    {"us an agent that comes online", us(came) / static_cast<double>(n)},
                    {"us a conversation", us(spent) / opened},
                    {"us a change of presence", us(changed) / changes}}});
  }
  return out;
}

/// Inboxes of one account, each with a channel and the same ten agents.
curve inboxes(const asked& what) {
  curve out;
  for (const auto n : decades(limited(what, 10'000))) {
    place here{what.data};
    router r{here.disk()};
    auto& w = r.in();
    const auto company = w.found("scale", plan::enterprise);
    std::vector<user_id> users;
    std::vector<agent_online> online;
    for (int i = 0; i < 10; ++i) users.push_back(w.add_agent(company, fmt::format("a{}", i)));
    for (const auto who : users) online.push_back(r.come(company, who));
    r.work();
    std::vector<channel_id> channels;
    const auto heap = heap_bytes();
    const auto began = clock::now();
    for (std::uint64_t i = 0; i < n; ++i) {
      const auto made = w.change(company, create_inbox{fmt::format("inbox{}", i), {}});
      channels.push_back(w.add_channel(company, std::get<inbox_id>(std::get<touched>(made)), fmt::format("c{}", i)));
      w.rule(company, channels.back(), users);
    }
    const auto took = clock::now() - began;
    const auto bytes = heap_bytes() - heap;
    const auto change_began = clock::now();
    constexpr int changes = 5;
    for (int i = 0; i < changes; ++i) {
      update_user change;
      change.user = users[0];
      change.fields.seat = i % 2 == 0 ? seat::free : seat::paid;
      (void)w.change(company, change);
    }
    const auto change = clock::now() - change_began;
    clock::duration spent{};
    std::uint64_t threads = 0;
    const std::uint64_t opened = n < 1'000 ? 6'400 : 640;
    for (std::uint64_t done = 0; done < opened; done += 64) {
      for (int i = 0; i < 64; ++i) r.publish(company, channels[threads % n], 1, [&] { return fmt::format("t{}", ++threads); });
      spent += r.work();
      r.acknowledge(online);
    }
    out.push_back({std::to_string(n),
                   {{"us to make an inbox with its channel", us(took) / static_cast<double>(n)},
                    {"bytes an inbox and its channel", static_cast<double>(bytes) / static_cast<double>(n)},
                    {"us a change of a user", us(change) / changes},
                    {"us a conversation", us(spent) / opened}}});
  }
  return out;
}

curve accounts(const asked& what) {
  curve out;
  for (const auto n : decades(limited(what, 10'000))) {
    place here{what.data};
    router r{here.disk()};
    auto& w = r.in();
    std::vector<std::pair<account_id, channel_id>> all;
    std::vector<agent_online> online;
    const auto heap = heap_bytes();
    const auto began = clock::now();
    for (std::uint64_t i = 0; i < n; ++i) {
      const auto company = w.found(fmt::format("scale{}", i), plan::enterprise);
      const auto who = w.add_agent(company, "a");
      all.emplace_back(company, w.add_channel(company, w.default_inbox(company), "chat"));
      w.rule(company, all.back().second, {who});
      online.push_back(r.come(company, who));
      r.work();
    }
    const auto took = clock::now() - began;
    const auto bytes = heap_bytes() - heap;
    clock::duration spent{};
    std::uint64_t threads = 0;
    constexpr std::uint64_t opened = 6'400;
    for (std::uint64_t done = 0; done < opened; done += 64) {
      for (int i = 0; i < 64; ++i) {
        const auto& [company, channel] = all[threads % n];
        r.publish(company, channel, 1, [&] { return fmt::format("t{}", ++threads); });
      }
      spent += r.work();
      r.acknowledge(online);
    }
    out.push_back({std::to_string(n),
                   {{"us to found one with an agent", us(took) / static_cast<double>(n)},
                    {"bytes an account", static_cast<double>(bytes) / static_cast<double>(n)},
                    {"us a conversation", us(spent) / opened}}});
  }
  return out;
}

/// Ever more messages in one conversation.
curve hot(const asked& what) {
  curve out;
  place here{what.data};
  router r{here.disk()};
  auto& w = r.in();
  const auto company = w.found("scale", plan::enterprise);
  const auto channel = w.add_channel(company, w.default_inbox(company), "chat");
  const auto who = w.add_agent(company, "a");
  w.rule(company, channel, {who});
  std::vector<agent_online> online{r.come(company, who)};
  r.work();
  const auto to = limited(what, 10'000);
  std::uint64_t done = 0;
  for (std::uint64_t until = std::max<std::uint64_t>(to / 5, 1); until <= to; until += std::max<std::uint64_t>(to / 5, 1)) {
    clock::duration spent{};
    const auto before = done;
    for (; done < until; ++done) {
      r.publish(company, channel, 1, [] { return "hot"; });
      spent += r.work();
      if (done % 64 == 0) r.acknowledge(online);
    }
    out.push_back({std::to_string(until), {{"us a message", us(spent) / static_cast<double>(done - before)}}});
  }
  return out;
}

curve sizes(const asked& what) {
  curve out;
  for (const std::uint64_t bytes : {200, 2'000, 20'000, 200'000}) {
    if (bytes > limited(what, 200'000)) break;
    place here{what.data};
    router r{here.disk()};
    auto& w = r.in();
    const auto company = w.found("scale", plan::enterprise);
    const auto channel = w.add_channel(company, w.default_inbox(company), "chat");
    const auto who = w.add_agent(company, "a");
    w.rule(company, channel, {who});
    std::vector<agent_online> online{r.come(company, who)};
    r.work();
    const auto messages = std::clamp<std::uint64_t>(40'000'000 / bytes, 200, 20'000);
    clock::duration spent{};
    std::uint64_t threads = 0;
    for (std::uint64_t done = 0; done < messages; ++done) {
      r.publish(
          company, channel, 1, [&] { return fmt::format("t{}", ++threads / 10); }, bytes);
      spent += r.work();
      if (done % 64 == 0) r.acknowledge(online);
    }
    const auto each = us(spent) / static_cast<double>(messages);
    out.push_back({std::to_string(bytes), {{"us a message", each}, {"ns a byte", each * 1e3 / static_cast<double>(bytes)}}});
  }
  return out;
}

/// Conversations wait, and a thousand agents, a hundred conversations each, come online at once.
curve waiting(const asked& what) {
  curve out;
  for (const auto n : decades(limited(what, 100'000))) {
    if (n < 100) continue;
    place here{what.data};
    router r{here.disk()};
    auto& w = r.in();
    const auto company = w.found("scale", plan::enterprise);
    const auto channel = w.add_channel(company, w.default_inbox(company), "chat");
    constexpr std::uint64_t agents = 1'000;
    std::vector<user_id> users;
    for (std::uint64_t i = 0; i < agents; ++i)
      users.push_back(
          w.add_agent(company, fmt::format("a{}", i), static_cast<std::uint32_t>(std::max<std::uint64_t>(n / agents, 1))));
    w.rule(company, channel, users);
    std::uint64_t threads = 0;
    clock::duration queued{};
    for (std::uint64_t done = 0; done < n; done += 50) {
      r.publish(company, channel, 50, [&] { return fmt::format("t{}", ++threads); });
      queued += r.work();
    }
    r.longest = {};
    std::vector<agent_online> online;
    for (const auto who : users) online.push_back(r.come(company, who));
    const auto came = r.work();
    std::uint64_t given = 0;
    for (const auto& one : online) given += one.socket->open;
    out.push_back({std::to_string(n),
                   {{"us a conversation that queues", us(queued) / static_cast<double>(n)},
                    {"ms until all are given", us(came) / 1e3},
                    {"us each", us(came) / static_cast<double>(n)},
                    {"ms an actor was at it longest", us(r.longest) / 1e3},
                    {"given", static_cast<double>(given)}}});
  }
  return out;
}

/// An agent comes back to events that came while they were away (100,000 are as far as a cursor reaches).
curve backlog(const asked& what) {
  curve out;
  for (const auto n : decades(limited(what, 100'000))) {
    if (n < 100) continue;
    place here{what.data};
    router r{here.disk()};
    auto& w = r.in();
    const auto company = w.found("scale", plan::enterprise);
    const auto channel = w.add_channel(company, w.default_inbox(company), "chat");
    const auto who = w.add_agent(company, "a");
    w.rule(company, channel, {who}, [](assignment_rule& of) { of.only_available = false; });
    auto first = r.come(company, who);
    r.work();
    const auto cursor = first.socket->cursor;
    caf::anon_send(*w.actors().agent(company, who), agent_detached{first.session});
    r.work();
    std::uint64_t threads = 0;
    for (std::uint64_t done = 0; done < n; done += 50) {
      r.publish(company, channel, 50, [&] { return fmt::format("t{}", ++threads % 100); });
      r.work();
    }
    auto again = r.come(company, who, cursor);
    const auto took = r.work();
    out.push_back({std::to_string(n),
                   {{"ms until all are pushed", us(took) / 1e3},
                    {"us an event", us(took) / static_cast<double>(std::max<std::uint64_t>(again.socket->pushed, 1))},
                    {"events pushed", static_cast<double>(again.socket->pushed)}}});
  }
  return out;
}

const std::map<std::string, std::function<curve(const asked&)>>& all_curves() {
  static const std::map<std::string, std::function<curve(const asked&)>> all{
      {"agents", agents}, {"inboxes", inboxes}, {"accounts", accounts}, {"hot", hot},
      {"sizes", sizes},   {"waiting", waiting}, {"backlog", backlog}};
  return all;
}

}  // namespace
}  // namespace signalbox

int main(int count, char** arguments) {
  using namespace signalbox;
  asked what;
  std::vector<std::string> names;
  std::vector<std::string> wanted;
  std::string json_file;
  for (const auto& [name, draw] : all_curves()) names.push_back(name);
  CLI::App app{"What the router's work costs as things grow, on one thread and without waiting for the disk"};
  app.add_option("curves", wanted, "Which; all when none is named")->check(CLI::IsMember(names));
  app.add_option("--most", what.most, "Of what grows; as far as each curve goes when absent");
  app.add_option("--data", what.data, "Where the stores' directories are made")->capture_default_str();
  app.add_option("--json", json_file, "Write all results to this file");
  CLI11_PARSE(app, count, arguments);
  boost::json::object all;
  for (const auto& name : wanted.empty() ? names : wanted) {
    boost::json::array points;
    const auto drawn = all_curves().at(name)(what);
    fmt::print("{}\n", name);
    for (const auto& one : drawn) {
      boost::json::object figures{{"of", one.of}};
      std::string line = fmt::format("{:>8}", one.of);
      for (const auto& [figure, value] : one.figures) {
        figures[figure] = value;
        line += fmt::format("  {} {:.1f}", figure, value);
      }
      fmt::print("{}\n", line);
      std::fflush(stdout);
      points.push_back(std::move(figures));
    }
    all[name] = std::move(points);
  }
  if (!json_file.empty()) std::ofstream{json_file} << boost::json::serialize(all) << '\n';
  return 0;
}
