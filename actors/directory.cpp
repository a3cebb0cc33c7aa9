#include "actors/directory.hpp"

#include <caf/send.hpp>

#include "rules/mail_addresses.hpp"
#include "rules/pipeline.hpp"
#include "rules/text.hpp"
#include "storage/keys.hpp"
#include "storage/records.hpp"

namespace signalbox {

directory::directory(const store& disk, starters start, mail_domains domains)
    : disk_(disk), start_(std::move(start)), domains_(std::move(domains)) {}

void directory::load() {
  std::unordered_map<account_id, account_config> found;
  // Keys are (slot, account, kind, id): an account's records stand together, its own ('a') first.
  disk_.scan(family::config, {}, {}, [&](std::string_view key, std::string_view value) {
    if (key.size() != 19) throw corrupt_record("a configuration key of " + std::to_string(key.size()) + " bytes");
    auto& into = found[account_id{keys::read_be64(key.substr(2))}];
    const auto keep = [](auto& all, auto one) {
      const auto id = one.id;
      all.set(id, std::move(one));
    };
    switch (static_cast<keys::config_kind>(key[10])) {
      case keys::config_kind::account:
        into.account = decode_account(value);
        break;
      case keys::config_kind::user:
        keep(into.users, decode_user(value));
        break;
      case keys::config_kind::team:
        keep(into.teams, decode_team(value));
        break;
      case keys::config_kind::inbox:
        keep(into.inboxes, decode_inbox(value));
        break;
      case keys::config_kind::channel:
        keep(into.channels, decode_channel(value));
        break;
      case keys::config_kind::token:
        keep(into.tokens, decode_token(value));
        break;
      case keys::config_kind::webhook:
        keep(into.webhooks, decode_webhook(value));
        break;
      case keys::config_kind::pipeline:
        keep(into.pipelines, decode_pipeline(value));
        break;
    }
    return true;
  });
  const std::unique_lock lock{mutex_};
  for (auto& [account, config] : found) {
    const auto id = account;
    subdomains_[config.account.subdomain] = true;
    // Accounts that are older than pipelines have the default one too; it is written when it is changed.
    if (!default_pipeline_of(config)) {
      auto way = default_pipeline(id, config.account.created_at);
      const auto pipeline = way.id;
      config.pipelines.set(pipeline, std::move(way));
    }
    config.users.for_each([&](const user& one) { emails_[fold_case(one.email)] = id; });
    const auto keep = [this](const std::vector<std::string>& all) { addresses_.insert(all.begin(), all.end()); };
    config.inboxes.for_each([&](const signalbox::inbox& one) { keep(reserved_addresses(one)); });
    config.channels.for_each([&](const signalbox::channel& one) { keep(reserved_addresses(one)); });
    config.domains = domains_;
    auto fresh = provision_all(config);
    auto& entry = accounts_[id];
    entry.config = std::make_shared<const account_config>(std::move(config));
    if (!fresh.empty()) provisioned_.push_back({entry.config, std::move(fresh)});
  }
}

config_snapshot directory::configuration(account_id of) const {
  const std::shared_lock lock{mutex_};
  if (const auto found = accounts_.find(of); found != accounts_.end()) return found->second.config;
  const auto found = ended_.find(of);
  return found == ended_.end() ? nullptr : found->second.config;
}

std::vector<config_snapshot> directory::configurations() const {
  const std::shared_lock lock{mutex_};
  std::vector<config_snapshot> all;
  all.reserve(accounts_.size());
  for (const auto& [id, entry] : accounts_) all.push_back(entry.config);
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a->account.id.value < b->account.id.value; });
  return all;
}

std::shared_ptr<standing_board> directory::standings(account_id of) const {
  const std::shared_lock lock{mutex_};
  const auto found = accounts_.find(of);
  return found == accounts_.end() ? ended_.at(of).standings : found->second.standings;
}

void directory::publish(const config_snapshot& next) {
  const std::unique_lock lock{mutex_};
  auto& entry = accounts_[next->account.id];
  entry.config = next;
  // Under the lock, so that an actor started meanwhile has read either this snapshot or will be told of it.
  for (const auto& [id, actor] : entry.channels) caf::anon_send(actor, config_changed{next});
  for (const auto& [id, actor] : entry.inboxes) caf::anon_send(actor, config_changed{next});
  for (const auto& [id, actor] : entry.agents) caf::anon_send(actor, config_changed{next});
  for (const auto& [id, actor] : entry.webhooks) caf::anon_send(actor, config_changed{next});
  if (entry.views) caf::anon_send(*entry.views, config_changed{next});
  if (webhooks_awake_) follow_webhooks(next->account.id, entry);
}

