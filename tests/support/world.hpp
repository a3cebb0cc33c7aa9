/// All actors of a server without its edge: on CAF's deterministic scheduler, a memory store, a clock that only `pass` moves.
#pragma once

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/directory.hpp"
#include "actors/environment.hpp"
#include "tests/support/memory_store.hpp"
#include "tests/support/sample_zones.hpp"

namespace signalbox {

/// One agent's socket that notes what it is shown, and holds the chain of cursors against gaps.
class noted_socket final : public agent_port {
public:
  void greet(agent_greeting hello) override {
    last = hello.cursor;
    greeting = std::move(hello);
  }
  bool push(std::vector<agent_event> events) override {
    if (!reads) return false;
    for (auto& one : events) {
      if (one.cursor == 0) continue;
      if (one.prev != last || one.cursor <= last) ++gaps;
      last = one.cursor;
      seen.push_back(std::move(one));
    }
    return true;
  }
  void close(close_reason why) override { closed = why; }

  [[nodiscard]] std::vector<conversation_id> assigned() const;  ///< by assignment.created, in order
  [[nodiscard]] std::size_t count(event_kind kind) const;

  bool reads = true;
  std::optional<agent_greeting> greeting;
  std::optional<close_reason> closed;
  std::vector<agent_event> seen;
  std::uint64_t last = 0;
  int gaps = 0;
};

class noted_connector final : public connector_port {
public:
  void deliver(std::vector<delivery> all) override { delivered.insert(delivered.end(), all.begin(), all.end()); }
  void channel_changed(const channel& now) override { changes.push_back(now); }
  void channel_gone(channel_id) override {}
  void close(close_reason why) override { closed = why; }
  std::vector<delivery> delivered;
  std::vector<channel> changes;
  std::optional<close_reason> closed;
};

struct written {
  std::string thread, id, text = "hello";
  std::string from = "visitor";
  std::string name{}, email{}, phone{}, cookie{};
};

class world {
public:
  explicit world(std::unique_ptr<memory_store> disk = std::make_unique<memory_store>(), actor_settings settings = {},
                 time_point start = time_point{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}});
  /// On another store, which outlives it; `disk` is unused then.
  world(store& other, actor_settings settings);
  ~world();

  /// Runs everything that is ready, reads aside included.
  void run();
  void pass(milliseconds time);
  /// Time passes and nobody has done anything about it yet.
  void advance(milliseconds time);
  /// Runs everything; whoever asks for the time after `looks` others did throws, and is restarted in place.
  void run_and_restart_after(int looks);
  /// Runs so many of the things that are ready, or all.
  void run_some(std::size_t jobs);
  /// Who runs next, by the actor's name; empty: nobody.
  [[nodiscard]] std::string_view next_actor() const;
  /// Sets the wall clock; no time passes.
  void set_clock(time_point to);

  // Configuration, through ACCOUNT, by the account's first user.
  account_id found(const std::string& subdomain, plan of = plan::professional,
                   const std::optional<std::string>& key = std::nullopt);
  [[nodiscard]] principal admin(account_id of) const;
  outcome<touched> change(account_id of, account_change what, std::optional<std::string> key = std::nullopt);
  user_id add_agent(account_id of, const std::string& name, std::optional<std::uint32_t> capacity = std::nullopt,
                    seat with = seat::paid);
  channel_id add_channel(account_id of, inbox_id in, const std::string& name);
  channel_id add_email_channel(account_id of, inbox_id in, const std::string& address);
  void rule(account_id of, channel_id on, std::vector<user_id> users, std::function<void(assignment_rule&)> but = {});
  [[nodiscard]] inbox_id default_inbox(account_id of) const;

  // Agents.
  std::shared_ptr<noted_socket> attach(account_id of, user_id who, std::optional<std::uint64_t> cursor = std::nullopt);
  void detach(account_id of, user_id who, const std::shared_ptr<noted_socket>& socket);
  void set(account_id of, user_id who, presence status, std::optional<time_point> until = std::nullopt);
  void acknowledge(account_id of, user_id who, const std::shared_ptr<noted_socket>& socket);
  availability available(account_id of, user_id who);
  /// The message that the last `command` wrote stands in `last_written`.
  std::optional<message_id> last_written;
  outcome<conversation> command(account_id of, user_id by, conversation_id on, conversation_command what,
                                std::optional<std::string> key = std::nullopt);

  // Contacts.
  outcome<contact> change_contact(account_id of, user_id by, contact_change what, std::optional<std::string> key = std::nullopt);
  /// Every contact in the store, merged ones too, after holding them and their identities against each other.
  [[nodiscard]] std::vector<contact> stored_contacts(account_id of) const;

  // Connectors.
  /// Hands a frame in; answered ones are in `answered` (by seq) when it is durable.
  frame_pointer publish(account_id of, channel_id on, const std::vector<written>& all,
                        std::optional<std::string> offset = std::nullopt);
  std::shared_ptr<noted_connector> connect(account_id of, channel_id on);
  /// The one that connected last goes.
  void disconnect(account_id of, channel_id on);
  void report(account_id of, channel_id on, message_id message, message_status status);
  [[nodiscard]] bool was_answered(const frame_pointer& frame) const { return answered.contains(frame.get()); }

  // Webhooks. What is posted waits in `posted` until it is answered, or is answered at once by `receiver`.
  struct posted_delivery {
    webhook_post what;
    std::function<void(webhook_answer)> then;
  };
  webhook_id add_webhook(account_id of, const std::string& url, std::vector<happening> events = {});
  void answer(std::size_t index, std::uint32_t status);
  std::deque<posted_delivery> posted;
  std::vector<webhook_post> received;  ///< all of them, in order
  std::vector<webhook_id> cancelled;
  std::function<std::optional<webhook_answer>(const webhook_post&)> receiver;

  /// What lies in the store.
  [[nodiscard]] std::optional<conversation> stored(account_id of, conversation_id which) const;
  [[nodiscard]] std::vector<event> log(account_id of) const;  ///< views into `kept`

  /// The process dies here; the next world goes on from what was durable. Nothing of this one answers any more.
  std::unique_ptr<memory_store> crash();

  std::unique_ptr<memory_store> disk;
  probes probe;
  shared_id_clock ids;
  idle_beside_waiting watch;
  webhook_port webhooks;
  log_watch tail;
  webhook_ages ages;
  std::vector<std::string> logged;
  std::optional<std::string> fatal;
  std::map<const inbound_frame*, frame_pointer> answered;
  mutable std::deque<std::string> kept;
  std::uint64_t seed = 1;
  bool shuffled = false;  ///< actors run in an order that `seed` makes, rather than in turn
  token_id connector_token{77};

private:
  void set_up(store& on, actor_settings settings);
  /// Something runs next; what the disk has to tell waits until nothing else does, unless shuffled.
  [[nodiscard]] bool ready() const;
  void run_one();
  caf::actor_system_config config_;
  std::optional<caf::actor_system> system_;
  caf::scheduler::test_coordinator* scheduler_ = nullptr;
  time_point start_;
  caf::actor_clock::time_point clock_start_;
  std::deque<std::function<void()>> aside_;
  std::optional<directory> all_;
  std::optional<environment> env_;
  sample_zones zones_;
  clock_actor clock_;
  std::map<const noted_socket*, session_key> sessions_;
  session_key last_session_ = 0;

public:
  [[nodiscard]] environment& env() { return *env_; }
  [[nodiscard]] directory& actors() { return *all_; }
};

}  // namespace signalbox
