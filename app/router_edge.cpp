#include "app/router_edge.hpp"

#include <boost/asio/post.hpp>
#include <caf/send.hpp>

#include "actors/account.hpp"
#include "actors/conversation_reader.hpp"
#include "rules/text.hpp"
#include "storage/keys.hpp"

namespace signalbox {

namespace {

constexpr std::chrono::days session_lifetime{30};

refusal unknown(std::string_view what) { return refuse(refusal_code::not_found, "there is no such " + std::string{what}); }
refusal only_for_users() { return refuse(refusal_code::access_denied, "this needs a user's token"); }

/// Runs store reads; what the disk can't give ends the process, what a defect throws becomes `internal`.
template <class T, class F>
void read_and_reply(environment& env, const reply<T>& then, F&& read) {
  try {
    then(std::forward<F>(read)());
  } catch (const storage_error& broken) {
    env.fatal(broken.what());
  } catch (const std::exception& thrown) {
    env.log(severity::error, std::string{"a read failed: "} + thrown.what());
    then(refuse(refusal_code::internal, "the server could not answer this"));
  }
}

class sink_port final : public connector_port {
public:
  explicit sink_port(std::shared_ptr<connector_sink> to) : to_(std::move(to)) {}
  void deliver(std::vector<delivery> all) override { to_->deliver(std::move(all)); }
  void channel_changed(const channel& now) override { to_->channel_changed(now); }
  void channel_gone(channel_id which) override { to_->channel_gone(which); }
  void close(close_reason why) override { to_->close(why); }

private:
  std::shared_ptr<connector_sink> to_;
};

class agent_sink_port final : public agent_port {
public:
  explicit agent_sink_port(std::shared_ptr<agent_sink> to) : to_(std::move(to)) {}
  void greet(agent_greeting hello) override { to_->greet(std::move(hello)); }
  bool push(std::vector<agent_event> events) override { return to_->push(std::move(events)); }
  void close(close_reason why) override { to_->close(why); }

private:
  std::shared_ptr<agent_sink> to_;
};

}  // namespace

router_edge::router_edge(environment& env, boost::asio::thread_pool& readers, boost::asio::thread_pool& workers,
                         admin_token operators)
    : env_(env), readers_(readers), workers_(workers), operators_(std::move(operators)) {}

// ---- who asks

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

// ---- configuration

void router_edge::found_account(const principal& by, new_account wanted, std::string password, reply<account_founded> then) {
  if (!by.is_operator()) return then(refuse(refusal_code::access_denied, "only the server's operator may create accounts"));
  boost::asio::post(
      workers_, [this, by, wanted = std::move(wanted), password = std::move(password), then = std::move(then)]() mutable {
        if (!password.empty()) wanted.admin.password_hash = hash_password(password);
        signalbox::found_account(env_, wanted, make_answer<config_snapshot>([this, by, then](outcome<config_snapshot> founded) {
                                   if (auto* no = std::get_if<refusal>(&founded)) return then(std::move(*no));
                                   const auto& config = std::get<config_snapshot>(founded);
                                   account_founded out;
                                   config->inboxes.for_each([&](const inbox& one) { out.default_inbox = one.id; });
                                   config->users.for_each([&](const user& one) { out.first_user = one.id; });
                                   create_token session;
                                   session.kind = token_kind::session;
                                   session.user = out.first_user;
                                   session.expires_at = env_.now() + session_lifetime;
                                   issue_token(config->account.id, by, std::move(session),
                                               [out, then](outcome<std::pair<changed, std::string>> made) mutable {
                                                 if (auto* no = std::get_if<refusal>(&made)) return then(std::move(*no));
                                                 auto& [change, text] = std::get<0>(made);
                                                 out.config = change.config;
                                                 out.token = std::move(text);
                                                 then(std::move(out));
                                               });
                                 }));
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
    issue_token(*account, by, std::move(session), [who = *found, expires, then](outcome<std::pair<changed, std::string>> made) {
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
  if (!password) return apply_change(*by.account, by, std::move(what), std::move(key), then);
  boost::asio::post(workers_, [this, by, what = std::move(what), password = std::move(*password), key = std::move(key),
                               then = std::move(then)]() mutable {
    const auto hash = hash_password(password);
    if (auto* made = std::get_if<create_user>(&what)) made->fields.password_hash = hash;
    if (auto* updated = std::get_if<update_user>(&what)) updated->fields.password_hash = hash;
    apply_change(*by.account, by, std::move(what), std::move(key), then);
  });
}

void router_edge::issue_token(account_id to, const principal& by, create_token wanted,
                              std::function<void(outcome<std::pair<changed, std::string>>)> then) {
  auto secret = random_digits(token_secret_digits);
  wanted.secret_hash = hash_secret(secret);
  apply_change(to, by, std::move(wanted), std::nullopt,
               [to, secret = std::move(secret), then = std::move(then)](outcome<changed> done) {
                 if (auto* no = std::get_if<refusal>(&done)) return then(std::move(*no));
                 auto& made = std::get<changed>(done);
                 auto text = token_text(to, std::get<token_id>(made.first), secret);
                 then(std::pair{std::move(made), std::move(text)});
               });
}

void router_edge::make_token(const principal& by, create_token wanted, reply<token_made> then) {
  if (!by.account || !by.user) return then(only_for_users());
  issue_token(*by.account, by, std::move(wanted), [then = std::move(then)](outcome<std::pair<changed, std::string>> made) {
    if (auto* no = std::get_if<refusal>(&made)) return then(std::move(*no));
    auto& [change, text] = std::get<0>(made);
    then(token_made{std::get<token_id>(change.first), std::move(text)});
  });
}

// ---- availability

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

// ---- conversations

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
  wanted.contact = query.contact;
  wanted.unassigned = query.view == view::unassigned;
  wanted.waiting = query.view == view::waiting;
  wanted.spam = query.view == view::spam;
  wanted.deleted = query.view == view::deleted;
  wanted.limit = query.limit;
  wanted.after = std::move(query.after);
  const auto inboxes = wanted.inboxes;
  read_settled(*by.account, inboxes, std::nullopt,
               [this, account = *by.account, wanted = std::move(wanted), then = std::move(then)] {
                 read_and_reply(env_, then, [&]() -> outcome<page<conversation>> {
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
  // Found first, so that its inbox is known; then settled; then read again.
  boost::asio::post(readers_, [this, account, which, config = std::get<0>(asked).first, user = *by.user,
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
      read_settled(account, {found->inbox}, which, [this, account, which, otherwise, read = std::move(read)] {
        const reply<done> broken = [&](outcome<done> no) {
          if (auto* why = std::get_if<refusal>(&no)) otherwise(std::move(*why));
        };
        read_and_reply(env_, broken, [&]() -> outcome<done> {
          auto now = signalbox::read_conversation(env_.disk, account, which);
          if (!now) return unknown("conversation");
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

void router_edge::read_contact(const principal& by, contact_id which, reply<contact> then) {
  auto asked = user_of(by);
  if (auto* no = std::get_if<refusal>(&asked)) return then(std::move(*no));
  boost::asio::post(readers_, [this, account = *by.account, which, then = std::move(then)] {
    read_and_reply(env_, then, [&]() -> outcome<contact> {
      auto found = signalbox::read_contact(env_.disk, account, which);
      if (!found) return unknown("contact");
      return std::move(*found);
    });
  });
}

void router_edge::command(const principal& by, conversation_id which, conversation_command what, std::optional<std::string> key,
                          reply<conversation> then) {
  auto asked = user_of(by);
  if (auto* no = std::get_if<refusal>(&asked)) return then(std::move(*no));
  boost::asio::post(readers_, [this, by, which, what = std::move(what), key = std::move(key), then = std::move(then)]() mutable {
    try {
      const auto found = signalbox::read_conversation(env_.disk, *by.account, which);
      const auto inbox = found ? env_.directory->inbox(*by.account, found->inbox) : std::nullopt;
      if (!inbox) return then(unknown("conversation"));
      caf::anon_send(
          *inbox, command_conversation{by, which, std::move(what), std::move(key), make_answer<conversation>(std::move(then))});
    } catch (const storage_error& broken) {
      env_.fatal(broken.what());
    }
  });
}

// ---- connectors

void router_edge::attach_connector(session_number session, const principal& who, std::string name,
                                   std::shared_ptr<connector_sink> sink, reply<std::vector<channel_greeting>> then) {
  if (!who.is_connector() || !who.token) return then(refuse(refusal_code::access_denied, "this needs a connector's token"));
  env_.log(severity::info, "connector " + name + " attached");
  {
    const std::lock_guard lock{mutex_};
    connectors_[session] = {*who.account, {}, std::make_shared<sink_port>(std::move(sink))};
  }
  boost::asio::post(readers_, [this, session, who, then = std::move(then)] {
    std::vector<channel_greeting> greetings;
    try {
      const auto config = env_.directory->configuration(*who.account);
      for (const auto id : who.channels) {
        const auto* one = config ? config->channels.find(id) : nullptr;
        if (!one) continue;
        greetings.push_back({one->id, one->name, one->type, one->on,
                             env_.disk.get(family::state, keys::offset(*who.account, one->id, *who.token))});
      }
    } catch (const storage_error& broken) {
      return env_.fatal(broken.what());
    }
    then(greetings);  // before the channels know of the socket: nothing is delivered ahead of the welcome
    const std::lock_guard lock{mutex_};
    const auto found = connectors_.find(session);
    if (found == connectors_.end()) return;  // gone meanwhile
    for (const auto& one : greetings)
      if (const auto actor = env_.directory->channel(*who.account, one.id)) {
        found->second.channels.push_back(one.id);
        caf::anon_send(*actor, connector_attached{session, *who.token, found->second.port});
      }
  });
}

void router_edge::detach_connector(session_number session) {
  const std::lock_guard lock{mutex_};
  const auto found = connectors_.find(session);
  if (found == connectors_.end()) return;
  for (const auto one : found->second.channels)
    if (const auto actor = env_.directory->channel(found->second.account, one))
      caf::anon_send(*actor, connector_detached{session});
  connectors_.erase(found);
}

void router_edge::publish(frame_pointer frame) {
  // By channel, in the order of the frame. Most frames have one.
  std::vector<std::pair<channel_id, std::vector<std::uint32_t>>> parts;
  for (std::uint32_t i = 0; i < frame->messages.size(); ++i) {
    if (frame->results[i].status != publish_status::pending) continue;
    const auto of = frame->messages[i].channel;
    if (parts.empty() || parts.back().first != of) {
      const auto found = std::find_if(parts.begin(), parts.end(), [&](const auto& one) { return one.first == of; });
      if (found != parts.end()) {
        found->second.push_back(i);
        continue;
      }
      parts.push_back({of, {}});
      parts.back().second.reserve(frame->messages.size());
    }
    parts.back().second.push_back(i);
  }
  if (frame->has_offset && frame->connector) {
    const auto keep_for = [&](channel_id of) {
      if (std::none_of(parts.begin(), parts.end(), [&](const auto& one) { return one.first == of; })) parts.push_back({of, {}});
    };
    for (std::size_t i = 0; i < frame->messages.size(); ++i) {
      const bool rejected = frame->results[i].status == publish_status::rejected;
      if (rejected && frame->messages[i].channel != channel_id{}) keep_for(frame->messages[i].channel);
    }
    const auto config = frame->messages.empty() ? env_.directory->configuration(frame->account) : nullptr;
    if (const auto* token = config ? config->tokens.find(*frame->connector) : nullptr)
      for (const auto of : token->channels) keep_for(of);
  }
  // One more than the parts, so that the frame isn't answered while it is being handed out.
  frame->parts_left = static_cast<std::uint32_t>(parts.size()) + 1;
  for (auto& [of, part] : parts) {
    if (const auto actor = env_.directory->channel(frame->account, of)) {
      caf::anon_send(*actor, publish_part{frame, std::move(part)});
      continue;
    }
    for (const auto i : part) {
      frame->results[i].status = publish_status::rejected;
      frame->results[i].code = refusal_code::not_found;
    }
    frame->parts_left.fetch_sub(1);
  }
  if (frame->parts_left.fetch_sub(1) == 1 && frame->answered) frame->answered(*frame);
}

void router_edge::report_delivery(const principal& by, std::vector<delivery_status> statuses) {
  if (!by.account || by.channels.empty()) return;
  std::optional<channel_actor> actor;
  for (std::size_t i = 0; i < by.channels.size() && !actor; ++i) actor = env_.directory->channel(*by.account, by.channels[i]);
  if (!actor) return;
  const auto allowed = std::make_shared<const std::vector<channel_id>>(by.channels);
  for (auto& one : statuses) caf::anon_send(*actor, delivery_reported{std::move(one), allowed});
}

// ---- agents

void router_edge::attach_agent(session_number session, const principal& who, std::optional<std::uint64_t> cursor,
                               std::shared_ptr<agent_sink> sink) {
  const auto actor = who.account && who.user ? env_.directory->agent(*who.account, *who.user) : std::nullopt;
  if (!actor) return sink->close(close_reason::unauthorised);
  {
    const std::lock_guard lock{mutex_};
    agents_[session] = *who.account;
  }
  agent_attached attached;
  attached.session = session;
  attached.token = who.token;
  attached.cursor = cursor;
  attached.port = std::make_shared<agent_sink_port>(std::move(sink));
  caf::anon_send(*actor, std::move(attached));
}

void router_edge::detach_agent(session_number session, user_id who) {
  std::optional<account_id> account;
  {
    const std::lock_guard lock{mutex_};
    const auto found = agents_.find(session);
    if (found == agents_.end()) return;
    account = found->second;
    agents_.erase(found);
  }
  if (const auto actor = env_.directory->agent(*account, who)) caf::anon_send(*actor, agent_detached{session});
}

void router_edge::acknowledge(session_number session, user_id who, std::uint64_t cursor) {
  std::optional<account_id> account;
  {
    const std::lock_guard lock{mutex_};
    if (const auto found = agents_.find(session); found != agents_.end()) account = found->second;
  }
  const auto actor = account ? env_.directory->agent(*account, who) : std::nullopt;
  if (actor) caf::anon_send(*actor, cursor_acknowledged{session, cursor});
}

void router_edge::agent_command(session_number, const principal& by, conversation_id which, conversation_command what,
                                std::string ref, reply<conversation> then) {
  const auto actor = by.account && by.user ? env_.directory->agent(*by.account, *by.user) : std::nullopt;
  if (!actor) return then(only_for_users());
  caf::anon_send(*actor,
                 command_from_agent{by, which, std::move(what), std::move(ref), make_answer<conversation>(std::move(then))});
}

}  // namespace signalbox
