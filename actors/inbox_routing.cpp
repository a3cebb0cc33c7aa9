// Messages in: which conversation each belongs to, opened when there is none.
#include <caf/send.hpp>

#include "actors/inbox_state.hpp"
#include "storage/keys.hpp"

namespace signalbox {

void inbox_state::plan_part(route_part& part) {
  const auto channel = env.directory->channel(account_, part.channel);
  if (!channel) return;
  // Named before anything can throw: a restart answers for what is named here.
  const auto place = plan_.parts.size();
  plan_.parts.push_back({*channel, part.ticket, part.channel, part.frame, 0});
  for (std::size_t i = 0; i < part.part.size(); ++i) plan_message(part.frame, part.part[i], part.ids[i]);
  plan_.parts[place].steps_end = plan_.steps.size();
}

void inbox_state::plan_message(const frame_pointer& frame, std::uint32_t index, message_id id) {
  const auto& message = frame->messages[index];
  auto* page = book_.find_thread(message.channel, message.thread);
  step one{nullptr, frame, index, id};
  if (!page || page->value().deleted_at) {
    conversation fresh;
    fresh.id = conversation_id{env.next_id()};
    fresh.inbox = id_;
    fresh.channel = message.channel;
    fresh.contact_address = message.from_id;
    fresh.thread = message.thread;
    fresh.subject = message.subject;
    fresh.created_at = fresh.last_message_at = frame->received_at;
    if (const auto* over = config_->channels.find(message.channel)) fresh.priority = over->assignment.priority;
    page = &book_.open(std::move(fresh));
    one.opened = true;
    want_assignment(*page, assignment_reason::rule, std::nullopt);
  } else if (page->value().status == conversation_status::closed) {
    // A39. Open from here on, for the messages behind this one in the same plan; the record is written with the step.
    one.reopened = true;
    page->value().status = conversation_status::open;
    page->value().closed_at.reset();
    want_assignment(*page, assignment_reason::reopened, page->value().assigned_user());
  }
  one.page = page;
  frame->results[index].conversation = page->value().id;
  plan_.steps.push_back(std::move(one));
}

contact_id inbox_state::contact_of(const inbound_message& message, change_set& into) {
  // By cookie, e-mail, phone or the channel's own id; the channel's own id is the surest.
  struct identity {
    keys::identity_kind kind;
    std::uint64_t scope;
    std::string_view value;
  };
  const identity all[] = {{keys::identity_kind::channel, message.channel.value, message.from_id},
                          {keys::identity_kind::cookie, 0, message.from_cookie},
                          {keys::identity_kind::email, 0, message.from_email},
                          {keys::identity_kind::phone, 0, message.from_phone}};
  std::optional<contact_id> known;
  std::vector<std::string> unknown;
  for (const auto& one : all) {
    if (one.value.empty()) continue;
    auto key = keys::identity(account_, one.kind, one.scope, one.value);
    std::optional<contact_id> here;
    if (const auto recent = new_contacts_.find(key); recent != new_contacts_.end())
      here = recent->second;
    else if (const auto record = env.disk.get(family::state, key))
      here = contact_id{keys::read_be64(*record)};
    if (here && !known) known = here;
    if (!here) unknown.push_back(std::move(key));
    if (known && one.kind == keys::identity_kind::channel) break;  // met before on this channel: nothing to learn
  }
  if (!known) {
    contact fresh;
    fresh.id = contact_id{env.next_id()};
    fresh.name = message.from_name;
    fresh.email = message.from_email;
    fresh.phone = message.from_phone;
    fresh.cookie = message.from_cookie;
    fresh.created_at = env.now();
    record_scratch_.clear();
    encode(record_scratch_, fresh);
    into.put(family::state, keys::contact(account_, fresh.id), record_scratch_);
    known = fresh.id;
  }
  std::string value;
  keys::append_be64(value, known->value);
  for (auto& key : unknown) {
    into.put(family::state, key, value);
    new_contacts_.insert_or_assign(std::move(key), *known);
  }
  return *known;
}

}  // namespace signalbox
