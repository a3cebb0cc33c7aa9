// Accounts, sessions, changes of the configuration, availability.
#include <algorithm>
#include <boost/asio/post.hpp>
#include <caf/send.hpp>

#include "actors/account.hpp"
#include "actors/audit_reader.hpp"
#include "app/edge_answers.hpp"
#include "app/router_edge.hpp"
#include "rules/text.hpp"
#include "storage/keys.hpp"
#include "storage/records.hpp"

namespace signalbox {

namespace {
constexpr std::chrono::days session_lifetime{30};
constexpr std::size_t webhook_secret_digits = 40;  // five bits each
constexpr std::size_t code_digits = 8;             ///< 40 random bits, for half an hour and a few attempts

/// No code is ever in a snapshot: the account sees hashes, and the fresh one on its way into a mail.
void fill_in_codes(verify_address& into) {
  if (into.code) {
    auto typed = std::string{trimmed(*into.code)};
    for (char& c : typed)
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    into.code_hash = hash_secret(typed);
    into.code = std::string{};
  }
  into.fresh_code = random_digits(code_digits);
  into.fresh_hash = hash_secret(into.fresh_code);
}
}  // namespace

void router_edge::found_account(const principal& by, new_account wanted, std::string password, std::optional<std::string> key,
                                reply<account_founded> then) {
  if (!by.is_operator()) return then(refuse(refusal_code::access_denied, "only the server's operator may create accounts"));
  boost::asio::post(workers_, [this, by, wanted = std::move(wanted), password = std::move(password), key = std::move(key),
                               then = std::move(then)]() mutable {
    if (!password.empty()) wanted.admin.password_hash = hash_password(password);
    signalbox::found_account(env_, wanted, key, make_answer<account_made>([this, by, then](outcome<account_made> founded) {
                               if (auto* no = std::get_if<refusal>(&founded)) return then(std::move(*no));
                               greet_founder(by, std::get<account_made>(founded), then);
                             }));
  });
}

void router_edge::greet_founder(const principal& by, const account_made& made, const reply<account_founded>& then) {
  if (!made.config->users.find(made.first_user))
    return then(refuse(refusal_code::not_found, "the first user of what this made is deleted since"));
  account_founded out;
  out.first_user = made.first_user;
  made.config->inboxes.for_each([&](const inbox& one) {
    if (one.is_default) out.default_inbox = one.id;
  });
  create_token session;
  session.kind = token_kind::session;
  session.user = out.first_user;
  session.expires_at = env_.now() + session_lifetime;
  issue_token(made.config->account.id, by, std::move(session), std::nullopt,
              [out, then](outcome<std::pair<changed, std::string>> done) mutable {
                if (auto* no = std::get_if<refusal>(&done)) return then(std::move(*no));
                auto& [change, text] = std::get<0>(done);
                out.config = change.config;
                out.token = std::move(text);
                then(std::move(out));
              });
}

void router_edge::list_accounts(const principal& by, reply<std::vector<config_snapshot>> then) {
  if (!by.is_operator()) return then(refuse(refusal_code::access_denied, "only the server's operator may list accounts"));
  then(env_.directory->configurations());
}

void router_edge::open_session(std::string email, std::string password, reply<session_opened> then) {
  boost::asio::post(workers_, [this, email = std::move(email), password = std::move(password), then = std::move(then)]() mutable {
    const auto no = [] { return refuse(refusal_code::unauthorized, "the e-mail address or the password is wrong"); };
    const auto folded = fold_case(trimmed(email));
    const auto account = env_.directory->account_of_email(folded);
    const auto config = account ? env_.directory->configuration(*account) : nullptr;
    std::optional<user> found;
    if (config)
      config->users.for_each([&](const user& one) {
        if (fold_case(one.email) == folded) found = one;
      });
    if (!found || found->password_hash.empty()) {
      waste_password_time(password);
      return then(no());
    }
    if (!password_matches(found->password_hash, password) || !found->active) return then(no());
    create_token session;
    session.kind = token_kind::session;
    session.user = found->id;
    session.expires_at = env_.now() + session_lifetime;
    const auto expires = *session.expires_at;
    principal by;
    by.account = account;
    by.user = found->id;
    issue_token(*account, by, std::move(session), std::nullopt,
                [who = *found, expires, then](outcome<std::pair<changed, std::string>> made) {
                  if (auto* refused = std::get_if<refusal>(&made)) return then(std::move(*refused));
                  then(session_opened{std::move(std::get<0>(made).second), who, expires});
                });
  });
}

void router_edge::apply_change(account_id to, const principal& by, account_change what, std::optional<std::string> key,
                               const reply<changed>& then) const {
  const auto account = env_.directory->account(to);
  if (!account) return then(unknown("account"));
  using both = std::pair<config_snapshot, touched>;
  caf::anon_send(*account, change_account{by, std::move(what), std::move(key), make_answer<both>([then](outcome<both> done) {
                                            if (auto* no = std::get_if<refusal>(&done)) return then(std::move(*no));
                                            auto& [config, first] = std::get<both>(done);
                                            then(changed{std::move(config), first});
                                          })});
}

void router_edge::change(const principal& by, account_change what, std::optional<std::string> password,
                         std::optional<std::string> key, reply<changed> then) {
  if (!by.account || !by.user) return then(only_for_users());
  if (auto* made = std::get_if<create_webhook>(&what)) made->secret = "whsec_" + random_digits(webhook_secret_digits);
  if (auto* rotated = std::get_if<rotate_webhook_secret>(&what))
    rotated->secret = "whsec_" + random_digits(webhook_secret_digits);
  if (auto* wanted = std::get_if<verify_address>(&what)) fill_in_codes(*wanted);
  if (const auto config = env_.directory->configuration(*by.account))
    if (auto gone = stages_given_up(*config, what); !gone.empty())
      return change_pipeline(*by.account, by, std::move(gone), std::move(what), std::move(key), std::move(then));
  if (!password) return apply_change(*by.account, by, std::move(what), std::move(key), then);
  boost::asio::post(workers_, [this, by, what = std::move(what), password = std::move(*password), key = std::move(key),
                               then = std::move(then)]() mutable {
    const auto hash = hash_password(password);
    if (auto* made = std::get_if<create_user>(&what)) made->fields.password_hash = hash;
    if (auto* updated = std::get_if<update_user>(&what)) updated->fields.password_hash = hash;
    apply_change(*by.account, by, std::move(what), std::move(key), then);
  });
}

void router_edge::issue_token(account_id to, const principal& by, create_token wanted, std::optional<std::string> key,
                              std::function<void(outcome<std::pair<changed, std::string>>)> then) {
  auto secret = random_digits(token_secret_digits);
  wanted.secret_hash = hash_secret(secret);
  const auto hash = wanted.secret_hash;
  apply_change(to, by, std::move(wanted), std::move(key),
               [to, secret = std::move(secret), hash, then = std::move(then)](outcome<changed> done) {
                 if (auto* no = std::get_if<refusal>(&done)) return then(std::move(*no));
                 auto& made = std::get<changed>(done);
                 const auto id = std::get<token_id>(made.first);
                 const auto* kept = made.config->tokens.find(id);
                 if (!kept) return then(refuse(refusal_code::not_found, "what this made is deleted since"));
                 if (kept->secret_hash != hash)
                   return then(refuse(refusal_code::conflict, "this Idempotency-Key made " + to_text(id) +
                                                                  ", whose secret was shown then and is known to nobody here"));
                 auto text = token_text(to, id, secret);
                 then(std::pair{std::move(made), std::move(text)});
               });
}

void router_edge::list_outgoing_mails(const principal& by, std::size_t limit, std::uint64_t after,
                                      reply<page<outgoing_mail>> then) {
  if (!by.is_operator()) return then(refuse(refusal_code::access_denied, "only the server's operator may read its outbox"));
  boost::asio::post(readers_, [this, limit, after, then = std::move(then)] {
    // One account's mails are in the order of their ids, which rise over the whole server.
    page<outgoing_mail> found;
    for (const auto& config : env_.directory->configurations()) {
      const auto account = config->account.id;
      std::size_t of_this = 0;
      env_.disk.scan(family::state, keys::mail(account, after + 1), keys::after_prefix(keys::mail_prefix(account)),
                     [&](std::string_view, std::string_view value) {
                       found.items.push_back(decode_outgoing_mail(value));
                       return ++of_this <= limit;
                     });
    }
    std::sort(found.items.begin(), found.items.end(), [](const auto& a, const auto& b) { return (a.id) < b.id; });
    if (found.items.size() > limit) {
      found.items.resize(limit);
      found.next = to_text(message_id{found.items.back().id});
    }
    then(std::move(found));
  });
}

void router_edge::make_token(const principal& by, create_token wanted, std::optional<std::string> key, reply<token_made> then) {
  if (!by.account || !by.user) return then(only_for_users());
  issue_token(*by.account, by, std::move(wanted), std::move(key),
              [then = std::move(then)](outcome<std::pair<changed, std::string>> made) {
                if (auto* no = std::get_if<refusal>(&made)) return then(std::move(*no));
                auto& [change, text] = std::get<0>(made);
                then(token_made{std::get<token_id>(change.first), std::move(text)});
              });
}

void router_edge::read_audit(const principal& by, audit_query query, reply<page<audit_entry>> then) {
  auto asked = user_of(by);
  if (auto* no = std::get_if<refusal>(&asked)) return then(std::move(*no));
  boost::asio::post(readers_, [this, account = *by.account, query, then = std::move(then)] {
    read_and_reply(env_, then, [&]() -> outcome<page<audit_entry>> {
      auto found = signalbox::read_audit(env_.disk, account, {query.resource, query.user, query.limit, query.before});
      page<audit_entry> out;
      out.items = std::move(found.items);
      if (found.next) out.next = std::to_string(*found.next);
      return out;
    });
  });
}

void router_edge::availability(const principal& by, user_id of, reply<signalbox::availability> then) {
  if (!by.account) return then(only_for_users());
  const auto config = env_.directory->configuration(*by.account);
  const auto agent = config && config->users.find(of) ? env_.directory->agent(*by.account, of) : std::nullopt;
  if (!agent) return then(unknown("user"));
  caf::anon_send(*agent, ask_availability{make_answer<signalbox::availability>(std::move(then))});
}

void router_edge::set_availability(const principal& by, user_id of, presence status, std::optional<time_point> until,
                                   reply<signalbox::availability> then) {
  if (!by.account) return then(only_for_users());
  const auto config = env_.directory->configuration(*by.account);
  const auto agent = config && config->users.find(of) ? env_.directory->agent(*by.account, of) : std::nullopt;
  if (!agent) return then(unknown("user"));
  caf::anon_send(*agent, signalbox::set_availability{by, status, until, make_answer<signalbox::availability>(std::move(then))});
}

}  // namespace signalbox
