/// INBOX from the inside: what it owns, in one place; its parts are written in inbox.cpp (life), inbox_configuring.cpp (whom it may
/// choose), inbox_routing.cpp (messages in), inbox_assigning.cpp (who gets it), inbox_waiting.cpp (who waits), inbox_hours.cpp (the time of
/// day), inbox_settling.cpp (what leaves memory), inbox_commands.cpp (what users do), inbox_tickets.cpp, inbox_moving.cpp (to and from
/// other inboxes), inbox_purging.cpp (what goes for good), inbox_closing.cpp (when the inbox was deleted), inbox_handing_back.cpp (when an
/// assignee was) and inbox_writing.cpp (change sets).
#pragma once

#include <caf/typed_event_based_actor.hpp>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

#include "actors/conversation_book.hpp"
#include "actors/directory.hpp"
#include "actors/environment.hpp"
#include "actors/pending_commit.hpp"
#include "actors/pending_ticks.hpp"
#include "actors/rows_under_way.hpp"
#include "actors/seldom.hpp"
#include "rules/contact.hpp"
#include "rules/hours.hpp"
#include "rules/waiting_lines.hpp"

namespace signalbox {

/// Work is done in the order in which it came. While agents are asked for slots, everything else waits in `work_`; what waited is
/// then planned together, so batches grow with the load.
class inbox_state {
public:
  static constexpr const char* name = "inbox";
  static constexpr actor_role role = actor_role::inbox;

  inbox_state(inbox_actor::pointer self, environment& given, account_id account, inbox_id inbox);
  static inbox_actor::behavior_type behavior();
  void restart();

  environment& env;

private:
  /// A reader's wish under way.
  struct settle_to_read {
    prepare_read wish;
    std::optional<std::size_t> left{};  ///< dirty pages that were there when it began and aren't written yet
  };
  struct purge_due {
    std::string from{};  ///< the due row to begin at; empty: the first
  };
  struct close_piece {
    std::string from{};  ///< the activity row to begin at; empty: the first
  };
  using work = std::variant<route_part, command_conversation, status_reported, assignment_lapsed, settle_to_read, settle,
                            purge_due, close_piece, release_threads, ask_of_thread, hand_back>;

  /// Somebody is to be chosen for a conversation.
  struct intent {
    open_page* page = nullptr;
    assignment_reason reason = assignment_reason::rule;
    std::optional<user_id> preferred;  ///< asked first (A39)
    std::optional<user_id> chosen;
    decision why;
    std::uint32_t attempts = 0;  ///< how many were chosen for it in this plan
    std::vector<considered> skip;
    // Of a rule for the contact's owner.
    std::optional<contact_standing> contact;      ///< absent: not asked for, or not known yet
    std::optional<agent_standing> owner_refused;  ///< what the owner's AGENT said when it had no slot
    bool tell_owner = false;                      ///< S55
    bool was_waiting = false;
    bool written = false;
  };
  /// One thing that the plan writes, in order.
  struct step {
    open_page* page = nullptr;
    frame_pointer frame;  ///< a message of it; null: only the assignment
    std::uint32_t index = 0;
    message_id message;
    bool opened = false;
    bool reopened = false;
    bool lapsed = false;
  };
  /// Messages of a part whose conversation is in another inbox.
  struct sent_on {
    inbox_id to;
    route_part part;
  };
  struct part_of_plan {
    channel_actor channel;
    std::uint64_t ticket = 0;
    channel_id of;
    frame_pointer frame;
    std::vector<std::uint32_t> all;     ///< of the frame's messages
    std::optional<inbox_id> held_by{};  ///< as in `route_part`
    std::size_t steps_end = 0;          ///< durable when the steps before this one are
    std::optional<sent_on> rest{};      ///< what of it is another inbox's
  };
  struct plan {
    std::vector<step> steps;
    std::vector<part_of_plan> parts;
    std::vector<intent> intents;
    std::vector<std::size_t> openings;  ///< steps that open a conversation and don't know its contact yet
    std::uint64_t contacts_asked = 0;   ///< ticket of the question to CONTACTS that is out; 0: none
    std::vector<std::size_t> unknown;   ///< intents that need to know their contact first
    /// Intents by the agent chosen for them, the channel's type, and whether only to an available one.
    std::map<std::tuple<user_id, channel_type, bool>, std::vector<std::size_t>> to_ask;
    std::map<std::pair<std::uint64_t, user_id>, std::vector<std::size_t>> asked;  ///< offers that are out, by ticket and agent
    std::vector<std::pair<std::string, std::string>> remember;                    ///< commands, to be known when they come again
    std::vector<std::pair<open_page*, conversation_answer>> answers;              ///< as it is when all of it is durable
    std::vector<std::function<void()>> then;                                      ///< when all of it is durable
    std::vector<conversation_id> handed_back;
    [[nodiscard]] bool empty() const { return steps.empty() && parts.empty(); }
    [[nodiscard]] bool answered() const { return asked.empty() && contacts_asked == 0; }
  };
  struct agent_reference {
    agent_actor actor;
    std::string feed;
  };
  struct flight {
    struct entry {
      open_page* page;
      std::uint32_t number;  ///< the event's
      bool is_message;
    };
    std::vector<entry> entries;  ///< of histories
    std::vector<std::pair<open_page*, std::uint32_t>> assignments;
    std::optional<settle_to_read> go_on;
    std::vector<sent_on> rests;  ///< what goes to other inboxes then
    bool settles = false;        ///< says nothing new
  };

