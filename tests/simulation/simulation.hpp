/// Days of a few companies from a seed: agents come, go, lag and lapse; messages come once, twice and late; conversations are moved
/// between inboxes; the disk dies at any commit, keeping all, some or nothing of it; the process starts again. Some go on for months,
/// in which conversations are deleted, restored, filtered and go for good, and so does an inbox. After each step everything that
/// must always hold is looked at. Its parts are written in simulation.cpp (companies, restarts), simulation_steps.cpp and
/// simulation_months.cpp (what happens) and simulation_invariants.cpp (what must hold).
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "tests/support/world.hpp"

namespace signalbox {

struct agent_at_work {
  user_id id;
  std::optional<std::uint32_t> capacity;
  std::shared_ptr<noted_socket> socket;
  std::uint64_t cursor = 0;
  bool acknowledges = true;
};
struct company {
  account_id id;
  user_id boss;
  std::vector<inbox_id> inboxes;
  std::vector<channel_id> channels;
  std::vector<agent_at_work> agents;
};
struct sent_message {
  std::size_t company, channel;
  written what;
  bool acknowledged = false;
  std::optional<conversation_id> where;
  bool again = false;  ///< sent more than once: its place is no longer told by when it was sent first
  time_point at{};     ///< when it was sent first
};

class simulation {
public:
  enum class span { hours, months };

  explicit simulation(std::uint64_t seed, span over = span::hours) : random_(seed), months_(over == span::months) {
    settings_.settle_after_events = 40;
    settings_.conversations_kept = 8;
    settings_.ids_kept = 16;
    settings_.feed_page = 16;
    if (seed % 2 == 1) settings_.writers = 2;
    settings_.writers_from_bytes = seed % 4 == 1 ? 0 : 2'000;
    w_ = std::make_unique<world>(std::make_unique<memory_store>(), settings_);
    w_->seed = seed;
    w_->shuffled = true;
    for (int i = 0; i < 2; ++i) found(i);
  }
  void run(int steps);
  [[nodiscard]] std::size_t purged() const { return purged_; }

private:
  std::uint64_t pick(std::uint64_t n) { return std::uniform_int_distribution<std::uint64_t>(0, n - 1)(random_); }
  bool chance(int percent) { return pick(100) < static_cast<std::uint64_t>(percent); }
  void found(int number);
  /// Short ones from Thursday's midnight on, when the simulation begins.
  static std::vector<working_span> shifts(int every_minutes, int minutes);
  void work_in_shifts(account_id company, user_id who);
  /// And the moment in which agents of one timetable are gathered. Shifts begin and end with a minute.
  void pass(milliseconds time);
  void step();
  void publish(std::size_t c);
  std::optional<contact_id> some_contact(const company& c);
  /// A seat, or a team that is made or deleted.
  void change_configuration(std::size_t c, const agent_at_work& agent);
  /// Not waited for: the disk may die of it.
  void change_access(const company& c);
  void ask_for_team(std::size_t c);
  void give_owner(const company& c, const agent_at_work& agent);
  void merge_contacts(const company& c);
  void publish_again();
  void send(std::size_t c, std::size_t channel, const std::vector<written>& all, const std::vector<std::size_t>& which);
  void note_answers();
  /// Asked for once or twice, beside messages on their way; what comes of it is looked at with everything else.
  void move_something(company& c);
  /// What was acknowledged before a reader asks, the reader finds; with work under way around it.
  void read_something();
  void come_or_go(company& c, agent_at_work& agent);
  // Of months.
  void live_on(company& c);
  void jump_days();
  void restore_something(company& c, conversation_id which);
  std::optional<conversation> some_conversation(const company& c);
  void acknowledge(company& c, agent_at_work& agent);
  void close_something(company& c, agent_at_work& agent);
  /// The disk dies at one of the next commits: it kept nothing, part or all of it, synced or not.
  void crash();
  void restart();
  /// Invariants 3, 4, 5, 6 and the agreement of the indexes, from what lies in the store.
  void look();
  /// No conversation without its contact, no contact without its identities, and nobody waits for an owner who is free.
  void look_at_contacts(const company& c, const account_config& config, std::map<user_id, std::uint32_t>& held);
  void look_at_owners(const company& c, const account_config& config, const channel& over, const inbox& inbox,
                      std::map<user_id, std::uint32_t>& held);
  /// Invariant 6 for one channel's conversations in one inbox, where they were moved or began.
  void look_at_waiting(const company& c, const account_config& config, const channel& channel, const inbox& inbox,
                       std::map<user_id, std::uint32_t>& held);
  /// Nothing goes before its time, and after a jump nothing is left of which it is over.
  void look_at_keeping();
  /// Invariants 1, 2, 3 and 5 over the whole log.
  void look_at_messages();
  /// What became of the configuration, contacts and tickets is in the log, which webhooks and GET /v1/events tell from: of the
  /// configuration each change that was committed once, in the order of the audit log, across every restart.
  void look_at_changes();
  /// Nobody has what they may not work on.
  void look_at_orphans();

  std::mt19937_64 random_;
  bool months_;
  bool jumped_ = false;                                        ///< in this step, and then time enough passed for what was due
  std::map<conversation_id, std::optional<time_point>> kept_;  ///< of all companies, as last seen: when each is to go
  std::size_t purged_ = 0;
  actor_settings settings_;
  std::unique_ptr<world> w_;
  std::vector<company> companies_;
  std::vector<sent_message> sent_;
  std::vector<std::pair<std::size_t, team_id>> teams_;  ///< by company: making them was acknowledged
  std::vector<std::pair<frame_pointer, std::vector<std::size_t>>> under_way_;
  bool crash_armed_ = false;
  int moves_asked_ = 0, moves_answered_ = 0;
  int step_ = 0;
};

}  // namespace signalbox