std::optional<account_actor> directory::account(account_id of) {
  const std::unique_lock lock{mutex_};
  const auto found = accounts_.find(of);
  if (found == accounts_.end()) return std::nullopt;
  if (!found->second.actor) found->second.actor = start_.account(of);
  return found->second.actor;
}

std::optional<contacts_actor> directory::contacts(account_id of) {
  const std::unique_lock lock{mutex_};
  const auto found = accounts_.find(of);
  if (found == accounts_.end()) return std::nullopt;
  if (!found->second.contacts) found->second.contacts = start_.contacts(of);
  return found->second.contacts;
}

std::optional<views_actor> directory::views(account_id of) {
  const std::unique_lock lock{mutex_};
  const auto found = accounts_.find(of);
  if (found == accounts_.end()) return std::nullopt;
  if (!found->second.views) found->second.views = start_.views(of);
  return found->second.views;
}

template <class Actor, class Id>
std::optional<Actor> directory::find_or_start(account_id of, Id which, std::unordered_map<Id, Actor> account_entry::*living,
                                              bool (*configured)(const account_config&, Id),
                                              const std::function<Actor(account_id, Id)>& start) {
  {
    const std::shared_lock lock{mutex_};
    const auto account = accounts_.find(of);
    if (account == accounts_.end()) return std::nullopt;
    const auto& all = account->second.*living;
    if (const auto found = all.find(which); found != all.end()) return found->second;
    if (!configured(*account->second.config, which)) return std::nullopt;
  }
  const std::unique_lock lock{mutex_};
  const auto account = accounts_.find(of);
  if (account == accounts_.end()) return std::nullopt;
  auto& all = account->second.*living;
  const auto found = all.find(which);
  return found != all.end() ? found->second : all.emplace(which, start(of, which)).first->second;
}

std::optional<channel_actor> directory::channel(account_id of, channel_id which) {
  return find_or_start<channel_actor, channel_id>(
      of, which, &account_entry::channels,
      [](const account_config& in, channel_id id) { return in.channels.find(id) != nullptr; }, start_.channel);
}

std::optional<inbox_actor> directory::inbox(account_id of, inbox_id which) {
  return find_or_start<inbox_actor, inbox_id>(
      of, which, &account_entry::inboxes, [](const account_config& in, inbox_id id) { return in.inboxes.find(id) != nullptr; },
      start_.inbox);
}

std::optional<inbox_actor> directory::wake_inbox(account_id of, inbox_id which) {
  return find_or_start<inbox_actor, inbox_id>(
      of, which, &account_entry::inboxes, [](const account_config&, inbox_id) { return true; }, start_.inbox);
}

std::optional<agent_actor> directory::agent(account_id of, user_id which) {
  return find_or_start<agent_actor, user_id>(
      of, which, &account_entry::agents, [](const account_config& in, user_id id) { return in.users.find(id) != nullptr; },
      start_.agent);
}

std::optional<webhook_actor> directory::webhook(account_id of, webhook_id which) {
  if (!start_.webhook) return std::nullopt;
  return find_or_start<webhook_actor, webhook_id>(
      of, which, &account_entry::webhooks,
      [](const account_config& in, webhook_id id) { return in.webhooks.find(id) != nullptr; }, start_.webhook);
}

void directory::wake_webhooks() {
  const std::unique_lock lock{mutex_};
  webhooks_awake_ = static_cast<bool>(start_.webhook);
  if (!webhooks_awake_) return;
  for (auto& [id, entry] : accounts_) follow_webhooks(id, entry);
}

void directory::follow_webhooks(account_id of, account_entry& entry) const {
  entry.config->webhooks.for_each([&](const signalbox::webhook& one) {
    if (!entry.webhooks.contains(one.id)) entry.webhooks.emplace(one.id, start_.webhook(of, one.id));
  });
  // Told by the snapshot that it is gone, it tidies up and ends by itself.
  std::erase_if(entry.webhooks, [&](const auto& one) { return entry.config->webhooks.find(one.first) == nullptr; });
}

std::optional<inbox_actor> directory::living_inbox(account_id of, inbox_id which) const {
  const std::shared_lock lock{mutex_};
  const auto account = accounts_.find(of);
  if (account == accounts_.end()) return std::nullopt;
  const auto found = account->second.inboxes.find(which);
  return found == account->second.inboxes.end() ? std::nullopt : std::optional{found->second};
}

