/// Every actor's interface: here those on a message's way, and who understands what; VIEWS and WEBHOOK, who stand beside it, have
/// headers of their own (views_protocol.hpp, webhook_protocol.hpp). Actor messages are structs named for what they say: commands imperative, facts in the
/// past tense. All are local (shared pointers and functions travel in them); crossing a node comes with the cluster.
///
///   ACCOUNT  one an account: the only writer of its configuration; hands out snapshots
///   CONTACTS one an account: the only writer of its contacts and of what they are known by
///   CHANNEL  one a channel: on or off, exactly-once, deliveries out
///   INBOX    one an inbox: the only owner of its conversations; decides, asks agents, writes change sets
///   AGENT    one a user: availability, capacity, sockets, feed
///   JOURNAL  one a server: the one place that commits
///   WRITER   none, or two of JOURNAL's: write what it prepared, in its order
///   VIEWS    one an account: shows supervisors what they watch
///   WEBHOOK  one a webhook: reads the account's log from its cursor, posts, tries again
///   CLOCK    one a server: notices that the clock was set
///
/// Order: CAF keeps it between any two actors. JOURNAL tells in commit order; an agent's events therefore come to its AGENT in
/// the order of their positions.
#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/typed_actor.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actors/answer.hpp"
#include "actors/ports.hpp"
#include "actors/shared_messages.hpp"
#include "actors/views_protocol.hpp"
#include "rules/account_changes.hpp"
#include "rules/assignment.hpp"
#include "rules/contact_changes.hpp"
#include "rules/conversation.hpp"
#include "rules/delivery.hpp"
#include "rules/event.hpp"
#include "rules/message.hpp"
#include "rules/waiting.hpp"

