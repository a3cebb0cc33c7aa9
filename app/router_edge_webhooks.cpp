// What happened in an account, and its webhooks.
#include <boost/asio/post.hpp>
#include <caf/send.hpp>

#include <algorithm>

#include "actors/account_log.hpp"
#include "actors/webhook_records.hpp"
#include "app/edge_answers.hpp"
#include "app/router_edge.hpp"
#include "storage/keys.hpp"

namespace signalbox {

outcome<config_snapshot> router_edge::seen_whole(const principal& by) const {
  auto asked = user_of(by);
  if (auto* no = std::get_if<refusal>(&asked)) return std::move(*no);
  auto& [config, who] = std::get<0>(asked);
  if (!who->permissions.super_admin) return refuse(refusal_code::access_denied, "this needs the permission super_admin");
  return std::move(config);
}

void router_edge::read_account_events(const principal& by, account_events_query query, reply<account_events_page> then) {
  auto asked = seen_whole(by);
  if (auto* no = std::get_if<refusal>(&asked)) return then(std::move(*no));
  boost::asio::post(readers_, [this, by, query = std::move(query), then = std::move(then)]() mutable {
    const auto answer = [&](outcome<account_events_page> found) {
      const auto* page = std::get_if<account_events_page>(&found);
      if (query.wait == milliseconds{0} || !page || !page->items.empty() || page->more) return then(std::move(found));
      query.newest = false;
      query.after = page->next;
      event_waits_.add(by, keys::group_of(*by.account), std::move(query), then);
    };
    read_and_reply<account_events_page>(env_, answer, [&] { return events_after(*by.account, query); });
  });
}

outcome<account_events_page> router_edge::events_after(account_id account, const account_events_query& query) const {
  const auto newest = env_.disk.head(keys::group_of(account)) * 2 + 1;
  if (query.newest) return account_events_page{{}, newest, false};
  // A cursor from before a restore may lie ahead of the log: what comes there is not what was read.
  if (query.after && *query.after > newest)
    return invalid_field("/after", "is ahead of what has happened; begin again without it");
  auto page = read_account_log(env_.disk, account, query.after.value_or(0), query.limit, [&](happening what) {
    return query.types.empty() || std::find(query.types.begin(), query.types.end(), what) != query.types.end();
  });
  return account_events_page{std::move(page.items), page.looked_at.up_to, page.looked_at.more};
}

outcome<account_events_page> router_edge::events_still_seen(const principal& by, const account_events_query& query) const {
  auto asked = seen_whole(by);
  if (auto* no = std::get_if<refusal>(&asked)) return std::move(*no);
  const auto* held = by.token ? std::get<config_snapshot>(asked)->tokens.find(*by.token) : nullptr;
  if (by.token && (!held || (held->expires_at && *held->expires_at <= env_.now())))
    return refuse(refusal_code::unauthorized, "the token has expired or was revoked");
  outcome<account_events_page> found = refuse(refusal_code::unavailable, "the server is going down");
  read_and_reply<account_events_page>(
      env_, [&found](outcome<account_events_page> read) { found = std::move(read); },
      [&] { return events_after(*by.account, query); });
  return found;
}

void router_edge::list_webhook_deliveries(const principal& by, webhook_id of, webhook_deliveries_query query,
                                          reply<page<webhook_delivery>> then) {
  auto asked = seen_whole(by);
  if (auto* no = std::get_if<refusal>(&asked)) return then(std::move(*no));
  const auto hook = std::get<config_snapshot>(asked)->webhooks.share(of);
  if (!hook) return then(unknown("webhook"));
  boost::asio::post(readers_, [this, account = *by.account, hook, query, then = std::move(then)] {
    read_and_reply(env_, then, [&]() -> outcome<page<webhook_delivery>> {
      auto found = signalbox::list_webhook_deliveries(env_.disk, account, *hook, query.state, query.before, query.limit);
      page<webhook_delivery> out{std::move(found.items), std::nullopt};
      if (found.more && !out.items.empty()) out.next = to_text(out.items.back().id());
      return out;
    });
  });
}

void router_edge::redeliver(const principal& by, webhook_id of, redelivery what, std::optional<std::string> key,
                            reply<std::optional<std::size_t>> then) {
  auto asked = seen_whole(by);
  if (auto* no = std::get_if<refusal>(&asked)) return then(std::move(*no));
  const auto actor = env_.directory->webhook(*by.account, of);
  if (!actor) return then(unknown("webhook"));
  caf::anon_send(*actor, ask_redelivery{by, what, std::move(key), make_answer<std::optional<std::size_t>>(std::move(then))});
}

}  // namespace signalbox
