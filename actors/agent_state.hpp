/// AGENT from the inside: what it owns, in one place; its parts are written in agent.cpp (life and time), agent_standing.cpp
/// (availability and slots), agent_feed.cpp (sockets) and agent_acknowledging.cpp (assignments that wait for an answer).
#pragma once

#include <caf/typed_event_based_actor.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <unordered_map>

#include "actors/agent_sessions.hpp"
#include "actors/directory.hpp"
#include "actors/environment.hpp"
#include "actors/pending_ticks.hpp"
#include "storage/presence_history.hpp"

namespace signalbox {

struct agent_state {
  static constexpr const char* name = "agent";
  static constexpr actor_role role = actor_role::agent;

  agent_state(agent_actor::pointer handle, environment& given, account_id of, user_id who);
  static agent_actor::behavior_type behavior();
  void restart();

  // ---- life and time: agent.cpp
  void load();
  void configure(const config_snapshot& next);
  void pass_on(command_from_agent& m) const;
  void on_tick();
  /// One timer for everything that time alone changes.
  void plan_tick();

  // ---- availability and slots: agent_standing.cpp
  /// What the timetable says now: asked for only when time, the status or the configuration passed what it said.
  const duty& on_duty(time_point now);
  [[nodiscard]] availability now_available();
  [[nodiscard]] agent_standing standing();
  void say_standing(bool by_time = false);
  void answer_offer(const offer& m);
  void free_reserved(inbox_id inbox, std::uint32_t slots, channel_type type);
  void release(const slots_released& m);
  void take_slot(const slot_taken& m);
  void drop_reservations(inbox_id inbox);
  void presence_changed(bool by_time = false);
  /// Whether the history says what is so. Who isn't in it is away.
  [[nodiscard]] bool is_noted() const;
  void note_presence(change_set& into);
  /// Keeps the status and tells the agent's own sockets.
  void write_presence(std::function<void()> then);
  void set_by_hand(set_availability& m);

  // ---- sockets: agent_feed.cpp
  void attach(agent_attached& m);
  // On a reader thread; the answer comes as feed_read.
  struct reading;
  template <class Read>
  void read_aside(session_key session, Read read);
  void read_greeting(session_key session, std::uint64_t from, std::uint64_t to, bool too_old);
  void read_on(session_key session, std::uint64_t from, std::uint64_t to);
  void show_page(feed_read& m);
  void detach(session_key session);
  void disconnected();
  void take_events(const feed_committed& m);
  [[nodiscard]] bool may_be_shown(const agent_event& of) const;
  void show_typing(const typing_noticed& m);

  // ---- assignments that wait for an answer: agent_acknowledging.cpp
  [[nodiscard]] bool wants_ack(const event& what) const;
  void want_ack(const event& what, std::uint64_t received_ns = 0);
  void acknowledge(std::uint64_t cursor);
  void lapse_offers(time_point now);
  void lapse_due(time_point now);

  agent_actor::pointer self;
  environment& env;
  account_id account;
  user_id id;
  config_snapshot config;

  availability_state presence_now;
  forward_time believed;
  std::optional<duty> at_work;  ///< what the timetable says about now; absent: to be asked for
  availability last_said;
  std::optional<kept_presence> noted;       ///< the newest row of the history
  std::optional<std::uint32_t> pruned_day;  ///< when the history was last cut
  std::uint64_t epoch = 0;
  open_conversations open;                                    ///< reserved slots among them
  std::unordered_map<inbox_id, open_conversations> reserved;  ///< slots given, whose assignment isn't durable yet
  time_point idle_since{};
  std::shared_ptr<standing_board> board;

  agent_sessions sessions;
  std::uint64_t head = 0;  ///< the newest event that this agent was told of
  /// No cursor is greater, whoever was given it: an event's, or where a session began.
  [[nodiscard]] std::uint64_t newest_durable() const;
  std::uint64_t acked = 0;
  bool acked_dirty = false;
  struct unacknowledged {
    conversation_id which;
    inbox_id inbox;
    time_point deadline;
    std::uint64_t received_ns;
  };
  std::map<std::uint64_t, unacknowledged> unacked;  ///< automatic assignments, by position
  struct offered {
    inbox_id inbox;
    time_point deadline;
  };
  std::map<conversation_id, offered> offers;  ///< assignments that a person must accept; they may have since
  pending_ticks ticks;
};

}  // namespace signalbox