namespace signalbox {

using conversation_answer = answer_pointer<carried_out>;

// ---- said to ACCOUNT

/// `key`: the caller's Idempotency-Key; the same one within 24 h changes nothing again and is answered with what was made then.
struct change_account {
  principal by;
  account_change what;
  std::optional<std::string> key;
  answer_pointer<std::pair<config_snapshot, touched>> then;
};
/// From JOURNAL: the change with this ticket is durable.
struct change_committed {
  std::uint64_t ticket = 0;
};

// ---- said to CONTACTS

/// From INBOX, one a plan: who writes the messages that open conversations there, and how do the contacts stand who have some there?
/// Answered with contacts_known or contacts_refused.
struct ask_contacts {
  inbox_id inbox;
  std::uint64_t ticket = 0;
  std::vector<std::pair<frame_pointer, std::uint32_t>> openings;  ///< (frame, index of the message)
  std::vector<contact_id> known;
};
/// `key` as in change_account. Answered when it is durable; of a deletion with the contact as it was.
struct change_contact {
  principal by;
  contact_change what;
  std::optional<std::string> key;
  answer_pointer<contact> then;
};

// ---- said to CHANNEL

/// `part`: indices into the frame's messages that are this channel's and still pending.
struct publish_part {
  frame_pointer frame;
  std::vector<std::uint32_t> part;
};
/// From JOURNAL: what these `route_part`s carried is durable.
struct parts_committed {
  std::vector<std::uint64_t> tickets;
};
/// From INBOX: it was restarted and knows nothing of these messages of the part: they are not kept, the part's others are.
struct part_refused {
  std::uint64_t ticket = 0;
  std::vector<std::uint32_t> which;
};
struct connector_attached {
  session_key session = 0;
  token_id token;
  std::shared_ptr<connector_port> port;
  config_snapshot greeted_by{};  ///< what it was told of its channels is by this one
};
struct connector_detached {
  session_key session = 0;
};
/// From JOURNAL: a reply is durable in the outbox.
struct reply_accepted {
  message_id message;
  std::uint64_t position = 0;
};
/// From the edge: what a connector says of a reply, by way of any CHANNEL of the connector's (so that its words stay in order).
struct delivery_reported {
  delivery_status what;
  std::shared_ptr<const std::vector<channel_id>> allowed;  ///< the channels that the connector serves
};

// ---- said to INBOX

/// New messages of one channel, in order. `ids` are theirs, given by CHANNEL. Empty with an offset: only that is to be kept.
struct route_part {
  frame_pointer frame;
  std::vector<std::uint32_t> part;
  std::vector<message_id> ids;
  std::uint64_t ticket = 0;
  channel_id channel;
  /// Sent on by another INBOX, since their conversations were moved: the channel's own INBOX, which holds the channel's later parts
  /// back until it hears `forward_ended`. What came before them in the part is durable.
  std::optional<inbox_id> held_by{};
  std::optional<inbox_id> sent_by{};  ///< the INBOX that sent it on last: it saw each of these messages
};
/// To the channel's INBOX: the part that it sent on is durable, or refused.
struct forward_ended {
  channel_id channel;
};
/// From JOURNAL: a conversation was moved here. The positions of what its history got by that, from `first_seq` on.
struct conversation_arrived {
  conversation_id which;
  std::uint64_t first_seq = 0;
  std::vector<std::uint64_t> positions;
};
/// To a channel's INBOX, which alone opens conversations of its threads: these, moved to another inbox, go for good. Those whose thread
/// still leads to them have none from now on. Answered with threads_released, when that is durable.
struct release_threads {
  struct one {
    conversation_id which;
    channel_id channel;
    std::string thread;
  };
  inbox_id asked_by;
  std::vector<one> all;
};
struct threads_released {
  std::vector<conversation_id> which;
};
struct command_conversation {
  principal by;
  conversation_id which;
  conversation_command what;
  std::optional<std::string> key;
  conversation_answer then;
  std::optional<bool> thread_went_on{};  ///< in a newer conversation, as its channel's INBOX answered `ask_of_thread`
};
/// To a channel's INBOX, which alone opens conversations of its threads: one that was moved to another inbox and deleted is to be
/// restored. Is it still the thread's? The command comes back with the answer, before any message of the thread that is sent on for it.
struct ask_of_thread {
  inbox_id asked_by;
  channel_id channel;
  std::string thread;
  command_conversation wish;
};
/// From CHANNEL: what a connector said of a reply.
struct status_reported {
  conversation_id which;
  delivery_status what;
};
/// From AGENT: the INBOX slept, and the standing board has news for those who wait.
struct wake_up {};
/// From AGENT: the first `taken` of the offer have a slot now.
struct offer_answered {
  std::uint64_t ticket = 0;
  std::uint32_t taken = 0;
  channel_type type = channel_type::custom;
  agent_standing now;
};
/// From AGENT: an automatic assignment was not acknowledged, or not accepted, in time.
struct assignment_lapsed {
  conversation_id which;
  user_id who;
  std::uint64_t position = 0;
  bool offer = false;  ///< not accepted by a person in time; otherwise not even received
};
/// Where a waiting conversation stands.
struct ask_waiting {
  principal by;
  conversation_id which;
  answer_pointer<waiting_place> then;
};
/// Conversations that may be with a user or a team that was deleted: those that are go to whom their channel's rule chooses, or wait.
/// `then`, if anybody wants to know, when that is durable.
struct hand_back {
  std::vector<conversation_id> which;
  answer_pointer<done> then{};
};
/// From CONTACTS: one for each of the question's openings, then one for each of its known ones (an id that is nobody's any more has
/// neither owner nor cookie). What is fresh among them is on its way to JOURNAL, ahead of whatever the INBOX sends there now.
struct contacts_known {
  std::uint64_t ticket = 0;
  std::vector<contact_standing> all;
};
/// From CONTACTS: it was restarted and won't answer this question.
struct contacts_refused {
  std::uint64_t ticket = 0;
};
/// From CONTACTS: a contact was changed, merged into another or deleted (then `now` has the id alone).
struct contact_changed {
  contact_id which;
  contact_standing now;
};
/// From JOURNAL: the change set with this ticket is durable.
struct set_committed {
  std::uint64_t ticket = 0;
  std::uint64_t first_position = 0;
};
/// Make what a reader is about to read readable: settles one conversation, or all of them. `ready` is called when that is durable,
/// or dropped when this INBOX is restarted.
struct prepare_read {
  std::optional<conversation_id> which;
  std::function<void()> ready;
};

// ---- said to AGENT

/// Slots for conversations just chosen for this agent; answered with offer_answered. A slot is held until the assignment's event
/// comes by (confirmed) or `slots_released`.
struct offer {
  inbox_id inbox;
  std::uint64_t ticket = 0;
  std::uint32_t wanted = 0;
  channel_type type = channel_type::custom;
  bool only_available = true;
};
/// Conversations that are no longer this agent's: closed, unassigned, reassigned, or never written (`reserved`).
struct slots_released {
  inbox_id inbox;
  std::uint32_t slots = 1;
  channel_type type = channel_type::custom;
  bool reserved = false;
};
/// A conversation is this agent's by a user's hand, not by an offer: it counts, whatever the capacity (A33).
struct slot_taken {
  channel_type type = channel_type::custom;
};
/// An INBOX was restarted: slots that it held and never wrote are free again.
struct reservations_dropped {
  inbox_id inbox;
};
/// An INBOX wants this agent's standing and finds none on the board.
struct ask_standing {};
struct agent_attached {
  session_key session = 0;
  std::optional<token_id> token;
  std::optional<std::uint64_t> cursor;
  std::shared_ptr<agent_port> port;
};
struct agent_detached {
  session_key session = 0;
};
struct cursor_acknowledged {
  session_key session = 0;
  std::uint64_t cursor = 0;
};
struct set_availability {
  principal by;
  presence status{};
  std::optional<time_point> until;
  answer_pointer<availability> then;
};
struct ask_availability {
  answer_pointer<availability> then;
};
struct command_from_agent {
  principal by;
  conversation_id which;
  conversation_command what;
  std::string ref;
  conversation_answer then;
};
/// Somebody types: shown at once, not kept.
struct typing_noticed {
  conversation_id which;
  inbox_id inbox;
  user_id by;
};
/// What a session must be shown before it is live: at first with the greeting, then page by page.
struct feed_read {
  session_key session = 0;
  bool greeting = false;
  bool too_old = false;
  std::vector<conversation> open;
  std::vector<agent_event> events;
  std::uint64_t up_to = 0;  ///< everything up to here is in `events` or before them
};
class committed_sets;
/// From JOURNAL: events of this agent's feed, in position order: `count` from place `first` on in `of->told`.
struct feed_committed {
  std::shared_ptr<const committed_sets> of;
  std::uint32_t first = 0, count = 0;
};

// ---- said to JOURNAL

struct pending_commit;
struct commit {
  std::shared_ptr<pending_commit> what;
};
struct flush {};
/// From whom it asked to settle, by place in the round.
struct piece_settled {
  std::uint64_t round = 0;
  std::size_t place = 0;
  bool more = false;
};

/// From WRITER: the next commit may be written.
struct let_next {};
/// From WRITER, in the order of the commits: the oldest that is under way is durable.
struct commit_durable {};
struct commit_failed {
  std::string why;
};

// ---- said to WRITER

class prepared_commit;
struct write_prepared {
  std::shared_ptr<prepared_commit> what;
  // As store::write calls them.
  std::function<void()> let_next, durable;
  std::function<void(std::string why)> failed;
};

// ------------------------------------------------------------------------------------------------ who understands what

using account_actor = caf::typed_actor<caf::reacts_to<change_account>, caf::reacts_to<change_committed>>;

using contacts_actor =
    caf::typed_actor<caf::reacts_to<ask_contacts>, caf::reacts_to<change_contact>, caf::reacts_to<set_committed>>;

using channel_actor =
    caf::typed_actor<caf::reacts_to<publish_part>, caf::reacts_to<parts_committed>, caf::reacts_to<part_refused>,
                     caf::reacts_to<connector_attached>, caf::reacts_to<connector_detached>, caf::reacts_to<reply_accepted>,
                     caf::reacts_to<delivery_reported>, caf::reacts_to<config_changed>, caf::reacts_to<settle>,
                     caf::reacts_to<set_committed>>;

/// To INBOX: say inbox_changed, once, when what is more than settling is committed next.
struct tell_change {
  views_actor to;
};

using inbox_actor =
    caf::typed_actor<caf::reacts_to<route_part>, caf::reacts_to<command_conversation>, caf::reacts_to<status_reported>,
                     caf::reacts_to<wake_up>, caf::reacts_to<offer_answered>, caf::reacts_to<assignment_lapsed>,
                     caf::reacts_to<contacts_known>, caf::reacts_to<contacts_refused>, caf::reacts_to<contact_changed>,
                     caf::reacts_to<set_committed>, caf::reacts_to<ask_waiting>, caf::reacts_to<prepare_read>,
                     caf::reacts_to<forward_ended>, caf::reacts_to<conversation_arrived>, caf::reacts_to<release_threads>,
                     caf::reacts_to<ask_of_thread>, caf::reacts_to<threads_released>, caf::reacts_to<hand_back>,
                     caf::reacts_to<config_changed>, caf::reacts_to<settle>, caf::reacts_to<tell_change>, caf::reacts_to<tick>>;

using agent_actor =
    caf::typed_actor<caf::reacts_to<offer>, caf::reacts_to<slots_released>, caf::reacts_to<slot_taken>,
                     caf::reacts_to<reservations_dropped>, caf::reacts_to<ask_standing>, caf::reacts_to<agent_attached>,
                     caf::reacts_to<agent_detached>, caf::reacts_to<cursor_acknowledged>, caf::reacts_to<set_availability>,
                     caf::reacts_to<ask_availability>, caf::reacts_to<command_from_agent>, caf::reacts_to<typing_noticed>,
                     caf::reacts_to<feed_read>, caf::reacts_to<feed_committed>, caf::reacts_to<config_changed>,
                     caf::reacts_to<set_committed>, caf::reacts_to<tick>>;

/// CLOCK: says `tick` to who waits for a time of day when the clock was set.
using clock_actor = caf::typed_actor<caf::reacts_to<tick>>;

using journal_actor =
    caf::typed_actor<caf::reacts_to<commit>, caf::reacts_to<flush>, caf::reacts_to<let_next>, caf::reacts_to<commit_durable>,
                     caf::reacts_to<commit_failed>, caf::reacts_to<piece_settled>, caf::reacts_to<tick>>;

using writer_actor = caf::typed_actor<caf::reacts_to<write_prepared>>;

}  // namespace signalbox

// clang-format off
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::change_account)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::change_committed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::ask_contacts)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::change_contact)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::contacts_known)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::contacts_refused)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::contact_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::publish_part)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::parts_committed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::part_refused)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::connector_attached)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::connector_detached)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::reply_accepted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::delivery_reported)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::route_part)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::forward_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::conversation_arrived)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::release_threads)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::threads_released)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::ask_of_thread)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::hand_back)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::command_conversation)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::status_reported)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::wake_up)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::offer_answered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::assignment_lapsed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::set_committed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::ask_waiting)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::prepare_read)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::offer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::slots_released)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::slot_taken)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::reservations_dropped)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::ask_standing)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::agent_attached)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::agent_detached)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::cursor_acknowledged)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::set_availability)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::ask_availability)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::command_from_agent)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::typing_noticed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::feed_read)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::feed_committed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::tell_change)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::commit)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::flush)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::let_next)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::commit_durable)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::commit_failed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::piece_settled)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::write_prepared)
// clang-format on
