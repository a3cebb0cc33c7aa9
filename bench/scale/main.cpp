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
#include <span>

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

/// The actors on a store of their own.
class router {
public:
  explicit router(const std::string& parent) : at_(parent), world_(at_.disk(), settings()) {}

  world& in() { return world_; }

  agent_online come(account_id account, user_id who, std::optional<std::uint64_t> cursor = std::nullopt) {
    agent_online one{account, who, ++last_session_, std::make_shared<counting_socket>()};
    agent_attached hello;
    hello.session = one.session;
    hello.port = one.socket;
    hello.cursor = cursor;
    caf::anon_send(*world_.actors().agent(account, who), std::move(hello));
    set(account, who, presence::available);
    return one;
  }

  void set(account_id account, user_id who, presence to) {
    principal by;
    by.account = account;
    by.user = who;
    set_availability what{by, to, {}, make_answer<availability>([](outcome<availability>) {})};
    caf::anon_send(*world_.actors().agent(account, who), std::move(what));
  }

  /// A frame of messages of these threads. Run later.
  void publish(account_id account, channel_id on, std::span<const std::string> threads, std::size_t bytes = 100) {
    texts_.clear();
    for (const auto& thread : threads) {
      const auto number = std::to_string(++sent_);
      texts_.push_back({thread, "m" + number, std::string(bytes, 'x'), "visitor" + number});
    }
    (void)world_.publish(account, on, texts_);
    world_.answered.clear();
  }

