/// An account's configuration, written as the resources of the HTTP API.
#pragma once

#include <string>
#include <vector>

#include "rules/account.hpp"

namespace signalbox {

void append_account(std::string& out, const account& of);
void append_inbox(std::string& out, const inbox& of);
void append_access(std::string& out, const access_list& of);
/// The settings and their version, as members without braces: the addresses come from the account's configuration.
void append_fallback_settings(std::string& out, const fallback_email& of);
void append_filters(std::string& out, const mail_filters& of);
void append_channel(std::string& out, const channel& of);
/// Without its secret, which nobody has.
void append_token(std::string& out, const token& of);

/// Without its secret.
void append_webhook(std::string& out, const webhook& of);

struct shown_member {
  user_id user;
  bool main = true;
};
void append_team(std::string& out, const team& of, const std::vector<shown_member>& members);
/// The members of one team, ordered by id.
[[nodiscard]] std::vector<shown_member> shown_members(const account_config& config, team_id of);

/// Without its members.
void append_team(std::string& out, const team& of);

/// The rule as it was set.
void append_assignment_rule(std::string& out, const assignment_rule& rule);
/// The same, and in `skipped` whom it names but passes over, with the reason (S61, S62).
void append_assignment_rule(std::string& out, const account_config& config, const channel& of);

}  // namespace signalbox
