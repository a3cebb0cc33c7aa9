/// An account's configuration as values: what ACCOUNT owns, everyone else reads as one immutable snapshot.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rules/cow_map.hpp"
#include "rules/fallback_email.hpp"
#include "rules/ids.hpp"
#include "rules/mail_filters.hpp"
#include "rules/time.hpp"
#include "rules/webhook.hpp"

namespace signalbox {

enum class plan { free, starter, professional, enterprise };  // S1
enum class seat { free, paid };                               // S18
enum class access_mode { everyone, specific };                // S9
enum class channel_type { custom, email, chat, form, messenger, whatsapp };
inline constexpr std::size_t channel_types_known = 6;
enum class assign_to { specific, contact_owner };       // S50
enum class strategy { balanced, round_robin, random };  // S51
enum class priority { low, normal, high, urgent };
enum class token_kind { session, user, connector };
/// Whose a ticket is: S66. `conversation_owner` follows the assignee; `contact_owner` is looked up once.
enum class ticket_owner { conversation_owner, none, contact_owner, user };

/// Creating inboxes and moving conversations between them (S4, S72, S73, A41).
[[nodiscard]] constexpr bool may_have_more_inboxes(plan of) { return of == plan::professional || of == plan::enterprise; }

/// Every resource counts its changes, for If-Match.
using version_number = std::uint64_t;

struct account {
  account_id id;
  std::string name;
  std::string subdomain;
  signalbox::plan plan = plan::free;
  time_point created_at;
  version_number version = 1;
  bool operator==(const account&) const = default;
};

struct permissions {
  bool super_admin = false;
  bool account_access = false;
  bool availability_management = false;
  bool operator==(const permissions&) const = default;
  /// May view every conversation (S13) and edit every inbox's settings (S17, A2).
  [[nodiscard]] bool administers() const { return super_admin || account_access; }
};

struct team_membership {
  team_id team;
  bool main = true;  ///< only main members are meant when a rule names the team (A18)
  bool operator==(const team_membership&) const = default;
};

/// A weekly span on the wall clock, minutes after midnight; 24:00 is 1440. With `from > to` it ends on the next day.
struct working_span {
  std::uint8_t weekday = 0;  ///< of its begin: 0 Monday … 6 Sunday
  std::uint16_t from_minute = 0;
  std::uint16_t to_minute = 0;
  bool operator==(const working_span&) const = default;
};

/// The hours of each week in a time zone, without the holidays. Names of zones are IANA's.
struct timetable {
  std::string time_zone = "UTC";
  std::vector<working_span> hours{};              ///< empty: all of every day
  std::vector<std::chrono::sys_days> holidays{};  ///< whole days there, ordered, each once
  bool operator==(const timetable&) const = default;
};

/// A28: not at work in [from, to).
struct out_of_office_span {
  time_point from;
  time_point to;
  std::optional<std::string> note;
  bool operator==(const out_of_office_span&) const = default;
};

/// How many open conversations of each channel type a user is given at most; absent: no limit of that type.
using type_capacities = std::array<std::optional<std::uint32_t>, channel_types_known>;

struct user {
  user_id id;
  std::string first_name;
  std::string last_name;
  std::string email;
  std::string password_hash;  ///< argon2id in its encoded form; never leaves the server. Empty: can't log in by password
  signalbox::seat seat = seat::free;
  signalbox::permissions permissions;
  std::vector<team_membership> teams;
  std::optional<std::uint32_t> capacity;  ///< open conversations, beyond which the rule gives no more (A33); absent: no limit
  type_capacities capacity_by_type{};
  std::string time_zone = "UTC";
  std::vector<working_span> working_hours;        ///< empty: always within (A27)
  std::vector<out_of_office_span> out_of_office;  ///< ordered by begin; they may overlap
  bool active = true;
  time_point created_at;
  version_number version = 1;
  bool operator==(const user&) const = default;
};

/// Members are kept with the users (`user::teams`), in one place.
struct team {
  team_id id;
  std::string name;
  time_point created_at;
  version_number version = 1;
  bool operator==(const team&) const = default;
};

struct access_list {
  access_mode mode = access_mode::everyone;
  std::vector<user_id> users;
  std::vector<team_id> teams;
  version_number version = 1;
  bool operator==(const access_list&) const = default;
};

struct inbox {
  inbox_id id;
  std::string name;
  bool is_default = false;  ///< made with the account, can't be deleted (S5, A62)
  access_list access;
  time_point created_at;
  version_number version = 1;
  fallback_email fallback{};
  mail_filters filters{};
  bool operator==(const inbox&) const = default;
};

struct people {
  std::vector<user_id> users;
  std::vector<team_id> teams;
  bool operator==(const people&) const = default;
};

struct assignment_rule {
  bool enabled = false;  // S49
  signalbox::assign_to assign_to = assign_to::specific;
  people candidates{};
  bool only_available = true;  // S57
  signalbox::strategy strategy = strategy::balanced;
  bool queue = true;                                // S58
  people fallback{};                                // S53
  signalbox::priority priority = priority::normal;  ///< of conversations that it opens
  /// The agent must accept what they are given within this time, or it goes to the next one; absent: receiving it is enough.
  std::optional<milliseconds> accept_within{};
  version_number version = 1;
  bool operator==(const assignment_rule&) const = default;
};

/// Where a ticket stands on its way. `closed`: the tickets there are done with.
struct pipeline_stage {
  stage_id id;
  std::string name;
  bool closed = false;
  bool operator==(const pipeline_stage&) const = default;
};

/// The way of tickets, stage by stage; a ticket begins in the first one unless told otherwise. Never without a stage.
struct pipeline {
  pipeline_id id;
  std::string name;
  bool is_default = false;  ///< every account has one, which can't be deleted
  std::vector<pipeline_stage> stages;
  time_point created_at;
  version_number version = 1;
  bool operator==(const pipeline&) const = default;
};

struct ticket_owner_choice {
  ticket_owner kind = ticket_owner::conversation_owner;
  std::optional<user_id> user{};  ///< of `ticket_owner::user`
  bool operator==(const ticket_owner_choice&) const = default;
};

/// "Treat conversations as support tickets", of one channel.
struct ticket_rule {
  bool enabled = false;                   // S63
  std::optional<pipeline_id> pipeline{};  ///< absent: the account's default one (S64)
  std::optional<stage_id> stage{};        ///< absent: the pipeline's first
  ticket_owner_choice owner{};
  version_number version = 1;
  bool operator==(const ticket_rule&) const = default;
};

struct channel {
  channel_id id;
  inbox_id inbox;
  channel_type type = channel_type::custom;
  std::string name;
  bool on = true;  // S77
  bool authorized = true;
  assignment_rule assignment;
  ticket_rule tickets{};
  std::optional<timetable> business_hours{};  ///< A25; absent: always
  time_point created_at;
  version_number version = 1;
  std::optional<std::string> address{};  ///< of an e-mail channel: connected to one inbox only, on the whole server (A4)
  bool operator==(const channel&) const = default;
};

/// The channels of an account, and of each of its inboxes: an account may have 100,000. Shared by its copies as any cow_map is.
class channel_map : private cow_map<channel_id, channel> {
  using all = cow_map<channel_id, channel>;

public:
  using all::find, all::share, all::size, all::ordered, all::for_each;
  using all::key_type, all::mapped_type;

