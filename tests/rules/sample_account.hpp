/// An account to try rules on, built value by value without the checks of `apply`.
#pragma once

#include <string>

#include "rules/account.hpp"

namespace signalbox {

inline constexpr time_point noon{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2} + std::chrono::hours{12}};

struct sample_account {
  account_config config;
  std::uint64_t last_id = 0;

  sample_account() {
    config.account.id = {++last_id};
    config.account.name = "Acme";
    config.account.plan = plan::professional;
    config.account.created_at = noon;
  }

  user_id add_user(seat with, permissions may = {}) {
    user one;
    one.id = {++last_id};
    one.first_name = "User";
    one.last_name = std::to_string(last_id);
    one.email = "user" + std::to_string(last_id) + "@example.com";
    one.seat = with;
    one.permissions = may;
    one.created_at = noon;
    config.users.set(one.id, one);
    return one.id;
  }
  user_id add_agent() { return add_user(seat::paid); }
  user_id add_super_admin() { return add_user(seat::paid, {.super_admin = true}); }

  team_id add_team() {
    team one;
    one.id = {++last_id};
    one.name = "Team";
    config.teams.set(one.id, one);
    return one.id;
  }
  void join(user_id who, team_id team, bool main = true) {
    change(who, [&](user& u) { u.teams.push_back({team, main}); });
  }

  inbox_id add_inbox(bool is_default = false) {
    inbox one;
    one.id = {++last_id};
    one.name = "Inbox";
    one.is_default = is_default;
    config.inboxes.set(one.id, one);
    return one.id;
  }
  void restrict_to(inbox_id in, std::vector<user_id> users, std::vector<team_id> teams = {}) {
    change(in, [&](inbox& i) { i.access = {access_mode::specific, users, teams, 1}; });
  }

  channel_id add_channel(inbox_id in) {
    channel one;
    one.id = {++last_id};
    one.inbox = in;
    one.name = "Channel";
    config.channels.set(one.id, one);
    return one.id;
  }

  template <class F>
  void change(user_id who, F&& f) {
    user copy = *config.users.find(who);
    f(copy);
    config.users.set(who, copy);
  }
  template <class F>
  void change(inbox_id in, F&& f) {
    inbox copy = *config.inboxes.find(in);
    f(copy);
    config.inboxes.set(in, copy);
  }
  template <class F>
  void change(channel_id which, F&& f) {
    channel copy = *config.channels.find(which);
    f(copy);
    config.channels.set(which, copy);
  }

  [[nodiscard]] const user& of(user_id who) const { return *config.users.find(who); }
  [[nodiscard]] const inbox& of(inbox_id in) const { return *config.inboxes.find(in); }
  [[nodiscard]] const channel& of(channel_id which) const { return *config.channels.find(which); }
};

}  // namespace signalbox