  // inbox.cpp
  template <class Work>
  void later(Work&& what);
  void load();
  void finish_reload();
  void pump();
  [[nodiscard]] bool blocked() const {
    return reloading_ || moving_ || purging_ || !candidates_->missing.empty() || !plan_->answered();
  }
  [[nodiscard]] bool front_must_wait();
  void do_front();
  void plan_what_may_be();
  void committed(std::uint64_t ticket, std::uint64_t first_position);
  void say_changed();  ///< to VIEWS, if it wants to hear it
  void watch_invariant();
  agent_reference* agent(user_id who);
  [[nodiscard]] const inbox& here() const { return *inbox_; }

  // inbox_configuring.cpp
  void configure(const config_snapshot& next);
  [[nodiscard]] bool moves_anything_here(const account_config& next);
  void configure_pools();
  [[nodiscard]] std::vector<channel_id> channels_here() const;
  /// False: their AGENT hasn't spoken yet, and was asked to.
  bool listen_to(user_id who);
  void stop_listening(user_id who);
  void read_standings();
  [[nodiscard]] bool nothing_new();

  // inbox_routing.cpp
  void plan_part(route_part& part);
  [[nodiscard]] std::optional<inbox_id> plan_message(const route_part& part, std::uint32_t index, message_id id, open_page* page);
  void ask_contacts_first();
  void take_contacts(const contacts_known& what);
  void write_when_answered();
  [[nodiscard]] bool is_filtered(const inbound_message& mail);

  // inbox_assigning.cpp
  void want_assignment(open_page& page, assignment_reason reason, std::optional<user_id> preferred,
                       std::optional<contact_standing> contact = std::nullopt);
  void plan_lapse(const assignment_lapsed& what);
  void take_back(open_page& of, assignment_reason why);
  void choose(std::size_t index);
  void choose_same_agent(intent& one, candidate_pool& pool);
  bool choose_owner(intent& one);
  void choose_from(candidate_pool& pool, intent& one);
  void refused(std::size_t index, const agent_standing& by, exclusion why);
  void send_offers();
  void offer_came_back(const offer_answered& what);

  // inbox_waiting.cpp
  bool plan_waiting();
  bool plan_waiter(conversation_id which);
  [[nodiscard]] std::optional<waiting_lines::waiter> next_waiter() const;
  [[nodiscard]] waiting_place place_of(const conversation& of) const;
  void show_place(const ask_waiting& m);
  void start_waiting(open_page& page, time_point since, const std::optional<contact_standing>& contact, change_set& into);
  void stop_waiting(open_page& page, change_set& into);
  void keep_standing(const agent_standing& now);
  void sort_owner(const agent_standing& now);
  void watch_owner(user_id owner);
  void file_waiters();
  void file_waiter(conversation_id which, const contact_standing& contact);
  void take_contact(const contact_changed& what);
  [[nodiscard]] const channel* owner_channel(channel_id which) const;

  // inbox_hours.cpp
  void on_tick();
  void gather();
  void wake_in(milliseconds wait);
  [[nodiscard]] bool hours_are_due();
  void look_at_hours();

  // inbox_settling.cpp
  void settle_now(settle_to_read& what);
  void settle_soon(settle& m);
  void settle_now(settle& what);
  void shrink();  ///< drops pages when that is wanted and nothing holds them