  void set(channel_id key, channel value);
  void erase(channel_id key);

  /// Those of an inbox, in the order of their ids; valid until this map is changed.
  [[nodiscard]] std::span<const channel_id> of(inbox_id inbox) const;

  [[nodiscard]] bool is_unchanged_copy_of(const channel_map& other) const { return all::is_unchanged_copy_of(other); }
  template <class F>
  void for_each_difference(const channel_map& before, F&& f) const {
    all::for_each_difference(before, f);
  }

private:
  void leave(inbox_id inbox, channel_id key);

  cow_map<inbox_id, std::vector<channel_id>> of_inbox_;
};

/// A bearer token. Its text is `sbx_` + account digits + token digits + secret; only the secret's hash is kept.
struct token {
  token_id id;
  token_kind kind = token_kind::user;
  std::string name;
  std::optional<user_id> user;       ///< whose it is: session and user tokens
  std::vector<channel_id> channels;  ///< what a connector's token may serve
  std::string secret_hash;           ///< 32 bytes
  std::optional<time_point> expires_at;
  time_point created_at;
  bool operator==(const token&) const = default;
};

/// The whole of an account at one moment. Readers hold it as `std::shared_ptr<const account_config>` and never lock.
struct account_config {
  signalbox::account account;
  std::uint64_t revision = 0;  ///< rises with every change; decision records name it
  cow_map<user_id, user> users;
  cow_map<team_id, team> teams;
  cow_map<inbox_id, inbox> inboxes;
  channel_map channels;
  cow_map<token_id, token> tokens;
  cow_map<webhook_id, webhook> webhooks;
  mail_domains domains;  ///< the operator's, in every snapshot; not the account's and not in its records
  cow_map<pipeline_id, pipeline> pipelines;
};
using config_snapshot = std::shared_ptr<const account_config>;

/// Who asks. `user` for sessions and user tokens, `connector` for connector tokens; neither for the server's operator.
struct principal {
  std::optional<account_id> account;  ///< absent for the operator
  std::optional<user_id> user;
  std::optional<token_id> token;
  std::vector<channel_id> channels;  ///< of a connector's token
  [[nodiscard]] bool is_operator() const { return !account; }
  [[nodiscard]] bool is_connector() const { return account && !user; }
};

/// Words of the wire, both ways; parse gives nothing for an unknown word.
[[nodiscard]] std::string_view to_text(plan of);
[[nodiscard]] std::string_view to_text(seat of);
[[nodiscard]] std::string_view to_text(access_mode of);
[[nodiscard]] std::string_view to_text(channel_type of);
[[nodiscard]] std::string_view to_text(assign_to of);
[[nodiscard]] std::string_view to_text(strategy of);
[[nodiscard]] std::string_view to_text(priority of);
[[nodiscard]] std::string_view to_text(token_kind of);
[[nodiscard]] std::string_view to_text(ticket_owner of);
[[nodiscard]] std::optional<plan> parse_plan(std::string_view text);
[[nodiscard]] std::optional<seat> parse_seat(std::string_view text);
[[nodiscard]] std::optional<access_mode> parse_access_mode(std::string_view text);
[[nodiscard]] std::optional<channel_type> parse_channel_type(std::string_view text);
[[nodiscard]] std::optional<assign_to> parse_assign_to(std::string_view text);
[[nodiscard]] std::optional<strategy> parse_strategy(std::string_view text);
[[nodiscard]] std::optional<priority> parse_priority(std::string_view text);
[[nodiscard]] std::optional<ticket_owner> parse_ticket_owner(std::string_view text);  ///< all but `user`, whose word is an id

}  // namespace signalbox
