#include "rules/view.hpp"

#include <gtest/gtest.h>

#include "tests/rules/sample_account.hpp"

namespace signalbox {
namespace {

conversation with_id(std::uint64_t id) {
  conversation out;
  out.id = {id};
  return out;
}

TEST(Views, A45_EveryConversationIsInOneClass) {
  conversation of;
  EXPECT_EQ(class_of(of), list_class::unassigned);
  of.waiting_since = noon;
  EXPECT_EQ(class_of(of), list_class::waiting);
  of.waiting_since.reset();
  of.assignee = team_id{4};
  EXPECT_EQ(class_of(of), list_class::assigned);
  of.status = conversation_status::closed;
  EXPECT_EQ(class_of(of), list_class::closed_assigned);
  of.assignee = {};
  EXPECT_EQ(class_of(of), list_class::closed_unassigned);
  of.spam = true;
  EXPECT_EQ(class_of(of), list_class::spam);
  of.deleted_at = noon;
  EXPECT_EQ(class_of(of), list_class::hidden);
  of.spam = false;
  EXPECT_EQ(class_of(of), list_class::deleted);
}

TEST(Views, WhatWaitsCountsAsUnassignedAndOpen) {
  class_counts all{};
  const auto set = [&](list_class in, std::int64_t count) { all[static_cast<std::size_t>(in)] = count; };
  set(list_class::assigned, 1);
  set(list_class::unassigned, 2);
  set(list_class::waiting, 4);
  set(list_class::closed_assigned, 8);
  set(list_class::closed_unassigned, 16);
  set(list_class::spam, 32);
  set(list_class::deleted, 64);
  set(list_class::hidden, 128);
  EXPECT_EQ(counts_of(all), (view_counts{.open = 7, .closed = 24, .unassigned = 6, .waiting = 4, .spam = 32, .deleted = 64}));
}

TEST(Views, ADifferenceHasWholeRowsThatChangedAndIdsOfThoseThatLeft) {
  view_picture before{{with_id(3), with_id(2), with_id(1)}, {.open = 3}};
  view_picture now{{with_id(4), with_id(2), with_id(3)}, {.open = 3}};
  now.rows[1].version = 2;
  const auto change = difference(before, now);
  ASSERT_EQ(change.rows.size(), 2u);
  EXPECT_EQ(change.rows[0], &now.rows[0]);
  EXPECT_EQ(change.rows[1], &now.rows[1]);
  EXPECT_EQ(change.gone, std::vector<conversation_id>{{1}});
  EXPECT_FALSE(change.counts);
  EXPECT_FALSE(change.nothing());
}

TEST(Views, NothingChangedIsNothing) {
  const view_picture one{{with_id(3)}, {.open = 1}};
  EXPECT_TRUE(difference(one, one).nothing());
  auto counted = one;
  counted.counts.closed = 1;
  EXPECT_TRUE(difference(one, counted).counts);
  EXPECT_FALSE(difference(one, counted).nothing());
}

TEST(Views, S12_S13_WhoMayViewTheInboxMayWatchIt) {
  sample_account acme;
  const auto chosen = acme.add_agent();
  const auto other = acme.add_agent();
  const auto admin = acme.add_super_admin();
  const auto inbox = acme.add_inbox();
  acme.restrict_to(inbox, {chosen});
  const auto code = [&](user_id who, inbox_id in) -> std::optional<refusal_code> {
    const auto no = refuse_watch(acme.config, who, in);
    return no ? std::optional{no->code} : std::nullopt;
  };
  EXPECT_EQ(code(chosen, inbox), std::nullopt);
  EXPECT_EQ(code(admin, inbox), std::nullopt);
  EXPECT_EQ(code(other, inbox), refusal_code::access_denied);
  EXPECT_EQ(code(chosen, inbox_id{999}), refusal_code::not_found);
  EXPECT_EQ(code(user_id{999}, inbox), refusal_code::unauthorized);
  acme.change(chosen, [](user& one) { one.active = false; });
  EXPECT_EQ(code(chosen, inbox), refusal_code::unauthorized);
}

TEST(Views, NamesAreReadAsTheyAreWritten) {
  for (const auto one : {view::all, view::mine, view::unassigned, view::waiting, view::spam, view::deleted})
    EXPECT_EQ(parse_view(to_text(one)), one);
  EXPECT_EQ(parse_view("closed"), std::nullopt);
}

}  // namespace
}  // namespace signalbox