std::vector<channel_actor> directory::living_channels() const {
  const std::shared_lock lock{mutex_};
  std::vector<channel_actor> all;
  for (const auto& [id, entry] : accounts_)
    for (const auto& [which, actor] : entry.channels) all.push_back(actor);
  return all;
}

std::vector<inbox_actor> directory::living_inboxes() const {
  const std::shared_lock lock{mutex_};
  std::vector<inbox_actor> all;
  for (const auto& [id, entry] : accounts_)
    for (const auto& [which, actor] : entry.inboxes) all.push_back(actor);
  return all;
}

std::vector<inbox_actor> directory::living_inboxes(account_id of) const {
  const std::shared_lock lock{mutex_};
  std::vector<inbox_actor> all;
  const auto found = accounts_.find(of);
  if (found == accounts_.end()) return all;
  for (const auto& [which, actor] : found->second.inboxes) all.push_back(actor);
  return all;
}

std::vector<agent_actor> directory::living_agents() const {
  const std::shared_lock lock{mutex_};
  std::vector<agent_actor> all;
  for (const auto& [id, entry] : accounts_)
    for (const auto& [which, actor] : entry.agents) all.push_back(actor);
  return all;
}

directory::attached_agents directory::attached(account_id of) const {
  {
    const std::shared_lock lock{mutex_};
    const auto found = accounts_.find(of);
    if (found == accounts_.end()) return nullptr;
    if (found->second.listed) return found->second.listed;
  }
  const std::unique_lock lock{mutex_};
  const auto found = accounts_.find(of);
  if (found == accounts_.end()) return nullptr;
  const auto& entry = found->second;
  if (!entry.listed)
    entry.listed =
        std::make_shared<const std::vector<std::pair<user_id, agent_actor>>>(entry.attached.begin(), entry.attached.end());
  return entry.listed;
}

void directory::attach(account_id of, user_id who, const agent_actor& agent) {
  const std::unique_lock lock{mutex_};
  const auto found = accounts_.find(of);
  if (found != accounts_.end() && found->second.attached.emplace(who, agent).second) found->second.listed.reset();
}

void directory::detach(account_id of, user_id who) {
  const std::unique_lock lock{mutex_};
  const auto found = accounts_.find(of);
  if (found != accounts_.end() && found->second.attached.erase(who) > 0) found->second.listed.reset();
}

bool directory::reserve_email(const std::string& email, account_id by) {
  const std::unique_lock lock{mutex_};
  return emails_.emplace(email, by).second;
}

bool directory::email_in_use(const std::string& email) const {
  const std::shared_lock lock{mutex_};
  return emails_.contains(email);
}

void directory::release_email(const std::string& email) {
  const std::unique_lock lock{mutex_};
  emails_.erase(email);
}

std::optional<account_id> directory::account_of_email(const std::string& email) const {
  const std::shared_lock lock{mutex_};
  const auto found = emails_.find(email);
  return found == emails_.end() ? std::nullopt : std::optional{found->second};
}

bool directory::reserve_address(const std::string& address) {
  const std::unique_lock lock{mutex_};
  return addresses_.insert(address).second;
}

bool directory::address_in_use(const std::string& address) const {
  const std::shared_lock lock{mutex_};
  return addresses_.contains(address);
}

void directory::release_address(const std::string& address) {
  const std::unique_lock lock{mutex_};
  addresses_.erase(address);
}

bool directory::reserve_subdomain(const std::string& subdomain) {
  const std::unique_lock lock{mutex_};
  return subdomains_.emplace(subdomain, true).second;
}

void directory::release_subdomain(const std::string& subdomain) {
  const std::unique_lock lock{mutex_};
  subdomains_.erase(subdomain);
}

void directory::end_all() {
  const std::unique_lock lock{mutex_};
  for (auto& [id, entry] : accounts_) {
    if (entry.actor) caf::anon_send_exit(*entry.actor, caf::exit_reason::user_shutdown);
    if (entry.contacts) caf::anon_send_exit(*entry.contacts, caf::exit_reason::user_shutdown);
    if (entry.views) caf::anon_send_exit(*entry.views, caf::exit_reason::user_shutdown);
    for (const auto& [which, actor] : entry.channels) caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    for (const auto& [which, actor] : entry.inboxes) caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    for (const auto& [which, actor] : entry.agents) caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    for (const auto& [which, actor] : entry.webhooks) caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    auto& left = ended_[id];
    left.config = std::move(entry.config);
    left.standings = std::move(entry.standings);
  }
  accounts_.clear();
}

}  // namespace signalbox
