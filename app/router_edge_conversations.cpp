// Conversations, read and worked on.
#include <boost/asio/post.hpp>
#include <caf/send.hpp>

#include "actors/contact_reader.hpp"
#include "actors/conversation_reader.hpp"
#include "app/edge_answers.hpp"
#include "app/router_edge.hpp"

namespace signalbox {

void router_edge::read_settled(account_id account, const std::vector<inbox_id>& inboxes, std::optional<conversation_id> which,
                               std::function<void()> read) {
  // Read when the last one lets go of it: also one that was restarted and will never say that it is ready.
  const std::shared_ptr<void> barrier(nullptr, [this, read = std::move(read)](void*) { boost::asio::post(readers_, read); });
  for (const auto one : inboxes)
    if (const auto actor = env_.directory->living_inbox(account, one)) caf::anon_send(*actor, prepare_read{which, [barrier] {}});
}

void router_edge::list_conversations(const principal& by, conversation_query query, reply<page<conversation>> then) {
  auto asked = user_of(by);
  if (auto* no = std::get_if<refusal>(&asked)) return then(std::move(*no));
  const auto config = std::get<0>(asked).first;
  const auto* who = std::get<0>(asked).second;
  list_wanted wanted;
  if (query.inbox) {
    const auto* inbox = config->inboxes.find(*query.inbox);
    if (!inbox) return then(unknown("inbox"));
    if (!may_view(*config, *who, *query.inbox))
      return then(refuse(refusal_code::access_denied, "you have no access to this inbox"));
    wanted.inboxes = {*query.inbox};
  } else {
    config->inboxes.for_each([&](const inbox& one) {
      if (may_view(*config, *who, one.id)) wanted.inboxes.push_back(one.id);
    });
  }
  wanted.status = query.status;
  wanted.assignee = query.view == view::mine ? std::optional{who->id} : query.assignee;
  if (query.view == view::mine && query.assignee && *query.assignee != who->id) return then(page<conversation>{});
  wanted.channel = query.channel;
  wanted.unassigned = query.view == view::unassigned;
  wanted.waiting = query.view == view::waiting;
  wanted.spam = query.view == view::spam;
  wanted.deleted = query.view == view::deleted;
  wanted.limit = query.limit;
  wanted.after = std::move(query.after);
  const auto inboxes = wanted.inboxes;
  read_settled(
      *by.account, inboxes, std::nullopt,
      [this, account = *by.account, wanted = std::move(wanted), contact = query.contact, then = std::move(then)]() mutable {
        read_and_reply(env_, then, [&]() -> outcome<page<conversation>> {
          if (contact) wanted.contacts = ids_of(env_.disk, account, *contact);
          auto found = signalbox::list_conversations(env_.disk, account, wanted);
          if (auto* no = std::get_if<refusal>(&found)) return std::move(*no);
          auto& listed = std::get<list_page>(found);
          return page<conversation>{std::move(listed.items), std::move(listed.next)};
        });
      });
}

void router_edge::read_viewable(const principal& by, conversation_id which, std::function<void(refusal)> otherwise,
                                std::function<void(conversation)> read) {
  auto asked = user_of(by);
  if (auto* no = std::get_if<refusal>(&asked)) return otherwise(std::move(*no));
  const auto account = *by.account;
  // Found first, so that its inbox is known; then settled; then read again. If it was moved meanwhile, all over.
  boost::asio::post(readers_, [this, by, account, which, config = std::get<0>(asked).first, user = *by.user,
                               otherwise = std::move(otherwise), read = std::move(read)]() mutable {
    const reply<done> failed = [&](outcome<done> no) {
      if (auto* why = std::get_if<refusal>(&no)) otherwise(std::move(*why));
    };
    read_and_reply(env_, failed, [&]() -> outcome<done> {
      const auto found = signalbox::read_conversation(env_.disk, account, which);
      const auto* who = config->users.find(user);
      if (!found || !who) return unknown("conversation");
      if (!may_view(*config, *who, found->inbox))
        return refuse(refusal_code::access_denied, "you have no access to this conversation's inbox");
      const auto inbox = found->inbox;
      read_settled(account, {inbox}, which, [this, by, account, inbox, which, otherwise, read = std::move(read)] {
        const reply<done> broken = [&](outcome<done> no) {
          if (auto* why = std::get_if<refusal>(&no)) otherwise(std::move(*why));
        };
        read_and_reply(env_, broken, [&]() -> outcome<done> {
          auto now = signalbox::read_conversation(env_.disk, account, which);
          if (!now) return unknown("conversation");
          if (now->inbox != inbox) {
            read_viewable(by, which, otherwise, read);
            return done{};
          }
          read(std::move(*now));
          return done{};
        });
      });
      return done{};
    });
  });
}

void router_edge::read_conversation(const principal& by, conversation_id which, reply<conversation> then) {
  read_viewable(by, which, then, [then](conversation found) { then(std::move(found)); });
}

void router_edge::read_history(const principal& by, conversation_id which, std::size_t limit, std::uint64_t after_seq,
                               reply<page<history_entry>> then) {
  read_viewable(by, which, then, [this, account = by.account, which, limit, after_seq, then](const conversation&) {
    page<history_entry> out;
    auto all = signalbox::read_history(env_.disk, *account, which, after_seq, limit + 1);
    const bool more = all.size() > limit;
    if (more) all.resize(limit);
    for (auto& one : all) out.items.push_back({one.what, std::move(one.bytes)});
    if (more && !out.items.empty()) out.next = std::to_string(out.items.back().what.seq);
    then(std::move(out));
  });
}

void router_edge::read_decisions(const principal& by, conversation_id which, reply<std::vector<decision_entry>> then) {
  read_viewable(by, which, then, [this, account = by.account, which, then](const conversation&) {
    std::vector<decision_entry> out;
    for (auto& one : signalbox::read_decisions(env_.disk, *account, which))
      out.push_back({which, one.at, one.reason, std::move(one.why)});
    then(std::move(out));
  });
}

void router_edge::read_waiting(const principal& by, conversation_id which, reply<waiting_place> then) {
  auto asked = user_of(by);
  if (auto* no = std::get_if<refusal>(&asked)) return then(std::move(*no));
  read_viewable(by, which, then, [this, by, account = *by.account, which, then](const conversation& found) {
    const auto inbox = env_.directory->inbox(account, found.inbox);
    if (!inbox) return then(unknown("conversation"));
    caf::anon_send(*inbox, ask_waiting{by, which, make_answer<waiting_place>(then)});
  });
}

void router_edge::command(const principal& by, conversation_id which, conversation_command what, std::optional<std::string> key,
                          reply<carried_out> then) {
  auto asked = user_of(by);
  if (auto* no = std::get_if<refusal>(&asked)) return then(std::move(*no));
  boost::asio::post(readers_, [this, by, which, what = std::move(what), key = std::move(key), then = std::move(then)]() mutable {
    try {
      const auto found = signalbox::read_conversation(env_.disk, *by.account, which);
      const auto inbox = found ? env_.directory->inbox(*by.account, found->inbox) : std::nullopt;
      if (!inbox) return then(unknown("conversation"));
      caf::anon_send(*inbox,
                     command_conversation{by, which, std::move(what), std::move(key), make_answer<carried_out>(std::move(then))});
    } catch (const storage_error& broken) {
      env_.fatal(broken.what());
    }
  });
}

}  // namespace signalbox