  // inbox_commands.cpp
  void read_keys_ahead();
  void command(command_conversation& m);
  void status(const status_reported& m);
  void remember(std::string&& row, std::string&& record, pending_commit& into);
  /// In another conversation than this one, which was deleted meanwhile.
  [[nodiscard]] bool thread_went_on(const conversation& of) const;
  void change_assignee(open_page& page, const signalbox::assignee& to, assignment_reason reason, std::optional<user_id> by,
                       pending_commit& into);
  void count_on(open_page& page, std::optional<user_id> who);
  void count_on_holder(open_page& page) { count_on(page, page.value().held_by()); }
  void put_assigned(open_page& page, change_set& into, bool ack_wanted = false);
  void mark(open_page& page, bool as_spam, std::optional<user_id> by, pending_commit& into);
  void accept(open_page& page, pending_commit& into);
  void tell_update(open_page& page, std::optional<user_id> by, pending_commit& into);

  // inbox_tickets.cpp
  [[nodiscard]] ticket* ticket_of(open_page& page) const;
  [[nodiscard]] std::optional<user_id> owner_of(contact_id of) const;
  void give_ticket(open_page& page, const ticket_fields& fields, const ticket_owner_choice& owner);
  void give_ticket_by_rule(open_page& page);
  [[nodiscard]] std::optional<refusal> refuse_change(open_page& page, const change_ticket& wanted);
  void change(open_page& page, const ticket_fields& fields);
  void ticket_follows(open_page& page) const;
  void write_ticket(open_page& page, std::optional<user_id> by, change_set& into);
  void tell_ticket(open_page& page, std::optional<user_id> by, change_set& into);

  // inbox_moving.cpp
  void move(open_page& page, inbox_id to, const command_conversation& m);
  void leave_assignee(open_page& page, inbox_id to, std::optional<user_id> by, pending_commit& into);
  std::uint32_t add_moved(open_page& page, event& what, pending_commit& into) const;
  void arrived(const conversation_arrived& m);
  [[nodiscard]] bool welcome(channel_id of);
  /// To the inbox that the conversation was moved to; false: to none.
  template <class Message>
  [[nodiscard]] bool pass_on(conversation_id which, const Message& m) {
    const auto in = book_.elsewhere(which);
    const auto next = in ? env.directory->inbox(account_, *in) : std::nullopt;
    if (next) self_->send(*next, m);
    return next.has_value();
  }
  void send_on(sent_on&& what);
  void refuse_part(const route_part& part);
  [[nodiscard]] bool ask_opener(const conversation& of, command_conversation& wish);
  void answer_of_thread(ask_of_thread& m);
  void end_forward(const forward_ended& m);

  // inbox_purging.cpp
  void look_for_due();
  void purge(const purge_due& what);
  void purge_next(const std::string& from);
  void end_purge();
  [[nodiscard]] std::optional<inbox_id> opener_of(const conversation& of) const;
  void ask_for_threads(const std::vector<const conversation*>& of);
  void release(const release_threads& m);
  void released(const threads_released& m);

  // inbox_handing_back.cpp
  void look_for_orphans(const account_config& before);
  void queue_handing_back(const std::vector<conversation_id>& all);
  void queue_handing_back_if_orphan(const conversation& of);
  [[nodiscard]] bool welcomes_all(const std::vector<conversation_id>& all);
  void take_back_orphans(const hand_back& what);
  [[nodiscard]] std::vector<conversation_id> orphans_to_hand_back() const;

  // inbox_closing.cpp
  void close(const close_piece& what);
  void queue_closing(std::string from);
  [[nodiscard]] bool was_deleted() const { return config_->inboxes.find(id_) == nullptr; }

  // inbox_writing.cpp
  void write_plan();
  void write_message(step& one, bool assignment_follows, pending_commit& into);
  void write_intent(intent& one, pending_commit& into);
  void write_notice(open_page& page, user_id to, change_set& into);
  void write_status(open_page& page, conversation_status to, std::optional<user_id> by, pending_commit& into);
  /// @return the record, valid until the next one is written
  std::string_view write_record(open_page& page, change_set& into);
  [[nodiscard]] event event_for(open_page& page, event_kind kind) const;
  std::uint32_t add_history(open_page& page, event& what, pending_commit& into);
  void feed_to(user_id who, std::uint32_t number, pending_commit& into);
  void notice(std::uint32_t number, inbox_id in, pending_commit& into);
  /// The record of a conversation's newest message, valid until another one's is asked for; empty: it has none.
  [[nodiscard]] std::string_view newest_message_of(open_page& page);
  [[nodiscard]] std::string read_newest_message(const open_page& page) const;
  /// What one turn of any INBOX builds up and nobody keeps: of the thread, since most INBOXes are idle.
  struct turns_room {
    std::string event, record, decision, newest;
    std::vector<open_page*> known_pages;  ///< of the part being planned, a message each; null: not in memory
    rows_ahead threads;                   ///< of that part
    rows_ahead keys;                      ///< of commands that wait
    std::vector<standing_board::statement> said;
  };
  static turns_room& room() {
    thread_local turns_room of_thread;
    return of_thread;
  }
  std::shared_ptr<pending_commit> new_commit();
  void submit(std::shared_ptr<pending_commit> what);

