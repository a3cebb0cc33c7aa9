// Messages in: which conversation each belongs to, opened when there is none.
#include <algorithm>
#include <caf/send.hpp>

#include "actors/inbox_state.hpp"
#include "rules/mail_addresses.hpp"
#include "storage/keys.hpp"

namespace signalbox {

void inbox_state::plan_part(route_part& part) {
  if (!part.held_by && !held_->empty()) {
    // A part before this one is on its way to another inbox: behind it.
    auto& held = held_.use();
    if (const auto parts = held.find(part.channel); parts != held.end()) return (void)parts->second.emplace_back(std::move(part));
  }
  const auto channel = env.directory->channel(account_, part.channel);
  if (!channel) return;
  // Named before anything can throw: a restart answers for what is named here.
  auto& plan = plan_.use();
  const auto place = plan.parts.size();
  plan.parts.push_back({*channel, part.ticket, part.channel, part.frame, std::move(part.part), part.held_by, 0, {}});
  const auto& all = plan.parts[place].all;
  if (const auto wanted = plan.steps.size() + all.size(); wanted > plan.steps.capacity())
    plan.steps.reserve(std::max(wanted, 2 * plan.steps.capacity()));
  auto& known = room().known_pages;
  auto& threads = room().threads;
  known.clear();
  threads.clear();
  for (const auto index : all) {
    const auto& message = part.frame->messages[index];
    known.push_back(book_.find_or_want(message.channel, message.thread, threads));
  }
  threads.read(env.disk, family::state);
  std::optional<sent_on> rest;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto elsewhere = plan_message(part, all[i], part.ids[i], known[i]);
    if (!elsewhere) continue;
    // To the first one's inbox, which sends on what isn't its own.
    if (!rest) rest = sent_on{*elsewhere, {part.frame, {}, {}, part.ticket, part.channel, part.held_by.value_or(id_), id_}};
    rest->part.part.push_back(all[i]);
    rest->part.ids.push_back(part.ids[i]);
  }
  if (rest && !part.held_by) held_.use().try_emplace(part.channel);
  plan.parts[place].rest = std::move(rest);
  plan.parts[place].steps_end = plan.steps.size();
}

/// Gives the inbox that the message is to be sent on to, when its conversation was moved.
std::optional<inbox_id> inbox_state::plan_message(const route_part& part, std::uint32_t index, message_id id, open_page* page) {
  const auto& frame = part.frame;
  const auto home = part.held_by.value_or(id_);  // the channel's, where conversations begin
  const auto& message = frame->messages[index];
  conversation_book::thread_place found;
  if (!page || page->value().deleted_at) {  // then another message of this part may have opened a newer one
    found = book_.find_thread(message.channel, message.thread, room().threads);
    page = found.page;
  }
  if (found.expected && part.sent_by == found.elsewhere) {
    // It was to be restored there, and wasn't: the message comes back.
    book_.stop_expecting(*found.expected);
    found.elsewhere.reset();
  }
  if (!page && found.elsewhere) {
    // In a deleted inbox nobody would see it. The newest configuration counts: it may have been moved to an inbox that is new here.
    const auto now = env.directory->configuration(account_);
    if (now && now->inboxes.find(*found.elsewhere)) return found.elsewhere;
  }
  if ((!page || page->value().deleted_at) && home != id_) return home;
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
    if (const auto* over = config_->channels.find(message.channel)) {
      fresh.priority = over->assignment.priority;
      fresh.type = over->type;
      fresh.spam = over->type == channel_type::email && is_filtered(message);
    }
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
  auto& plan = plan_.use();
  if (one.opened) plan.openings.push_back(plan.steps.size());
  plan.steps.push_back(std::move(one));
  return std::nullopt;
}

/// A49–A51, by what a connector says of the sender: asked only when an e-mail opens a conversation.
bool inbox_state::is_filtered(const inbound_message& mail) {
  mail_facts facts;
  facts.from = mail.from_email;
  if (!own_addresses_) own_addresses_ = std::make_unique<const std::vector<std::string>>(own_addresses(*config_));
  return judge_mail(here().filters, facts, *own_addresses_) != mail_verdict::deliver;
}

/// One question a plan, whatever it holds; agents are asked meanwhile. Messages of conversations that there are ask only where one
/// reopens its conversation under a rule for the contact's owner.
void inbox_state::ask_contacts_first() {
  if (plan_->openings.empty() && plan_->unknown.empty()) return;
  auto& plan = plan_.use();
  const auto contacts = env.directory->contacts(account_);
  if (!contacts) return;
  ask_contacts question{id_, ++contacts_ticket_, {}, {}};
  question.openings.reserve(plan.openings.size());
  std::unordered_set<const open_page*> opened;
  for (const auto place : plan.openings) {
    const auto& one = plan.steps[place];
    question.openings.emplace_back(one.frame, one.index);
    if (!plan.unknown.empty()) opened.insert(one.page);
  }
  for (const auto index : plan.unknown)
    if (auto* page = plan.intents[index].page; !opened.contains(page)) question.known.push_back(page->value().contact);
  plan.contacts_asked = question.ticket;
  self_->send(*contacts, std::move(question));
}

void inbox_state::take_contacts(const contacts_known& what) {
  if (what.ticket != plan_->contacts_asked) return;  // the plan that asked was dropped by a restart
  auto& plan = plan_.use();
  plan.contacts_asked = 0;
  std::size_t next = 0;
  std::unordered_map<const open_page*, contact_standing> opened;
  for (const auto place : std::exchange(plan.openings, {})) {
    auto& page = *plan.steps[place].page;
    const auto& said = what.all.at(next++);
    page.value().contact = said.id;
    if (!plan.unknown.empty()) opened.emplace(&page, said);
  }
  for (const auto index : std::exchange(plan.unknown, {})) {
    auto& one = plan.intents[index];
    const auto found = opened.find(one.page);
    one.contact = found != opened.end() ? found->second : what.all.at(next++);
    one.page->value().contact = one.contact->id;  // it may have been merged since
    choose(index);
  }
  send_offers();
  write_when_answered();
}

void inbox_state::write_when_answered() {
  if (!plan_->answered()) return;
  write_plan();
  pump();
}

}  // namespace signalbox
