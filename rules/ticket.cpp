#include "rules/ticket.hpp"

#include "rules/conversation.hpp"

namespace signalbox {

std::optional<refusal> refuse_ticket_fields(const account_config& config, const inbox& in, const ticket_fields& fields,
                                            const ticket* of) {
  std::vector<field_error> faults;
  if (fields.subject && fields.subject->size() > ticket_subject_bytes_max)
    faults.push_back({"/subject", "has more than " + std::to_string(ticket_subject_bytes_max) + " bytes"});
  std::optional<ticket_place> place;
  if (fields.pipeline || fields.stage) {
    auto pipeline = fields.pipeline;
    if (!pipeline && of && config.pipelines.find(of->pipeline)) pipeline = of->pipeline;
    place = place_in(config, pipeline, fields.stage, faults);
  } else if (of) {
    place = ticket_place{of->pipeline, of->stage};
  } else {
    place = place_in(config, std::nullopt, std::nullopt, faults);
  }
  if (fields.status && fields.stage) faults.push_back({"/status", "can't be given beside a stage, which says it"});
  if (fields.status && !fields.stage && place && !first_stage(config, place->pipeline, *fields.status))
    faults.push_back({"/status", "this pipeline has no stage of that status"});
  if (fields.owner && fields.owner->kind == ticket_owner::user) {
    const auto* owner = fields.owner->user ? config.users.find(*fields.owner->user) : nullptr;
    if (!owner) faults.push_back({"/owner", "there is no such user"});
    if (owner && !owner->active) faults.push_back({"/owner", "this user is deactivated"});
    if (owner && owner->active && access_of(*owner, in.access) == access::none)
      faults.push_back({"/owner", "this user has no access to the ticket's inbox"});
  }
  if (faults.empty()) return std::nullopt;
  return refusal{refusal_code::invalid, "the request is not valid", std::move(faults)};
}

std::optional<user_id> ticket_owner_of(const account_config& config, const ticket_owner_choice& choice, const conversation& of,
                                       std::optional<user_id> contact_owner) {
  std::optional<user_id> who;
  switch (choice.kind) {
    case ticket_owner::conversation_owner:
      return of.assigned_user();
    case ticket_owner::none:
      return std::nullopt;
    case ticket_owner::contact_owner:
      who = contact_owner;
      break;
    case ticket_owner::user:
      who = choice.user;
      break;
  }
  const auto* known = who ? config.users.find(*who) : nullptr;
  return known && known->active ? who : std::nullopt;
}

namespace {

void move_to_stage(const account_config& config, ticket& of, const ticket_fields& fields) {
  std::vector<field_error> unused;
  if (fields.pipeline || fields.stage) {
    if (const auto place = place_in(config, fields.pipeline, fields.stage, unused)) {
      of.pipeline = place->pipeline;
      of.stage = place->stage;
    }
  }
  if (fields.status && status_at(config, {of.pipeline, of.stage}) != *fields.status)
    if (const auto stage = first_stage(config, of.pipeline, *fields.status)) of.stage = *stage;
}

}  // namespace

ticket open_ticket_for(const account_config& config, const conversation& of, const ticket_fields& fields,
                       const ticket_owner_choice& owner, std::optional<user_id> contact_owner, ticket_id id, time_point now) {
  ticket made;
  made.id = id;
  made.inbox = of.inbox;
  made.conversation = of.id;
  made.contact = of.contact;
  made.subject = fields.subject.value_or(of.subject);
  const auto* over = config.channels.find(of.channel);
  const auto place = place_of(config, over ? over->tickets : ticket_rule{});
  made.pipeline = place.pipeline;
  made.stage = place.stage;
  move_to_stage(config, made, fields);
  made.owner = ticket_owner_of(config, owner, of, contact_owner);
  made.follows = owner.kind == ticket_owner::conversation_owner;
  made.created_at = made.updated_at = now;
  return made;
}

ticket changed_ticket(const account_config& config, const ticket& before, const ticket_fields& fields, const conversation& of,
                      std::optional<user_id> contact_owner, time_point now) {
  ticket after = before;
  if (fields.subject) after.subject = *fields.subject;
  move_to_stage(config, after, fields);
  if (fields.owner) {
    after.owner = ticket_owner_of(config, *fields.owner, of, contact_owner);
    after.follows = fields.owner->kind == ticket_owner::conversation_owner;
  }
  if (after == before) return after;
  after.updated_at = now;
  ++after.version;
  return after;
}

bool follow_assignee(ticket& of, const conversation& now_assigned, time_point now) {
  if (!of.follows || of.owner == now_assigned.assigned_user()) return false;
  of.owner = now_assigned.assigned_user();
  of.updated_at = now;
  ++of.version;
  return true;
}

}  // namespace signalbox