  inbox_actor::pointer self_;
  account_id account_;
  inbox_id id_;
  config_snapshot config_;
  std::shared_ptr<const inbox> inbox_;  ///< as configured; the last one it had when it was deleted
  conversation_book book_;
  shared_bound::share kept_;
  seldom<waiting_lines> waiting_;
  /// Where a rule asks for the contact's owner.
  struct owner_lines {
    std::vector<channel_id> channels;                               ///< with such a rule
    bool away_too = false;                                          ///< one of those has S57 off
    std::unordered_map<conversation_id, contact_standing> waiting;  ///< those that wait under such a rule
    std::vector<conversation_id> unknown;                           ///< the same, and their contact isn't known yet
    std::unordered_set<user_id> free;                               ///< for whom somebody waits, and who could take it
  };
  seldom<owner_lines> owners_;
  struct candidates {
    std::unordered_map<channel_id, candidate_pool> pools;   ///< of channels whose rule is enabled
    std::unordered_set<user_id> listening;                  ///< to whom
    std::unordered_map<user_id, agent_standing> standings;  ///< of those, as they last said
    std::unordered_set<user_id> missing;                    ///< of those, who hasn't spoken yet
  };
  seldom<candidates> candidates_;
  seldom<std::unordered_map<channel_id, wait_estimate>> estimates_;
  std::unique_ptr<const std::vector<std::string>> own_addresses_;  ///< of this snapshot, once an e-mail opened a conversation
  std::shared_ptr<standing_board> board_;
  std::uint64_t seen_ = 0;  ///< how far the board was read
  seldom<std::unordered_map<user_id, agent_reference>> agents_;

  seldom<rows_under_way<std::string, std::string>> commands_under_way_;  ///< their records
  seldom<rows_under_way<message_id, message_status>> statuses_under_way_;

  struct move_under_way {
    conversation_id which;
    std::uint64_t ticket;
  };
  std::optional<move_under_way> moving_;  ///< nothing else is done until it is durable
  struct purge_under_way {
    std::vector<std::pair<conversation_id, purge_reason>> which{};
    std::uint64_t ticket = 0;
    std::string next{};  ///< the due row that the next piece begins at; empty: there is none
  };
  std::unique_ptr<const purge_under_way> purging_;  ///< as with `moving_`
  std::uint64_t due_look_ns_ = 0;                   ///< when the due rows are looked at next
  /// Of what is due here: since the last look their channels' INBOX was asked to let go of their threads; it did.
  struct threads_due {
    std::unordered_set<conversation_id> asked, released;
  };
  seldom<threads_due> threads_;
  /// Other inboxes' channels with conversations here that were moved and may want an agent.
  seldom<std::unordered_set<channel_id>> guests_;
  /// By own channel: a part of it was sent on, and these came after it: later parts, bounded by the connector's credit, and questions
  /// that it may decide.
  seldom<std::unordered_map<channel_id, std::list<work>>> held_;

  std::list<work> work_;  ///< lists: an empty std::deque keeps 0.6 KB, and most inboxes are idle
  seldom<plan> plan_;
  std::uint64_t last_ticket_ = 0;
  std::uint64_t offer_ticket_ = 0;
  std::uint64_t contacts_ticket_ = 0;
  seldom<std::map<std::uint64_t, flight>> flights_;
  flight* flight_ = nullptr;     ///< of the commit being built
  std::uint64_t committed_ = 0;  ///< tickets are committed in order; the last one
  std::uint64_t settle_round_ = 0;
  std::size_t settle_left_ = 0;     ///< pages that were dirty when that round began and aren't written yet
  std::uint64_t shrink_after_ = 0;  ///< when this one is, settled pages may be dropped
  bool shrink_wanted_ = false;
  bool reloading_ = false;
  bool asleep_ = false;  ///< the board wakes this INBOX
  std::uint64_t reload_ticket_ = 0;
  bool queue_may_move_ = false;  ///< something changed that could let a waiting one go
  bool violated_ = false;
  std::optional<views_actor> told_of_change_;  ///< who wants to hear of the next change
  forward_time believed_;
  time_point hours_seen_{};
  std::optional<time_point> hours_change_;  ///< when a channel's business hours next begin or end
  pending_ticks ticks_;
  std::optional<std::uint64_t> gather_ends_ns_;  ///< agents become available together: when the queue may move for them
};

}  // namespace signalbox