  /// Until nobody has anything to do. Notes the longest time that one actor was at it.
  clock::duration work() {
    const auto began = clock::now();
    while (!world_.next_actor().empty()) {
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
  std::uint64_t threads = 0;  ///< that began so far

private:
  static actor_settings settings() {
    actor_settings out;
    out.resume_events_max = 1'000'000;
    return out;
  }

  place at_;
  world world_;
  session_key last_session_ = 1'000'000;
  std::uint64_t sent_ = 0;
  std::vector<written> texts_;
};

struct point {
  std::string of;
  std::vector<std::pair<std::string, double>> figures;
  bool complete = true;  ///< all that was sent came where it belongs
};
using curve = std::vector<point>;

struct asked {
  std::string data = "/tmp";
  std::uint64_t most = 0;  ///< of what grows; 0: as far as the curve goes

  [[nodiscard]] std::uint64_t limited(std::uint64_t to) const { return most == 0 ? to : std::min(most, to); }
};

/// A point for each power of ten, on a router of its own.
template <class Draw>
curve by_decades(const asked& what, std::uint64_t from, std::uint64_t to, Draw&& draw) {
  curve out;
  for (auto n = from; n <= what.limited(to); n *= 10) {
    router on{what.data};
    out.push_back(draw(on, n));
  }
  return out;
}

double us_each(clock::duration of, std::uint64_t count) { return us(of) / static_cast<double>(count); }

/// A company with one channel and agents.
struct office {
  account_id id;
  channel_id channel;
  std::vector<user_id> users;
  std::vector<agent_online> online;
};

/// A rule names `access_list_max` users at most, and a team has no more: more are several teams.
void name_all(world& w, const office& in, const std::function<void(assignment_rule&)>& but) {
  if (in.users.size() <= access_list_max) return w.rule(in.id, in.channel, in.users, but);
  std::vector<team_id> teams;
  for (std::size_t from = 0; from < in.users.size(); from += access_list_max) {
    create_team part{fmt::format("team{}", teams.size()), {}};
    for (auto i = from; i < std::min(from + access_list_max, in.users.size()); ++i) part.members.push_back({in.users[i], true});
    teams.push_back(std::get<team_id>(std::get<touched>(w.change(in.id, std::move(part)))));
  }
  w.rule(in.id, in.channel, {}, [&](assignment_rule& of) {
    of.candidates.teams = teams;
    if (but) but(of);
  });
}

office open_office(world& w, const std::string& name, std::uint64_t agents, std::optional<std::uint32_t> capacity = {},
                   const std::function<void(assignment_rule&)>& but = {}) {
  office out;
  out.id = w.found(name, plan::enterprise);
  out.channel = w.add_channel(out.id, w.default_inbox(out.id), "chat");
  for (std::uint64_t i = 0; i < agents; ++i) out.users.push_back(w.add_agent(out.id, fmt::format("a{}", i), capacity));
  name_all(w, out, but);
  return out;
}

clock::duration all_come(router& on, office& in) {
  for (const auto who : in.users) in.online.push_back(on.come(in.id, who));
  return on.work();
}

/// Conversations that begin, 64 at a time: where each does, by its number, as frames of their own or of all that follow in one channel.
template <class Where>
double us_a_conversation(router& on, std::vector<agent_online>& online, std::uint64_t count, Where&& where) {
  clock::duration spent{};
  for (std::uint64_t number = 0; number < count;) {
    for (const auto end = number + 64; number < end;) {
      const std::pair<account_id, channel_id> to = where(number);
      std::vector<std::string> threads;
      for (; number < end && std::pair<account_id, channel_id>{where(number)} == to; ++number)
        threads.push_back(fmt::format("new{}", ++on.threads));
      on.publish(to.first, to.second, threads);
    }
    spent += on.work();
    on.acknowledge(online);
  }
  return us_each(spent, count);
}

/// Candidates of one rule: what it costs to choose among them, and when one of them comes or goes.
curve agents(const asked& what) {
  return by_decades(what, 1, 10'000, [](router& on, std::uint64_t n) {
    const auto began = clock::now();
    auto company = open_office(on.in(), "scale", n);
    const auto made = clock::now() - began;
    const auto came = all_come(on, company);
    const auto each = us_a_conversation(on, company.online, 6'400, [&](std::uint64_t) {
      return std::pair{company.id, company.channel};
    });
    clock::duration changed{};
    constexpr std::uint64_t changes = 200;
    for (std::uint64_t i = 0; i < changes; ++i) {
      on.set(company.id, company.users[i % n], i % 2 == 0 ? presence::away : presence::available);
      changed += on.work();
    }
    return point{std::to_string(n),
                 {{"us to make an agent", us_each(made, n)},
                  {"us an agent that comes online", us_each(came, n)},
                  {"us a conversation", each},
                  {"us a change of presence", us_each(changed, changes)}}};
  });
}

/// Inboxes of one account, each with a channel and the same ten agents.
curve inboxes(const asked& what) {
  return by_decades(what, 1, 100'000, [](router& on, std::uint64_t n) {
    auto& w = on.in();
    auto company = open_office(w, "scale", 10);
    all_come(on, company);
    std::vector<channel_id> channels;
    const auto heap = heap_bytes();
    const auto began = clock::now();
    for (std::uint64_t i = 0; i < n; ++i) {
      const auto made = w.change(company.id, create_inbox{fmt::format("inbox{}", i), {}});
      channels.push_back(w.add_channel(company.id, std::get<inbox_id>(std::get<touched>(made)), fmt::format("c{}", i)));
      w.rule(company.id, channels.back(), company.users);
    }
    const auto took = clock::now() - began;
    const auto bytes = heap_bytes() - heap;
    const auto where = [&](std::uint64_t number) { return std::pair{company.id, channels[number % n]}; };
    (void)us_a_conversation(on, company.online, n, where);  // each lives from its first on
    const auto each = us_a_conversation(on, company.online, n < 1'000 ? 6'400 : 640, where);
    constexpr std::uint64_t changes = 4;
    const auto change_began = clock::now();
    for (std::uint64_t i = 0; i < changes; ++i) {
      update_user change;
      change.user = company.users[0];
      change.fields.seat = i % 2 == 0 ? seat::free : seat::paid;
      (void)w.change(company.id, change);
      on.work();
    }
    const auto changed = clock::now() - change_began;
    return point{std::to_string(n),
                 {{"us to make an inbox with its channel", us_each(took, n)},
                  {"bytes an inbox and its channel", static_cast<double>(bytes) / static_cast<double>(n)},
                  {"us a change of a user", us_each(changed, changes)},
                  {"us a conversation", each}}};
  });
}

