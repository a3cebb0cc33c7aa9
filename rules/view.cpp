#include "rules/view.hpp"

#include <algorithm>
#include <utility>

namespace signalbox {

namespace {
constexpr std::array<std::pair<view, std::string_view>, 6> names{{{view::all, "all"},
                                                                  {view::mine, "mine"},
                                                                  {view::unassigned, "unassigned"},
                                                                  {view::waiting, "waiting"},
                                                                  {view::spam, "spam"},
                                                                  {view::deleted, "deleted"}}};
}  // namespace

std::string_view to_text(view of) {
  for (const auto& [one, text] : names)
    if (one == of) return text;
  return "all";
}

std::optional<view> parse_view(std::string_view text) {
  for (const auto& [one, name] : names)
    if (name == text) return one;
  return std::nullopt;
}

list_class class_of(const list_traits& of) {
  if (of.deleted) return of.spam ? list_class::hidden : list_class::deleted;
  if (of.spam) return list_class::spam;
  if (of.status == conversation_status::closed) return of.assigned ? list_class::closed_assigned : list_class::closed_unassigned;
  if (of.waiting) return list_class::waiting;
  return of.assigned ? list_class::assigned : list_class::unassigned;
}

list_class class_of(const conversation& of) {
  return class_of({.status = of.status,
                   .assigned = !std::holds_alternative<std::monostate>(of.assignee),
                   .waiting = of.waiting_since.has_value(),
                   .spam = of.spam,
                   .deleted = of.deleted_at.has_value()});
}

view_counts counts_of(const class_counts& all) {
  const auto in = [&](list_class which) { return all[static_cast<std::size_t>(which)]; };
  view_counts out;
  out.waiting = in(list_class::waiting);
  out.unassigned = in(list_class::unassigned) + out.waiting;
  out.open = in(list_class::assigned) + out.unassigned;
  out.closed = in(list_class::closed_assigned) + in(list_class::closed_unassigned);
  out.spam = in(list_class::spam);
  out.deleted = in(list_class::deleted);
  return out;
}

view_change difference(const view_picture& before, const view_picture& now) {
  const auto find = [](const view_picture& in, conversation_id which) {
    const auto found = std::find_if(in.rows.begin(), in.rows.end(), [&](const conversation& one) { return one.id == which; });
    return found == in.rows.end() ? nullptr : &*found;
  };
  view_change out;
  for (const auto& one : now.rows) {
    const auto* was = find(before, one.id);
    if (!was || *was != one) out.rows.push_back(&one);
  }
  for (const auto& one : before.rows)
    if (!find(now, one.id)) out.gone.push_back(one.id);
  out.counts = before.counts != now.counts;
  return out;
}

std::optional<refusal> refuse_watch(const account_config& config, user_id who, inbox_id inbox) {
  const auto* user = config.users.find(who);
  if (!user || !user->active) return refuse(refusal_code::unauthorized, "you are no active user of this account");
  if (!config.inboxes.find(inbox)) return refuse(refusal_code::not_found, "there is no such inbox");
  if (!may_view(config, *user, inbox)) return refuse(refusal_code::access_denied, "you have no access to this inbox");
  return std::nullopt;
}

}  // namespace signalbox
