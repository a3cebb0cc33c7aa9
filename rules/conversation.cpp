#include "rules/conversation.hpp"

#include <algorithm>
#include <chrono>

#include "rules/retention.hpp"
#include "rules/sending.hpp"
#include "rules/words.hpp"

namespace signalbox {
namespace {

constexpr words<conversation_status, 2> statuses{{"open", "closed"}};
constexpr words<message_direction, 2> directions{{"in", "out"}};
constexpr words<message_status, 6> message_statuses{{"received", "accepted", "sent", "delivered", "read", "failed"}};
constexpr words<assignment_reason, 12> assignment_reasons{{"rule", "queue", "reopened", "by_hand", "replied", "no_ack",
                                                           "unassigned", "declined", "not_accepted", "moved", "deleted",
                                                           "access_lost"}};

/// One conversation and who asks; a call operator for each command, after what holds for all of them.
struct checks {
  using verdict = std::optional<refusal>;

  const account_config& config;
  const user& who;
  const inbox& in;
  const conversation& of;
  time_point now;

  verdict operator()(const reply_to_contact&) const {
    const auto* over = config.channels.find(of.channel);
    if (!over) return refuse(refusal_code::channel_off, "the channel of this conversation was deleted");
    if (!over->on) return refuse(refusal_code::channel_off, "the channel of this conversation is switched off");
    if (over->type == channel_type::email && !over->authorized) {  // S23, S26
      auto sends = sending_address_of(config, in, over);
      if (auto* no = std::get_if<refusal>(&sends)) return std::move(*no);
    }
    return unless_seated();
  }

  verdict operator()(const add_comment& wanted) const {
    for (std::size_t i = 0; i < wanted.mentions.size(); ++i)
      if (!config.users.find(wanted.mentions[i])) return invalid_field("/mentions/" + std::to_string(i), "there is no such user");
    return std::nullopt;
  }

  verdict operator()(const assign& wanted) const {
    if (auto no = unless_seated()) return no;
    if (of.spam) return refuse(refusal_code::conflict, "a filtered conversation is nobody's");  // A49–A51
    if (const auto* team = std::get_if<team_id>(&wanted.to)) {
      if (!config.teams.find(*team)) return invalid_field("/team", "there is no such team");
      return std::nullopt;
    }
    const auto* id = std::get_if<user_id>(&wanted.to);
    if (!id) return invalid_field("/user", "a user or a team is required");
    const auto* assignee = config.users.find(*id);
    if (!assignee) return invalid_field("/user", "there is no such user");
    if (!assignee->active) return invalid_field("/user", "this user is deactivated");
    if (access_of(*assignee, in.access) != access::act) return invalid_field("/user", "this user does not work this inbox");
    return std::nullopt;  // whatever the seat: S21
  }

  verdict operator()(const unassign&) const { return unless_seated(); }

  verdict operator()(const set_status& wanted) const {
    if (wanted.status != of.status) return std::nullopt;
    return refuse(refusal_code::conflict, of.status == conversation_status::closed ? "the conversation is closed already"
                                                                                   : "the conversation is open already");
  }

  verdict operator()(const remove_conversation&) const { return std::nullopt; }
  verdict operator()(const restore_conversation&) const {
    if (of.deleted_at) return std::nullopt;
    return refuse(refusal_code::conflict, "the conversation is not deleted");
  }
  verdict operator()(const set_priority&) const { return std::nullopt; }
  verdict operator()(const mark_spam& wanted) const {
    if (wanted.on == of.spam)
      return refuse(refusal_code::conflict, wanted.on ? "the conversation is spam already" : "the conversation isn't spam");
    return unless_seated();
  }
  verdict operator()(const accept_offer&) const { return unless_offered(); }
  verdict operator()(const decline_offer&) const { return unless_offered(); }
  verdict operator()(const report_typing&) const { return std::nullopt; }

  verdict operator()(const move_conversation& wanted) const {
    if (!may_have_more_inboxes(config.account.plan))
      return refuse(refusal_code::plan_limit, "moving conversations needs the professional or enterprise plan");
    const auto* to = config.inboxes.find(wanted.to);
    if (!to) return invalid_field("/inbox", "there is no such inbox");
    if (auto no = refuse_unless_may_act(who, *to)) return no;
    if (wanted.to == of.inbox) return refuse(refusal_code::conflict, "the conversation is in this inbox already");
    return unless_seated();
  }

  verdict operator()(const open_ticket& wanted) const {
    if (of.ticket) return refuse(refusal_code::conflict, "the conversation has a ticket already: " + to_text(*of.ticket));
    return refuse_ticket_fields(config, in, wanted.fields, nullptr);
  }
  verdict operator()(const change_ticket& wanted) const {
    if (of.ticket == wanted.which) return std::nullopt;
    return refuse(refusal_code::not_found, "there is no such ticket");
  }

private:
  [[nodiscard]] verdict unless_offered() const {
    if (of.accept_by && of.assigned_user() == who.id && now < *of.accept_by) return std::nullopt;
    return refuse(refusal_code::conflict, "this conversation is not offered to you, or not any more");
  }

