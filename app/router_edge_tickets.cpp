// Tickets, read and worked on. Their writer is the INBOX of their conversation.
#include <boost/asio/post.hpp>

#include "actors/ticket_reader.hpp"
#include "app/edge_answers.hpp"
#include "app/router_edge.hpp"

namespace signalbox {

namespace {

/// Those of an inbox that was deleted stay (A62), for who administers the account.
bool may_view_tickets(const account_config& config, const user& who, inbox_id in) {
  if (config.inboxes.find(in)) return may_view(config, who, in);
  return who.active && who.permissions.administers();
}

}  // namespace

void router_edge::list_tickets(const principal& by, ticket_query query, reply<page<ticket>> then) {
  auto asked = user_of(by);
  if (auto* no = std::get_if<refusal>(&asked)) return then(std::move(*no));
  const auto config = std::get<0>(asked).first;
  boost::asio::post(readers_, [this, account = *by.account, user = *by.user, config, query = std::move(query),
                               then = std::move(then)]() mutable {
    read_and_reply(env_, then, [&]() -> outcome<page<ticket>> {
      const auto* who = config->users.find(user);
      if (!who) return unknown("user");
      tickets_wanted wanted;
      for (const auto one : inboxes_with_tickets(env_.disk, account))
        if ((!query.inbox || one == *query.inbox) && may_view_tickets(*config, *who, one)) wanted.inboxes.push_back(one);
      if (query.inbox && wanted.inboxes.empty()) {
        if (!config->inboxes.find(*query.inbox)) return unknown("inbox");
        if (!may_view(*config, *who, *query.inbox))
          return refuse(refusal_code::access_denied, "you have no access to this inbox");
      }
      wanted.owner = query.owner;
      wanted.pipeline = query.pipeline;
      wanted.stage = query.stage;
      wanted.status = query.status;
      wanted.closed = closed_stages(*config);
      wanted.limit = query.limit;
      wanted.after = std::move(query.after);
      auto found = signalbox::list_tickets(env_.disk, account, wanted);
      if (auto* no = std::get_if<refusal>(&found)) return std::move(*no);
      auto& listed = std::get<ticket_page>(found);
      return page<ticket>{std::move(listed.items), std::move(listed.next)};
    });
  });
}

void router_edge::read_ticket(const principal& by, ticket_id which, reply<ticket> then) {
  auto asked = user_of(by);
  if (auto* no = std::get_if<refusal>(&asked)) return then(std::move(*no));
  boost::asio::post(
      readers_, [this, account = *by.account, user = *by.user, config = std::get<0>(asked).first, which, then = std::move(then)] {
        read_and_reply(env_, then, [&]() -> outcome<ticket> {
          auto found = signalbox::read_ticket(env_.disk, account, which);
          const auto* who = config->users.find(user);
          if (!found || !who) return unknown("ticket");
          if (!may_view_tickets(*config, *who, found->inbox))
            return refuse(refusal_code::access_denied, "you have no access to this ticket's inbox");
          return std::move(*found);
        });
      });
}

void router_edge::open_ticket(const principal& by, conversation_id of, ticket_fields fields, std::optional<std::string> key,
                              reply<ticket> then) {
  command(by, of, signalbox::open_ticket{std::move(fields)}, std::move(key),
          [this, by, then = std::move(then)](outcome<carried_out> done) {
            if (auto* no = std::get_if<refusal>(&done)) return then(std::move(*no));
            read_ticket(by, std::get<carried_out>(done).now.ticket.value_or(ticket_id{}), then);
          });
}

void router_edge::change_ticket(const principal& by, ticket_id which, ticket_fields fields, maybe<version_number> if_match,
                                reply<ticket> then) {
  read_ticket(by, which, [this, by, which, fields = std::move(fields), if_match, then](outcome<ticket> found) {
    if (auto* no = std::get_if<refusal>(&found)) return then(std::move(*no));
    const auto& before = std::get<ticket>(found);
    const auto config = env_.directory->configuration(*by.account);
    if (!config || !config->inboxes.find(before.inbox))
      return then(refuse(refusal_code::conflict, "this ticket's inbox was deleted: it can be read, not changed"));
    // The ticket as it is after the change, or after a later one that came between.
    command(by, before.conversation, signalbox::change_ticket{which, fields, if_match}, std::nullopt,
            [this, by, which, then](outcome<carried_out> done) {
              if (auto* no = std::get_if<refusal>(&done)) return then(std::move(*no));
              read_ticket(by, which, then);
            });
  });
}

void router_edge::change_pipeline(account_id of, const principal& by, std::vector<stage_id> given_up, account_change what,
                                  std::optional<std::string> key, reply<changed> then) {
  boost::asio::post(readers_, [this, of, by, given_up = std::move(given_up), what = std::move(what), key = std::move(key),
                               then = std::move(then)]() mutable {
    const reply<done> otherwise = [&](outcome<done> no) {
      if (auto* why = std::get_if<refusal>(&no)) then(std::move(*why));
    };
    bool go_on = false;
    read_and_reply(env_, otherwise, [&]() -> outcome<done> {
      if (any_ticket_in(env_.disk, of, given_up))
        return refuse(refusal_code::conflict, "there are tickets in a stage that this takes away");
      go_on = true;
      return done{};
    });
    if (go_on) apply_change(of, by, std::move(what), std::move(key), then);
  });
}

}  // namespace signalbox
