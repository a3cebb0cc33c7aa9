/// Who is where: configuration snapshots of all accounts, and the actors that live. Thread-safe: sessions look up on I/O
/// threads, actors on scheduler threads. Looking up an actor that doesn't live starts it.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "actors/environment.hpp"
#include "actors/protocol.hpp"
#include "actors/standing_board.hpp"
#include "actors/webhook_protocol.hpp"

namespace signalbox {

class directory {
public:
  /// How actors are started: app/ and tests give CAF's actor system in here.
  struct starters {
    std::function<account_actor(account_id)> account;
    std::function<channel_actor(account_id, channel_id)> channel;
    std::function<inbox_actor(account_id, inbox_id)> inbox;
    std::function<agent_actor(account_id, user_id)> agent;
    std::function<webhook_actor(account_id, webhook_id)> webhook{};  ///< absent: webhooks rest
    std::function<contacts_actor(account_id)> contacts;
    std::function<views_actor(account_id)> views;
  };

  directory(const store& disk, starters start, mail_domains domains = {});

  /// Reads every account's configuration from the store. Before anything else. Inboxes of a store of before get their fallback
  /// addresses here; `provisioned` says which, to be written.
  void load();
  struct provisioned_inboxes {
    config_snapshot config;
    std::vector<inbox_id> which;
  };
  [[nodiscard]] const std::vector<provisioned_inboxes>& provisioned() const { return provisioned_; }
  [[nodiscard]] const mail_domains& domains() const { return domains_; }

  [[nodiscard]] config_snapshot configuration(account_id of) const;  ///< null: unknown
  [[nodiscard]] std::vector<config_snapshot> configurations() const;
  [[nodiscard]] std::shared_ptr<standing_board> standings(account_id of) const;  ///< @pre the account exists
  /// Makes `next` what everybody reads, and tells the account's living actors.
  void publish(const config_snapshot& next);

  // Nothing when the account, channel, inbox or user isn't in the account's configuration.
  [[nodiscard]] std::optional<account_actor> account(account_id of);
  [[nodiscard]] std::optional<contacts_actor> contacts(account_id of);
  [[nodiscard]] std::optional<views_actor> views(account_id of);
  [[nodiscard]] std::optional<channel_actor> channel(account_id of, channel_id which);
  [[nodiscard]] std::optional<inbox_actor> inbox(account_id of, inbox_id which);
  [[nodiscard]] std::optional<agent_actor> agent(account_id of, user_id which);

  /// Also of an inbox that was deleted: its conversations aren't gone yet.
  std::optional<inbox_actor> wake_inbox(account_id of, inbox_id which);

  [[nodiscard]] std::optional<webhook_actor> webhook(account_id of, webhook_id which);
  /// Every webhook that is configured lives from now on: those of before now, and each that is made later.
  void wake_webhooks();

  /// Only if it lives already.
  [[nodiscard]] std::optional<inbox_actor> living_inbox(account_id of, inbox_id which) const;
  [[nodiscard]] std::vector<channel_actor> living_channels() const;
  [[nodiscard]] std::vector<inbox_actor> living_inboxes() const;
  [[nodiscard]] std::vector<inbox_actor> living_inboxes(account_id of) const;
  [[nodiscard]] std::vector<agent_actor> living_agents() const;

  /// Agents with a live socket, for notices. Made when it is asked for after a change: hold it as long as you like.
  using attached_agents = std::shared_ptr<const std::vector<std::pair<user_id, agent_actor>>>;
  [[nodiscard]] attached_agents attached(account_id of) const;
  void attach(account_id of, user_id who, const agent_actor& agent);
  void detach(account_id of, user_id who);

  // E-mail addresses of users and subdomains are unique on the server. Case-folded by the caller.
  /// False if somebody else has it. Reserved until `release_email` or for good.
  [[nodiscard]] bool reserve_email(const std::string& email, account_id by);
  [[nodiscard]] bool email_in_use(const std::string& email) const;
  void release_email(const std::string& email);
  [[nodiscard]] std::optional<account_id> account_of_email(const std::string& email) const;
  [[nodiscard]] bool reserve_subdomain(const std::string& subdomain);
  void release_subdomain(const std::string& subdomain);

  // Addresses of inboxes and e-mail channels, the same way: one is connected to one inbox only (A4, S36).
  [[nodiscard]] bool reserve_address(const std::string& address);
  [[nodiscard]] bool address_in_use(const std::string& address) const;
  void release_address(const std::string& address);

  /// Ends every actor and drops every handle. Nobody is looked up any more.
  void end_all();

private:
  struct account_entry {
    config_snapshot config;
    std::shared_ptr<standing_board> standings = std::make_shared<standing_board>();
    std::optional<account_actor> actor;
    std::optional<contacts_actor> contacts;
    std::optional<views_actor> views;
    std::unordered_map<channel_id, channel_actor> channels;
    std::unordered_map<inbox_id, inbox_actor> inboxes;
    std::unordered_map<user_id, agent_actor> agents;
    std::unordered_map<webhook_id, webhook_actor> webhooks;
    std::unordered_map<user_id, agent_actor> attached;
    mutable attached_agents listed;  ///< those, since somebody asked for them and none has come or gone; null: to be made
  };

  template <class Actor, class Id>
  std::optional<Actor> find_or_start(account_id of, Id which, std::unordered_map<Id, Actor> account_entry::*living,
                                     bool (*configured)(const account_config&, Id),
                                     const std::function<Actor(account_id, Id)>& start);

  /// Starts those of `entry` that don't live, and lets go of those that are gone. Under the lock.
  void follow_webhooks(account_id of, account_entry& entry) const;

  const store& disk_;
  starters start_;
  bool webhooks_awake_ = false;
  mail_domains domains_;
  std::vector<provisioned_inboxes> provisioned_;
  mutable std::shared_mutex mutex_;
  std::unordered_map<account_id, account_entry> accounts_;
  std::unordered_map<account_id, account_entry> ended_;  ///< without actors: those that were only just started may still read it
  std::unordered_map<std::string, account_id> emails_;
  std::unordered_map<std::string, bool> subdomains_;
  std::unordered_set<std::string> addresses_;
};

}  // namespace signalbox