  /// S19: without a paid seat one works what is unassigned or one's own. A team's conversation is its members' own.
  [[nodiscard]] verdict unless_seated() const {
    if (who.seat == seat::paid || std::holds_alternative<std::monostate>(of.assignee)) return std::nullopt;
    if (of.assigned_user() == who.id) return std::nullopt;
    if (const auto* team = std::get_if<team_id>(&of.assignee))
      if (std::any_of(who.teams.begin(), who.teams.end(), [team](const team_membership& m) { return m.team == *team; }))
        return std::nullopt;
    return refuse(refusal_code::seat_required, "a conversation that is assigned to someone else needs a paid seat");
  }
};

}  // namespace

bool advances(message_status from, message_status to) {
  if (from == message_status::received || from == message_status::failed) return false;
  if (to == message_status::failed) return from < message_status::delivered;
  return to > from;
}

std::optional<refusal> refuse_command(const account_config& config, const user& who, const conversation& of,
                                      const conversation_command& command, time_point now) {
  const auto gone = [] { return refuse(refusal_code::not_found, "there is no such conversation"); };
  const auto* in = config.inboxes.find(of.inbox);
  if (!in) return gone();
  if (auto no = refuse_unless_may_act(who, *in)) return no;
  const bool restores = std::holds_alternative<restore_conversation>(command) && of.deleted_at && now < due_to_purge(of);
  if (of.deleted_at && !restores && !std::holds_alternative<change_ticket>(command)) return gone();
  return std::visit(checks{config, who, *in, of, now}, command);
}

bool changes_nothing(const conversation& of, const conversation_command& command) {
  if (of.accept_by) return false;  // who does anything with what they are offered accepts it
  if (std::holds_alternative<unassign>(command)) return std::holds_alternative<std::monostate>(of.assignee);
  if (const auto* wanted = std::get_if<set_priority>(&command)) return wanted->to == of.priority;
  const auto* wanted = std::get_if<assign>(&command);
  // What the rule gave becomes theirs by hand: that is a change.
  return wanted && wanted->to == of.assignee && of.status == conversation_status::open && !of.automatic;
}

bool reopens(const conversation& of, const conversation_command& command) {
  if (of.status == conversation_status::open) return false;
  if (const auto* wanted = std::get_if<set_status>(&command)) return wanted->status == conversation_status::open;
  return std::holds_alternative<assign>(command);
}

bool keeps_assignee(const account_config& config, const inbox& to, const assignee& who) {
  if (const auto* user = std::get_if<user_id>(&who)) {
    const auto* known = config.users.find(*user);
    return known && access_of(*known, to.access) == access::act;
  }
  const auto* team = std::get_if<team_id>(&who);
  if (!team) return true;
  bool any = false;
  config.users.for_each([&](const signalbox::user& one) {
    const auto belongs = [team](const team_membership& membership) { return membership.team == *team; };
    if (!any && access_of(one, to.access) == access::act) any = std::any_of(one.teams.begin(), one.teams.end(), belongs);
  });
  return any;
}

bool leaves_theirs(const account_config& config, user_id id, inbox_id in) {
  const auto* who = config.users.find(id);
  if (!who) return true;
  const auto* known = config.inboxes.find(in);
  return who->active && known && access_of(*who, known->access) != access::act;
}

bool is_orphan(const account_config& config, const conversation& of) {
  if (of.status != conversation_status::open || of.deleted_at) return false;
  if (const auto* user = std::get_if<user_id>(&of.assignee)) return leaves_theirs(config, *user, of.inbox);
  const auto* team = std::get_if<team_id>(&of.assignee);
  return team && config.teams.find(*team) == nullptr;
}

bool may_view(const account_config& config, const user& who, inbox_id in) {
  const auto* found = config.inboxes.find(in);
  return found && access_of(who, found->access) != access::none;
}

std::string_view to_text(conversation_status of) { return statuses.of(of); }
std::string_view to_text(message_direction of) { return directions.of(of); }
std::string_view to_text(message_status of) { return message_statuses.of(of); }
std::string_view to_text(assignment_reason of) { return assignment_reasons.of(of); }
std::optional<conversation_status> parse_conversation_status(std::string_view text) { return statuses.parse(text); }

std::optional<message_status> parse_delivery_status(std::string_view text) {
  const auto parsed = message_statuses.parse(text);
  if (parsed == message_status::received || parsed == message_status::accepted) return std::nullopt;
  return parsed;
}

}  // namespace signalbox
