// Who asks.
#include "app/router_edge.hpp"

#include "app/edge_answers.hpp"

namespace signalbox {

router_edge::router_edge(environment& env, boost::asio::thread_pool& readers, boost::asio::thread_pool& workers,
                         admin_token operators)
    : env_(env),
      readers_(readers),
      workers_(workers),
      operators_(std::move(operators)),
      what_ifs_(readers.get_executor()),
      event_waits_(
          readers, [&env](std::uint8_t group, std::function<void()> wake) { env.tail->wait(group, std::move(wake)); },
          [this](const principal& by, const account_events_query& query) { return events_still_seen(by, query); }, env.probe) {}

outcome<principal> router_edge::authenticate(std::string_view bearer) {
  const auto no = [] { return refuse(refusal_code::unauthorized, "the token is missing, unknown, expired or revoked"); };
  const auto parts = parse_token(bearer);
  if (!parts) {
    if (!bearer.empty() && operators_.matches(bearer)) return principal{};
    return no();
  }
  const auto config = env_.directory->configuration(parts->account);
  const auto* held = config ? config->tokens.find(parts->token) : nullptr;
  if (!held || !same_bytes(held->secret_hash, hash_secret(parts->secret))) return no();
  if (held->expires_at && *held->expires_at <= env_.now()) return no();
  principal who;
  who.account = parts->account;
  who.token = held->id;
  if (held->kind == token_kind::connector) {
    who.channels = held->channels;
    return who;
  }
  const auto* bearer_is = held->user ? config->users.find(*held->user) : nullptr;
  if (!bearer_is || !bearer_is->active) return no();
  who.user = held->user;
  return who;
}

config_snapshot router_edge::configuration(account_id of) { return env_.directory->configuration(of); }

outcome<std::pair<config_snapshot, const user*>> router_edge::user_of(const principal& by) const {
  if (!by.account || !by.user) return only_for_users();
  auto config = env_.directory->configuration(*by.account);
  const auto* who = config ? config->users.find(*by.user) : nullptr;
  if (!who || !who->active) return refuse(refusal_code::unauthorized, "this user is no longer active");
  return std::pair{std::move(config), who};
}

}  // namespace signalbox
