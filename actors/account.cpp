#include "actors/account.hpp"

#include <algorithm>
#include <caf/send.hpp>
#include <deque>
#include <iterator>

#include "actors/directory.hpp"
#include "actors/hosting.hpp"
#include "actors/known_keys.hpp"
#include "actors/orphans.hpp"
#include "actors/pending_commit.hpp"
#include "actors/rows_under_way.hpp"
#include "rules/inbox_names.hpp"
#include "rules/mail_addresses.hpp"
#include "rules/text.hpp"
#include "rules/told_changes.hpp"
#include "storage/contact_audit.hpp"
#include "storage/keys.hpp"
#include "storage/records.hpp"

namespace signalbox {

namespace {

template <class T>
void write_one(change_set& into, account_id of, keys::config_kind kind, std::uint64_t id, const T* now) {
  const auto key = keys::config(of, kind, id);
  if (!now) return into.erase(family::config, key);
  std::string value;
  encode(value, *now);
  into.put(family::config, key, value);
}

/// The e-mail that a change gives to a user, folded; nothing when it gives none.
std::optional<std::string> email_given(const account_change& what) {
  if (const auto* made = std::get_if<create_user>(&what)) return made->fields.email;
  if (const auto* updated = std::get_if<update_user>(&what)) return updated->fields.email;
  return std::nullopt;
}

std::optional<user_id> user_changed(const account_change& what) {
  if (const auto* updated = std::get_if<update_user>(&what)) return updated->user;
  if (const auto* removed = std::get_if<delete_user>(&what)) return removed->user;
  return std::nullopt;
}

std::optional<assignee> assignee_deleted(const account_change& what) {
  if (const auto* removed = std::get_if<delete_user>(&what)) return removed->user;
  if (const auto* removed = std::get_if<delete_team>(&what)) return removed->team;
  return std::nullopt;
}

/// What is reserved on the server for what a change touched, as a snapshot has it.
std::vector<std::string> reserved_in(const account_config& config, const std::vector<touched>& all) {
  std::vector<std::string> found;
  const auto add = [&found](const std::vector<std::string>& more) { found.insert(found.end(), more.begin(), more.end()); };
  for (const auto& one : all) {
    if (const auto* id = std::get_if<inbox_id>(&one))
      if (const auto* known = config.inboxes.find(*id)) add(reserved_addresses(*known));
    if (const auto* id = std::get_if<channel_id>(&one))
      if (const auto* known = config.channels.find(*id)) add(reserved_addresses(*known));
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

std::vector<std::string> without(const std::vector<std::string>& sorted, const std::vector<std::string>& other_sorted) {
  std::vector<std::string> left;
  std::set_difference(sorted.begin(), sorted.end(), other_sorted.begin(), other_sorted.end(), std::back_inserter(left));
  return left;
}

/// When it was made, the letter of its kind and its id.
std::string remembered(const touched& made, time_point at) {
  using kind = keys::config_kind;
  constexpr kind kinds[] = {kind::account, kind::user,  kind::team,    kind::inbox,
                            kind::channel, kind::token, kind::webhook, kind::pipeline};
  static_assert(std::variant_size_v<touched> == std::size(kinds));
  return key_record(at, static_cast<char>(kinds[made.index()]), std::visit([](auto id) { return id.value; }, made));
}

touched made_then(std::string_view record) {
  const auto id = keys::read_be64(record.substr(9));
  switch (static_cast<keys::config_kind>(record[8])) {
    case keys::config_kind::account:
      return account_id{id};
    case keys::config_kind::user:
      return user_id{id};
    case keys::config_kind::team:
      return team_id{id};
    case keys::config_kind::inbox:
      return inbox_id{id};
    case keys::config_kind::channel:
      return channel_id{id};
    case keys::config_kind::webhook:
      return webhook_id{id};
    case keys::config_kind::pipeline:
      return pipeline_id{id};
    case keys::config_kind::token:
      break;
  }
  return token_id{id};
}

struct account_state {
  static constexpr const char* name = "account";
  static constexpr actor_role role = actor_role::account;

  account_actor::pointer self;
  environment& env;
  account_id id;
  std::shared_ptr<const account_config> config;  ///< with changes that are still on their way to the disk
  std::optional<inbox_names> names;              ///< of its inboxes, from the first one on that is made

  struct under_way {
    std::uint64_t ticket;
    config_snapshot next;
    touched first;
    std::optional<std::string> email_freed;
    std::vector<std::string> addresses_freed;
    std::vector<assignee> leave_theirs;  ///< who was deleted, or works some inbox no longer
    answer_pointer<std::pair<config_snapshot, touched>> then;
  };
  std::deque<under_way> changes;
  rows_under_way<std::string, std::string> keys_under_way;  ///< callers' keys: their records
  std::uint64_t last_ticket = 0;

  account_state(account_actor::pointer handle, environment& given, account_id of)
      : self(handle), env(given), id(of), config(given.directory->configuration(of)) {}

  static account_actor::behavior_type behavior() {
    static const account_actor::behavior_type shared{
        handler([](account_state& me, change_account& m) { me.change(m); }),
        handler([](account_state& me, const change_committed& m) { me.committed(m.ticket); }),
    };
    return shared;
  }

  /// What is under way becomes durable whatever happens here; those who wait are answered when it is.
  void restart() {
    config = changes.empty() ? env.directory->configuration(id) : changes.back().next;
    names.reset();
  }

  void change(change_account& m) {
    std::string memory;
    if (m.key && m.by.user) {
      auto known = look_up_key(id, *m.by.user, "configuration " + *m.key, env.now(), env.disk,
                               [this](const std::string& row) { return keys_under_way.find(row); });
      if (known.done_then && known.done_then->size() == 17) return answer_again(*known.done_then, std::move(m.then));
      memory = std::move(known.row);
    }
    change_context context;
    context.by = m.by;
    context.now = env.now();
    context.make_id = [this] { return env.next_id(); };
    context.email_in_use = [this](const std::string& email) { return env.directory->email_in_use(fold_case(email)); };
    context.log_head = [this] { return env.disk.head(keys::group_of(id)); };
    context.address_in_use = [this](const std::string& address) { return env.directory->address_in_use(address); };
    context.zones = env.zones;
    if (std::holds_alternative<create_inbox>(m.what)) context.names = &(names ? *names : names.emplace(*config));
    auto decided = apply(*config, m.what, context);
    if (auto* no = std::get_if<refusal>(&decided)) return m.then->give(std::move(*no));
    auto& applied = std::get<applied_change>(decided);

    const auto addresses = reserved_in(*config, applied.all);
    const auto next_addresses = reserved_in(applied.config, applied.all);
    if (!reserve_addresses(without(next_addresses, addresses)))
      return m.then->give(refuse(refusal_code::address_taken, "another inbox or channel of this server has this address"));

    std::optional<std::string> old_email;
    if (const auto who = user_changed(m.what))
      if (const auto* before = config->users.find(*who)) old_email = fold_case(before->email);
    auto email = email_given(m.what);
    if (email) email = fold_case(trimmed(*email));
    if (email && email != old_email && !env.directory->reserve_email(*email, id))
      return m.then->give(refuse(refusal_code::address_taken, "another user of this server has this e-mail address"));
    const bool frees = old_email && (std::holds_alternative<delete_user>(m.what) || (email && email != old_email));

    auto next = applied.all.empty() ? config : std::make_shared<const account_config>(std::move(applied.config));
    auto work = std::make_shared<pending_commit>(keys::group_of(id));
    work->account = caf::actor_cast<account_actor>(self);
    work->ticket = ++last_ticket;
    write_configuration(work->set, *next, applied.all);
    write_audit(work->set, id, audit_of(*config, *next, applied.all, context));
    write_told(work->set, id, told_changes(*config, *next, applied.all), context.by.user, context.now);
    for (const auto& mail : applied.mails) {
      std::string record;
      encode(record, mail);
      work->set.put(family::state, keys::mail(id, mail.id), record);
    }
    const auto deleted = assignee_deleted(m.what);
    if (const auto* team = deleted ? std::get_if<team_id>(&*deleted) : nullptr)
      work->set.put(family::state, keys::orphaned_team(id, *team), {});
    if (!memory.empty()) {
      auto record = remembered(applied.first, context.now);
      work->set.put(family::state, memory, record);
      keys_under_way.put(std::move(memory), std::move(record), work->ticket);
    }
    std::vector<assignee> leave_theirs;
    if (deleted) leave_theirs.push_back(*deleted);
    for (const auto who : who_lost_access(*config, *next)) leave_theirs.emplace_back(who);
    changes.push_back({work->ticket, next, applied.first, frees ? old_email : std::nullopt, without(addresses, next_addresses),
                       std::move(leave_theirs), std::move(m.then)});
    follow_names(*next, applied.all);
    config = std::move(next);
    self->send(env.journal, commit{std::move(work)});
  }

  void follow_names(const account_config& next, const std::vector<touched>& all) {
    for (const auto& one : all) {
      if (!names) return;
      if (std::holds_alternative<account_id>(one)) names.reset();  // addresses of its subdomain may be others now
      const auto* which = std::get_if<inbox_id>(&one);
      if (!which) continue;
      if (const auto* before = config->inboxes.find(*which)) names->remove(*config, *before);
      if (const auto* now = next.inboxes.find(*which)) names->add(next, *now);
    }
  }

  /// All or none.
  bool reserve_addresses(const std::vector<std::string>& all) const {
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (env.directory->reserve_address(all[i])) continue;
      while (i > 0) env.directory->release_address(all[--i]);
      return false;
    }
    return true;
  }

  /// Behind what is under way: the first one may be.
  void answer_again(const std::string& record, answer_pointer<std::pair<config_snapshot, touched>> then) {
    auto barrier = std::make_shared<pending_commit>(keys::group_of(id));
    barrier->account = caf::actor_cast<account_actor>(self);
    barrier->ticket = ++last_ticket;
    changes.push_back({barrier->ticket, config, made_then(record), std::nullopt, {}, {}, std::move(then)});
    self->send(env.journal, commit{std::move(barrier)});
  }

  void committed(std::uint64_t ticket) {
    keys_under_way.committed(ticket);
    while (!changes.empty() && changes.front().ticket <= ticket) {
      auto done = std::move(changes.front());
      changes.pop_front();
      if (done.email_freed) env.directory->release_email(*done.email_freed);
      for (const auto& address : done.addresses_freed) env.directory->release_address(address);
      if (env.directory->configuration(id) != done.next) env.directory->publish(done.next);
      for (const auto& who : done.leave_theirs) hand_back_orphans_of(env, id, who);
      done.then->give(std::pair{done.next, done.first});
    }
  }
};

}  // namespace

void write_configuration(change_set& into, const account_config& config, const std::vector<touched>& all) {
  const auto of = config.account.id;
  using kind = keys::config_kind;
  for (const auto& one : all) {
    if (std::holds_alternative<account_id>(one)) write_one(into, of, kind::account, of.value, &config.account);
    if (const auto* id = std::get_if<user_id>(&one)) write_one(into, of, kind::user, id->value, config.users.find(*id));
    if (const auto* id = std::get_if<team_id>(&one)) write_one(into, of, kind::team, id->value, config.teams.find(*id));
    if (const auto* id = std::get_if<inbox_id>(&one)) write_one(into, of, kind::inbox, id->value, config.inboxes.find(*id));
    if (const auto* id = std::get_if<channel_id>(&one)) write_one(into, of, kind::channel, id->value, config.channels.find(*id));
    if (const auto* id = std::get_if<token_id>(&one)) write_one(into, of, kind::token, id->value, config.tokens.find(*id));
    if (const auto* id = std::get_if<webhook_id>(&one)) write_one(into, of, kind::webhook, id->value, config.webhooks.find(*id));
    if (const auto* id = std::get_if<pipeline_id>(&one))
      write_one(into, of, kind::pipeline, id->value, config.pipelines.find(*id));
  }
}

void write_audit(change_set& into, account_id of, const std::vector<audit_entry>& all) {
  for (const auto& one : all) put_audit(into, of, one);
}

void write_told(change_set& into, account_id of, const std::vector<resource_change>& all, std::optional<user_id> by,
                time_point at) {
  std::string record;
  for (const auto& one : all) {
    event what;
    what.kind = one.kind == resource_kind::contact ? event_kind::contact : event_kind::configuration;
    what.account = of;
    what.at = at;
    what.by = by;
    what.changed = one;
    record.clear();
    encode(record, what);
    into.add_event(record);
  }
}

namespace {

/// Of the operator's key for founding an account, which stands in the account that it made.
constexpr user_id founders_place{};

/// What the same key founded within a day.
std::optional<account_made> founded_before(environment& env, const std::string& subdomain, const std::string& key) {
  for (const auto& config : env.directory->configurations()) {
    if (config->account.subdomain != subdomain) continue;
    const auto known = look_up_key(config->account.id, founders_place, key, env.now(), env.disk,
                                   [](const std::string&) -> const std::string* { return nullptr; });
    if (known.done_then)
      if (const auto first = number_in_key_record(*known.done_then, static_cast<char>(keys::config_kind::user)))
        return account_made{config, user_id{*first}};
  }
  return std::nullopt;
}

}  // namespace

void found_account(environment& env, const new_account& wanted, const std::optional<std::string>& key,
                   const answer_pointer<account_made>& then) {
  if (key)
    if (auto before = founded_before(env, wanted.subdomain, *key)) return then->give(std::move(*before));
  change_context context;
  context.now = env.now();
  context.make_id = [&env] { return env.next_id(); };
  context.email_in_use = [&env](const std::string& email) { return env.directory->email_in_use(fold_case(email)); };
  context.domains = env.directory->domains();
  context.zones = env.zones;
  auto decided = found_account(wanted, context);
  if (auto* no = std::get_if<refusal>(&decided)) return then->give(std::move(*no));
  auto& founded = std::get<applied_change>(decided);
  const auto subdomain = fold_case(founded.config.account.subdomain);
  const auto email = fold_case(trimmed(wanted.admin.email.value_or("")));
  if (!env.directory->reserve_subdomain(subdomain))
    return then->give(invalid_field("/subdomain", "another account of this server has this subdomain"));
  if (!env.directory->reserve_email(email, founded.config.account.id)) {
    env.directory->release_subdomain(subdomain);
    return then->give(refuse(refusal_code::address_taken, "another user of this server has this e-mail address"));
  }
  auto config = std::make_shared<const account_config>(std::move(founded.config));
  auto work = std::make_shared<pending_commit>(keys::group_of(config->account.id));
  write_configuration(work->set, *config, founded.all);
  write_audit(work->set, config->account.id, audit_of({}, *config, founded.all, context));
  write_told(work->set, config->account.id, told_changes({}, *config, founded.all), std::nullopt, context.now);
  user_id first{};
  config->users.for_each([&](const user& one) { first = one.id; });
  if (key)
    work->set.put(family::state, keys::command_ref(config->account.id, keys::day_of(context.now), founders_place, *key),
                  key_record(context.now, static_cast<char>(keys::config_kind::user), first.value));
  work->then.emplace_back([&env, config, first, then] {
    env.directory->publish(config);
    then->give(account_made{config, first});
  });
  caf::anon_send(env.journal, commit{std::move(work)});
}

void write_provisioned(environment& env) {
  for (const auto& [config, which] : env.directory->provisioned()) {
    auto work = std::make_shared<pending_commit>(keys::group_of(config->account.id));
    write_configuration(work->set, *config, {which.begin(), which.end()});
    caf::anon_send(env.journal, commit{std::move(work)});
  }
}

account_actor spawn_account(caf::actor_system& system, environment& env, account_id of) {
  return system.spawn<hosted_actor<account_actor, account_state>>(env, of);
}

}  // namespace signalbox