/// Memory of the actors alone, which live from when they are first looked up.
curve idle(const asked& what) {
  return by_decades(what, 1'000, 10'000, [](router& on, std::uint64_t n) {
    auto& w = on.in();
    const auto company = open_office(w, "scale", n);
    std::vector<inbox_id> inboxes;
    std::vector<channel_id> channels;
    for (std::uint64_t i = 0; i < n; ++i) {
      inboxes.push_back(std::get<inbox_id>(std::get<touched>(w.change(company.id, create_inbox{fmt::format("inbox{}", i), {}}))));
      channels.push_back(w.add_channel(company.id, inboxes.back(), fmt::format("c{}", i)));
    }
    on.work();
    const auto bytes = [&](auto&& start) {
      const auto heap = heap_bytes();
      for (std::uint64_t i = 0; i < n; ++i) start(i);
      on.work();
      return static_cast<double>(heap_bytes() - heap) / static_cast<double>(n);
    };
    auto& actors = w.actors();
    const auto agent = bytes([&](std::uint64_t i) { (void)actors.agent(company.id, company.users[i]); });
    const auto channel = bytes([&](std::uint64_t i) { (void)actors.channel(company.id, channels[i]); });
    const auto inbox = bytes([&](std::uint64_t i) { (void)actors.inbox(company.id, inboxes[i]); });
    return point{std::to_string(n), {{"bytes an agent", agent}, {"bytes a channel", channel}, {"bytes an inbox", inbox}}};
  });
}

curve accounts(const asked& what) {
  return by_decades(what, 1, 10'000, [](router& on, std::uint64_t n) {
    std::vector<std::pair<account_id, channel_id>> all;
    std::vector<agent_online> online;
    const auto heap = heap_bytes();
    const auto began = clock::now();
    for (std::uint64_t i = 0; i < n; ++i) {
      auto company = open_office(on.in(), fmt::format("scale{}", i), 1);
      all_come(on, company);
      all.emplace_back(company.id, company.channel);
      online.push_back(company.online[0]);
    }
    const auto took = clock::now() - began;
    const auto bytes = heap_bytes() - heap;
    const auto each = us_a_conversation(on, online, 6'400, [&](std::uint64_t number) { return all[number % n]; });
    return point{std::to_string(n),
                 {{"us to found one with an agent", us_each(took, n)},
                  {"bytes an account", static_cast<double>(bytes) / static_cast<double>(n)},
                  {"us a conversation", each}}};
  });
}

/// Messages one by one, each a frame.
clock::duration one_by_one(router& on, office& in, std::uint64_t messages, std::size_t bytes,
                           const std::function<std::string(std::uint64_t)>& thread) {
  clock::duration spent{};
  for (std::uint64_t i = 0; i < messages; ++i) {
    const auto name = thread(i);
    on.publish(in.id, in.channel, {&name, 1}, bytes);
    spent += on.work();
    if (i % 64 == 0) on.acknowledge(in.online);
  }
  return spent;
}

