/// Changes of an account's configuration: whole or not at all. `apply` is the only way a snapshot changes.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "rules/account.hpp"
#include "rules/hours.hpp"
#include "rules/refusal.hpp"

namespace signalbox {

template <class T>
using maybe = std::optional<T>;  ///< a field of a PATCH: absent stays as it is

struct rename_account {
  maybe<std::string> name;
  maybe<signalbox::plan> plan;
  maybe<version_number> if_match;
};

struct user_fields {
  maybe<std::string> first_name{}, last_name{}, email{}, password_hash{}, time_zone{};
  maybe<signalbox::seat> seat{};
  maybe<signalbox::permissions> permissions{};
  maybe<std::vector<team_membership>> teams{};
  maybe<std::optional<std::uint32_t>> capacity{};
  maybe<type_capacities> capacity_by_type{};
  maybe<std::vector<working_span>> working_hours{};
  maybe<std::vector<out_of_office_span>> out_of_office{};
  maybe<bool> active{};
};
struct create_user {
  user_fields fields;
};
struct update_user {
  user_id user;
  user_fields fields;
  maybe<version_number> if_match;
};
struct delete_user {
  user_id user;
};

struct team_member {
  user_id user;
  bool main = true;
};
struct create_team {
  std::string name;
  std::vector<team_member> members;
};
struct update_team {
  team_id team;
  maybe<std::string> name;
  maybe<std::vector<team_member>> members;
  maybe<version_number> if_match;
};
struct delete_team {
  team_id team;
};

struct create_inbox {
  std::string name;
  access_list access;
};
struct rename_inbox {
  inbox_id inbox;
  std::string name;
  maybe<version_number> if_match;
};
struct set_access {
  inbox_id inbox;
  access_list access;
  maybe<version_number> if_match;
};
struct delete_inbox {
  inbox_id inbox;
};

struct connect_channel {
  inbox_id inbox;
  channel_type type = channel_type::custom;
  std::string name;
  maybe<std::string> address{};  ///< e-mail channels have one, the others don't (A4)
};
struct update_channel {
  channel_id channel;
  maybe<bool> on;
  maybe<std::string> name;
  maybe<version_number> if_match;
  maybe<bool> authorized{};  ///< S23
  maybe<std::optional<timetable>> business_hours{};
};
struct set_assignment {
  channel_id channel;
  assignment_rule rule;
  maybe<version_number> if_match;
};
struct set_tickets {
  channel_id channel;
  ticket_rule rule;
  maybe<version_number> if_match;
};
struct delete_channel {
  channel_id channel;
};

/// Whole: what isn't given is as the defaults are. `custom` must be verified (S36); `signature_html` is sanitised already.
struct set_fallback_email {
  inbox_id inbox;
  bool send = true;
  from_name_mode name_mode = from_name_mode::agent_and_company;
  std::string company;
  from_address_mode address_mode = from_address_mode::default_address;
  maybe<std::string> custom{};
  std::string signature_html{};
  bool signature_on = false;
  bool original_sender = true;
  maybe<version_number> if_match{};
};
/// S36. An address of the account's own subdomain is verified at once. For another one `fresh_code` is mailed to it, or `code` is
/// held against the one that was; a wrong one changes how many attempts are left and is no refusal. Whoever hands this to the
/// account fills in the hashes and the fresh code, so that no code is in a snapshot.
struct verify_address {
  inbox_id inbox;
  std::string address;
  maybe<std::string> code{};  ///< as the user typed it
  std::string code_hash{};
  std::string fresh_code{}, fresh_hash{};
};
struct set_mail_filters {
  inbox_id inbox;
  mail_filters filters;
  maybe<version_number> if_match{};
};

struct stage_fields {
  maybe<stage_id> stage{};  ///< one that is there already; absent: a further one
  std::string name;
  bool closed = false;
};
struct create_pipeline {
  std::string name;
  std::vector<stage_fields> stages;
};
/// `stages` as a whole, in their order: who isn't named is deleted. Whether tickets stand there the caller has looked
/// (stages_given_up); whether a channel's rule names it is checked here.
struct update_pipeline {
  pipeline_id pipeline;
  maybe<std::string> name;
  maybe<std::vector<stage_fields>> stages;
  maybe<version_number> if_match;
};
struct delete_pipeline {
  pipeline_id pipeline;
};

/// The caller made the secret and hashed it; the account never sees it.
struct create_token {
  token_kind kind = token_kind::user;
  std::string name;
  std::vector<channel_id> channels;
  std::string secret_hash;
  maybe<user_id> user;
  maybe<time_point> expires_at;
};
struct revoke_token {
  token_id token;
};

struct webhook_fields {
  maybe<std::string> url{}, name{};
  maybe<std::vector<happening>> events{};  ///< empty: all
  maybe<bool> on{};
};
/// The caller made the secret.
struct create_webhook {
  webhook_fields fields;
  std::string secret;
};
struct update_webhook {
  webhook_id webhook;
  webhook_fields fields;
  bool resume = false;  ///< of one that the server paused
  maybe<version_number> if_match;
};
/// The server's own, after long failure.
struct pause_webhook {
  webhook_id webhook;
  std::string reason;
};
struct delete_webhook {
  webhook_id webhook;
};
/// The caller made the secret. The one in force until now signs too for `retired_secret_signs_for`; one retired earlier no longer.
struct rotate_webhook_secret {
  webhook_id webhook;
  std::string secret;
  maybe<version_number> if_match;
};

using account_change = std::variant<rename_account, create_user, update_user, delete_user, create_team, update_team, delete_team,
                                    create_inbox, rename_inbox, set_access, delete_inbox, connect_channel, update_channel,
                                    set_assignment, delete_channel, create_token, revoke_token, create_webhook, update_webhook,
                                    pause_webhook, delete_webhook, set_fallback_email, verify_address, set_mail_filters,
                                    set_tickets, create_pipeline, update_pipeline, delete_pipeline, rotate_webhook_secret>;

/// What a change touched; erased when the new snapshot no longer holds it.
using touched = std::variant<account_id, user_id, team_id, inbox_id, channel_id, token_id, webhook_id, pipeline_id>;

struct applied_change {
  account_config config;               ///< the next snapshot, `revision` one higher; the same again when nothing changes
  touched first;                       ///< the resource that the caller asked for
  std::vector<touched> all;            ///< what must be written, in order, `first` at its head; empty: it was all so before
  std::vector<outgoing_mail> mails{};  ///< to be sent once the change is durable
};

class inbox_names;

struct change_context {
  signalbox::principal by;  ///< absent user and account: the operator
  time_point now;
  std::function<std::uint64_t()> make_id;                ///< rising ids
  std::function<bool(const std::string&)> email_in_use;  ///< by anybody on this server; asked in the form of fold_case
  std::function<std::uint64_t()> log_head{};             ///< the account's newest position; absent: 0
  /// Connected or reserved as an inbox's address, anywhere on this server; asked in the form of fold_case. Null: none is.
  std::function<bool(const std::string&)> address_in_use{};
  mail_domains domains{};             ///< for a new account's snapshots; others have theirs
  const time_zones* zones = nullptr;  ///< those that there are; null: any name will do
  inbox_names* names = nullptr;       ///< of the snapshot's inboxes, for a new one; null: they are gathered then
};

/// Checks `change` against the rules and gives the next snapshot, or the refusal with nothing changed. Pure but for
/// `context`'s functions. An inbox's access list, a channel's assignment rule and its ticket rule count versions of their
/// own, which `if_match` of `set_access`, `set_assignment` and `set_tickets` means; the inbox's and the channel's stay as they
/// are then.
[[nodiscard]] outcome<applied_change> apply(const account_config& config, const account_change& change,
                                            const change_context& context);

/// The stages that `change` would take away: only a pipeline without tickets in them may lose them.
[[nodiscard]] std::vector<stage_id> stages_given_up(const account_config& config, const account_change& change);

/// A new account: its default inbox (S5) and pipeline, and its first user, super_admin with a paid seat.
struct new_account {
  std::string name, subdomain;
  signalbox::plan plan = plan::free;
  user_fields admin;
};
[[nodiscard]] outcome<applied_change> found_account(const new_account& wanted, const change_context& context);

// Limits: everything has one. Lengths are in bytes of UTF-8.
inline constexpr std::size_t name_bytes_max = 200;
inline constexpr std::size_t email_bytes_max = 254;
inline constexpr milliseconds accept_within_min = std::chrono::seconds{1};
inline constexpr milliseconds accept_within_max = std::chrono::hours{24};
inline constexpr std::size_t pipelines_max = 100;
inline constexpr std::size_t pipeline_stages_max = 50;
inline constexpr std::size_t working_spans_max = 100;
inline constexpr std::size_t out_of_office_max = 100;
inline constexpr std::size_t holidays_max = 400;
inline constexpr std::size_t access_list_max = 5'000;  ///< users and teams named in one list or rule

}  // namespace signalbox
