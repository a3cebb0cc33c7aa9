// Contacts, read and changed, and what their owners are to be told.
#include <boost/asio/post.hpp>
#include <caf/send.hpp>

#include "actors/contact_reader.hpp"
#include "actors/notice_reader.hpp"
#include "app/edge_answers.hpp"
#include "app/router_edge.hpp"

namespace signalbox {

void router_edge::list_contacts(const principal& by, contact_query query, reply<page<contact>> then) {
  auto asked = user_of(by);
  if (auto* no = std::get_if<refusal>(&asked)) return then(std::move(*no));
  boost::asio::post(readers_,
                    [this, config = std::get<0>(asked).first, user = *by.user, query = std::move(query), then = std::move(then)] {
                      read_and_reply(env_, then, [&]() -> outcome<page<contact>> {
                        auto found = signalbox::list_contacts(env_.disk, *config, *config->users.find(user),
                                                              {query.known_by, query.owner, query.limit, query.after});
                        page<contact> out{std::move(found.items), std::nullopt};
                        if (found.next) out.next = to_text(*found.next);
                        return out;
                      });
                    });
}

void router_edge::read_contact(const principal& by, contact_id which, reply<contact> then) {
  auto asked = user_of(by);
  if (auto* no = std::get_if<refusal>(&asked)) return then(std::move(*no));
  boost::asio::post(readers_, [this, config = std::get<0>(asked).first, user = *by.user, which, then = std::move(then)] {
    read_and_reply(env_, then, [&]() -> outcome<contact> {
      auto found = signalbox::read_contact(env_.disk, config->account.id, which);
      if (!found) return unknown("contact");
      if (!may_view(*config, *config->users.find(user), *found))
        return refuse(refusal_code::access_denied, "you may not view this contact");
      return std::move(*found);
    });
  });
}

void router_edge::change_contact(const principal& by, contact_change what, std::optional<std::string> key, reply<contact> then) {
  auto asked = user_of(by);
  if (auto* no = std::get_if<refusal>(&asked)) return then(std::move(*no));
  const auto contacts = env_.directory->contacts(*by.account);
  if (!contacts) return then(unknown("account"));
  caf::anon_send(*contacts,
                 signalbox::change_contact{by, std::move(what), std::move(key), make_answer<contact>(std::move(then))});
}

void router_edge::list_notices(const principal& by, std::size_t limit, std::optional<conversation_id> after,
                               reply<page<notice>> then) {
  auto asked = user_of(by);
  if (auto* no = std::get_if<refusal>(&asked)) return then(std::move(*no));
  if (!std::get<0>(asked).second->permissions.administers())
    return then(refuse(refusal_code::access_denied, "this needs the permission super_admin or account_access"));
  boost::asio::post(readers_, [this, account = *by.account, limit, after, then = std::move(then)] {
    read_and_reply(env_, then, [&]() -> outcome<page<notice>> {
      auto found = signalbox::list_notices(env_.disk, account, limit, after);
      page<notice> out{std::move(found.items), std::nullopt};
      if (found.next) out.next = to_text(*found.next);
      return out;
    });
  });
}

}  // namespace signalbox