/// Ever more messages in one conversation.
curve hot(const asked& what) {
  router on{what.data};
  auto company = open_office(on.in(), "scale", 1);
  all_come(on, company);
  const auto piece = std::max<std::uint64_t>(what.limited(10'000) / 5, 1);
  curve out;
  for (std::uint64_t done = piece; done <= 5 * piece; done += piece)
    out.push_back({std::to_string(done),
                   {{"us a message", us_each(one_by_one(on, company, piece, 100, [](std::uint64_t) { return "hot"; }), piece)}}});
  return out;
}

curve sizes(const asked& what) {
  return by_decades(what, 200, 200'000, [](router& on, std::uint64_t bytes) {
    auto company = open_office(on.in(), "scale", 1);
    all_come(on, company);
    const auto messages = std::clamp<std::uint64_t>(40'000'000 / bytes, 200, 20'000);
    const auto each =
        us_each(one_by_one(on, company, messages, bytes, [](std::uint64_t i) { return fmt::format("t{}", i / 10); }), messages);
    return point{std::to_string(bytes), {{"us a message", each}, {"ns a byte", each * 1e3 / static_cast<double>(bytes)}}};
  });
}

constexpr std::uint64_t frame = 50;

/// Conversations wait, and a thousand agents, who take them all together, come online at once.
curve waiting(const asked& what) {
  return by_decades(what, 100, 100'000, [](router& on, std::uint64_t n) {
    constexpr std::uint64_t agents = 1'000;
    auto company = open_office(on.in(), "scale", agents, static_cast<std::uint32_t>(std::max<std::uint64_t>(n / agents, 1)));
    clock::duration queued{};
    for (std::uint64_t number = 0; number < n;) {
      std::vector<std::string> threads;
      for (std::uint64_t i = 0; i < frame; ++i) threads.push_back(fmt::format("t{}", number++));
      on.publish(company.id, company.channel, threads);
      queued += on.work();
    }
    on.longest = {};
    const auto came = all_come(on, company);
    std::uint64_t given = 0;  // what was theirs when they were greeted, since all came at once
    for (const auto& one : company.online) given += one.socket->open;
    return point{std::to_string(n),
                 {{"us a conversation that queues", us_each(queued, n)},
                  {"ms until all are given", us(came) / 1e3},
                  {"us each", us_each(came, n)},
                  {"ms an actor was at it longest", us(on.longest) / 1e3}},
                 given == n};
  });
}

/// An agent comes back to events that came while they were away. (In the product a cursor reaches back as far as 100,000.)
curve backlog(const asked& what) {
  return by_decades(what, 100, 100'000, [](router& on, std::uint64_t n) {
    auto company = open_office(on.in(), "scale", 1, {}, [](assignment_rule& of) { of.only_available = false; });
    all_come(on, company);
    const auto cursor = company.online[0].socket->cursor;
    caf::anon_send(*on.in().actors().agent(company.id, company.users[0]), agent_detached{company.online[0].session});
    on.work();
    for (std::uint64_t number = 0; number < n;) {
      std::vector<std::string> threads;
      for (std::uint64_t i = 0; i < frame; ++i) threads.push_back(fmt::format("t{}", number++ % 100));
      on.publish(company.id, company.channel, threads);
      on.work();
    }
    const auto again = on.come(company.id, company.users[0], cursor);
    const auto took = on.work();
    const auto pushed = again.socket->pushed;
    return point{
        std::to_string(n), {{"ms until all are pushed", us(took) / 1e3}, {"us an event", us_each(took, n)}}, pushed >= n};
  });
}

const std::map<std::string, std::function<curve(const asked&)>>& all_curves() {
  static const std::map<std::string, std::function<curve(const asked&)>> all{
      {"agents", agents}, {"inboxes", inboxes}, {"accounts", accounts}, {"hot", hot},
      {"sizes", sizes},   {"waiting", waiting}, {"backlog", backlog},   {"idle", idle}};
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
  bool complete = true;
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
      if (!one.complete) line += "  not all came: a defect";
      complete = complete && one.complete;
      fmt::print("{}\n", line);
      std::fflush(stdout);
      points.push_back(std::move(figures));
    }
    all[name] = std::move(points);
  }
  if (!json_file.empty()) std::ofstream{json_file} << boost::json::serialize(all) << '\n';
  return complete ? 0 : 1;
}
