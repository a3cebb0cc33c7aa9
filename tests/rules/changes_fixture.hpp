/// Changes of one account, asked for by one user or another.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <utility>

#include "rules/account_changes.hpp"
#include "rules/text.hpp"
#include "tests/rules/sample_account.hpp"

namespace signalbox {

/// What the fields of a snapshot are, so that two can be compared.
inline std::string fingerprint(const account_config& config) {
  std::string out = config.account.name + "/" + std::to_string(static_cast<int>(config.account.plan)) + "/" +
                    std::to_string(config.account.version) + "/" + std::to_string(config.revision);
  const auto add = [&out](const auto& id) { out += " " + to_text(id); };
  for (const auto& u : config.users.ordered()) {
    add(u->id);
    out += u->first_name + u->email + std::to_string(u->version) + (u->active ? "a" : "-");
    for (const auto& m : u->teams) add(m.team), out += m.main ? "m" : "x";
  }
  for (const auto& t : config.teams.ordered()) add(t->id), out += t->name + std::to_string(t->version);
  for (const auto& i : config.inboxes.ordered()) {
    add(i->id);
    out += i->name + std::to_string(i->version) + "." + std::to_string(i->access.version);
    for (const auto u : i->access.users) add(u);
    for (const auto t : i->access.teams) add(t);
  }
  for (const auto& c : config.channels.ordered()) {
    add(c->id);
    out += c->name + (c->on ? "on" : "off") + std::to_string(c->version) + "." + std::to_string(c->assignment.version) + "." +
           std::to_string(c->tickets.version);
    for (const auto u : c->assignment.candidates.users) add(u);
  }
  for (const auto& p : config.pipelines.ordered()) add(p->id), out += p->name + std::to_string(p->version);
  for (const auto& t : config.tokens.ordered()) {
    add(t->id);
    for (const auto c : t->channels) add(c);
  }
  return out;
}

struct Changes : testing::Test {
  sample_account acme;
  inbox_id first_inbox = acme.add_inbox(true);
  channel_id mail = acme.add_channel(first_inbox);
  user_id boss = acme.add_super_admin();
  user_id access_admin = acme.add_user(seat::paid, {.account_access = true});
  user_id agent = acme.add_agent();
  user_id free_user = acme.add_user(seat::free);
  team_id crew = acme.add_team();
  std::set<std::string> emails_elsewhere;
  std::vector<touched> touched_last;

  change_context by(std::optional<user_id> who) {
    change_context context;
    if (who) {
      context.by.account = acme.config.account.id;
      context.by.user = who;
    }
    context.now = noon;
    context.make_id = [this] { return ++acme.last_id; };
    context.email_in_use = [this](const std::string& email) {
      bool here = false;
      acme.config.users.for_each([&](const user& one) { here = here || fold_case(one.email) == email; });
      return here || emails_elsewhere.contains(email);
    };
    return context;
  }

  outcome<applied_change> try_as(const change_context& context, const account_change& what) const {
    const auto before = fingerprint(acme.config);
    auto result = apply(acme.config, what, context);
    EXPECT_EQ(fingerprint(acme.config), before) << "the snapshot that was given is another's";
    if (const auto* applied = std::get_if<applied_change>(&result)) {
      EXPECT_EQ(applied->config.revision, acme.config.revision + (applied->all.empty() ? 0 : 1));
      if (applied->all.empty())
        EXPECT_EQ(fingerprint(applied->config), before);
      else
        EXPECT_EQ(applied->all.front(), applied->first);
    }
    return result;
  }

  /// Makes the change, which must be allowed; gives what it touched first.
  touched make_as(std::optional<user_id> who, const account_change& what) {
    auto result = try_as(by(who), what);
    if (const auto* no = std::get_if<refusal>(&result)) {
      ADD_FAILURE() << "refused: " << to_text(no->code) << " " << no->detail
                    << (no->errors.empty() ? "" : no->errors[0].pointer + " " + no->errors[0].detail);
      return account_id{};
    }
    auto& applied = std::get<applied_change>(result);
    acme.config = std::move(applied.config);
    touched_last = std::move(applied.all);
    return applied.first;
  }
  template <class Id>
  Id create(const account_change& what) {
    return std::get<Id>(make_as(boss, what));
  }

  std::optional<refusal_code> code(std::optional<user_id> who, const account_change& what) {
    const auto result = try_as(by(who), what);
    const auto* no = std::get_if<refusal>(&result);
    if (!no) return std::nullopt;
    EXPECT_FALSE(no->detail.empty());
    EXPECT_EQ(no->errors.empty(), no->code != refusal_code::invalid);
    return no->code;
  }
  /// The pointers of an `invalid` refusal.
  std::vector<std::string> pointers(const account_change& what) {
    const auto result = try_as(by(boss), what);
    const auto* no = std::get_if<refusal>(&result);
    std::vector<std::string> all;
    if (!no) return all;
    EXPECT_EQ(no->code, refusal_code::invalid) << no->detail;
    for (const auto& error : no->errors) all.push_back(error.pointer);
    return all;
  }
  using strings = std::vector<std::string>;
};

inline user_fields person(std::string email, seat with = seat::paid) {
  user_fields fields;
  fields.first_name = "Ada";
  fields.last_name = "Lovelace";
  fields.email = std::move(email);
  fields.seat = with;
  return fields;
}

}  // namespace signalbox
