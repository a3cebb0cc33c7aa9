// Webhooks over the real log, with a receiver that says what the test wants.
#include <gtest/gtest.h>

#include <set>

#include <caf/send.hpp>

#include "actors/account_log.hpp"
#include "actors/webhook_records.hpp"
#include "storage/keys.hpp"
#include "tests/support/world.hpp"

namespace signalbox {
namespace {

using namespace std::chrono_literals;

const webhook_answer good{200, "", false};
const webhook_answer broken{500, "", false};

struct Webhooks : testing::Test {
  world it;
  account_id acme = it.found("acme");
  channel_id chat = it.add_channel(acme, it.default_inbox(acme), "chat");

  void write(world& in, const std::string& thread, const std::string& id) {
    in.publish(acme, chat, {{thread, id}});
    in.run();
  }
  void write(const std::string& thread, const std::string& id) { write(it, thread, id); }
  webhook_id hook(std::vector<happening> events = {}) {
    return it.add_webhook(acme, "https://hooks.acme.example/", std::move(events));
  }
  const webhook& config_of(webhook_id which) { return *it.actors().configuration(acme)->webhooks.find(which); }
  std::vector<webhook_delivery> kept(webhook_id which) { return load_webhook_deliveries(*it.disk, acme, which); }
  static std::vector<std::string> bodies(const std::vector<webhook_post>& of) {
    std::vector<std::string> all;
    for (const auto& one : of) all.push_back(one.body.substr(one.body.find(' ') + 1));
    return all;
  }
  outcome<std::optional<std::size_t>> redeliver(webhook_id which, redelivery what, const std::string& key = {}) {
    return redeliver(it, which, what, key);
  }
  outcome<std::optional<std::size_t>> redeliver(world& in, webhook_id which, redelivery what, const std::string& key = {}) {
    std::optional<outcome<std::optional<std::size_t>>> result;
    caf::anon_send(*in.actors().webhook(acme, which),
                   ask_redelivery{in.admin(acme), what, key.empty() ? std::nullopt : std::optional{key},
                                  make_answer<std::optional<std::size_t>>(
                                      [&](outcome<std::optional<std::size_t>> said) { result = std::move(said); })});
    in.run();
    EXPECT_TRUE(result.has_value());
    return result.value_or(std::optional<std::size_t>{});
  }
  /// Answers well from now on, also what was posted before.
  static void receive_well(world& in) {
    in.receiver = [](const webhook_post&) { return good; };
    while (!in.posted.empty()) in.answer(0, 200);
    in.pass(1min);
  }
  static std::string id_of(const webhook_delivery& one) { return to_text(one.id()); }
};

using words_list = std::vector<std::string>;

TEST_F(Webhooks, AreToldWhatHappensFromTheirMakingOn) {
  it.receiver = [](const webhook_post&) { return good; };
  write("a", "m-1");
  const auto id = hook();
  EXPECT_TRUE(it.received.empty()) << "what was before isn't told";
  write("a", "m-2");
  write("b", "m-3");
  EXPECT_EQ(bodies(it.received), (words_list{"message.created", "conversation.created", "message.created"}));
  std::set<std::string> ids;
  for (const auto& one : it.received) {
    EXPECT_EQ(one.webhook, id);
    EXPECT_EQ(one.url, "https://hooks.acme.example/");
    EXPECT_EQ(one.secrets, words_list{"whsec_test"});
    EXPECT_TRUE(one.id.starts_with("evt_"));
    EXPECT_TRUE(one.body.starts_with(one.id));
    ids.insert(one.id);
  }
  EXPECT_EQ(ids.size(), 3u);
}

TEST_F(Webhooks, AreToldOnlyOfTheTypesThatTheyAskFor) {
  it.receiver = [](const webhook_post&) { return good; };
  hook({happening::conversation_created});
  write("a", "m-1");
  write("a", "m-2");
  EXPECT_EQ(bodies(it.received), words_list{"conversation.created"});
}

TEST_F(Webhooks, SeeNothingOfOtherAccounts) {
  it.receiver = [](const webhook_post&) { return good; };
  hook();
  // Some of these are in the same slot group, and so in the same log.
  for (int i = 0; i < 20; ++i) {
    const auto other = it.found("other-" + std::to_string(i));
    const auto channel = it.add_channel(other, it.default_inbox(other), "chat");
    it.publish(other, channel, {{"t", "m"}});
    it.run();
  }
  EXPECT_TRUE(it.received.empty());
  write("a", "m-1");
  EXPECT_EQ(it.received.size(), 3u);
}

TEST_F(Webhooks, AddNothingToTheCommitsOfMessages) {
  const auto keys_of = [&](world& in) {
    std::size_t n = 0;
    for (const auto from : {family::events, family::outbox, family::feeds})
      in.disk->scan(from, {}, {}, [&](std::string_view, std::string_view) {
        ++n;
        return true;
      });
    return n;
  };
  hook();
  write("a", "m-0");
  const auto commits = it.disk->commits();
  const auto before = keys_of(it);
  write("a", "m-1");
  EXPECT_EQ(keys_of(it) - before, 1u) << "its event, and nothing for the webhook";
  EXPECT_LE(it.disk->commits() - commits, 2u);
}

TEST_F(Webhooks, AFailingDeliveryHoldsBackItsConversationAlone) {
  hook({happening::message_created});
  write("a", "a-1");
  write("a", "a-2");
  write("b", "b-1");
  ASSERT_EQ(it.posted.size(), 2u) << "the first of each conversation";
  const auto first = it.posted[0].what.id;
  it.answer(0, 503);
  it.answer(0, 200);
  write("b", "b-2");
  write("a", "a-3");
  ASSERT_EQ(it.posted.size(), 1u);
  it.answer(0, 200);
  EXPECT_EQ(it.posted.size(), 0u);
  it.pass(3s);
  ASSERT_EQ(it.posted.size(), 1u);
  EXPECT_EQ(it.posted[0].what.id, first) << "the same id in every attempt";
  it.answer(0, 200);
  ASSERT_EQ(it.posted.size(), 1u) << "then the one behind it";
  it.answer(0, 200);
  ASSERT_EQ(it.posted.size(), 1u);
  it.answer(0, 200);
  it.pass(2s);
  EXPECT_TRUE(it.posted.empty());
}

TEST_F(Webhooks, AKillLosesNothingAndRepeatsUnderTheSameIds) {
  hook({happening::message_created});
  write("a", "a-1");
  write("a", "a-2");
  write("b", "b-1");
  it.answer(0, 500);
  std::set<std::string> wanted;
  for (const auto& one :
       read_account_log(*it.disk, acme, 0, 100, [](happening what) { return what == happening::message_created; }).items)
    wanted.insert(to_text(one.id()));
  ASSERT_EQ(wanted.size(), 3u);
  world after{it.crash()};
  receive_well(after);
  std::vector<std::string> ids;
  for (const auto& one : after.received) ids.push_back(one.id);
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()), wanted);
  world later{after.crash()};
  receive_well(later);
  EXPECT_TRUE(later.received.empty()) << "what was written as delivered isn't sent again";
}

TEST_F(Webhooks, GivenUpAfterADayADeliveryIsDeadAndCanBeSentAgain) {
  it.receiver = [](const webhook_post&) { return broken; };
  const auto id = hook({happening::message_created});
  write("a", "a-1");
  for (int hour = 0; hour < 26; ++hour) it.pass(1h);
  auto records = kept(id);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].state, webhook_delivery_state::dead);
  EXPECT_EQ(records[0].http_status, 500u);
  EXPECT_GT(records[0].attempts, 10u);
  const auto attempts = it.received.size();
  it.pass(24h);
  EXPECT_EQ(it.received.size(), attempts) << "nobody tries it any more";

  it.receiver = [](const webhook_post&) { return good; };
  const auto sent = redeliver(id, {records[0].id(), {}});
  EXPECT_EQ(std::get<std::optional<std::size_t>>(sent), 1u);
  EXPECT_EQ(it.received.size(), attempts + 1);
  EXPECT_EQ(it.received.back().id, id_of(records[0]));
  EXPECT_TRUE(kept(id).empty());
  const auto listed = list_webhook_deliveries(*it.disk, acme, config_of(id), webhook_delivery_state::delivered, {}, 10);
  ASSERT_EQ(listed.items.size(), 1u);
  EXPECT_EQ(listed.items[0].http_status, 200u);
}

TEST_F(Webhooks, AllDeadOnesOrAllFromAPositionAreSentAgain) {
  it.webhooks.limits.give_up_after = 1ms;
  it.receiver = [](const webhook_post&) { return broken; };
  const auto id = hook({happening::message_created});
  write("a", "a-1");
  write("b", "b-1");
  ASSERT_EQ(kept(id).size(), 2u);
  it.receiver = [](const webhook_post&) { return good; };
  const auto before = it.received.size();
  EXPECT_EQ(std::get<std::optional<std::size_t>>(redeliver(id, {})), 2u);
  EXPECT_EQ(it.received.size(), before + 2);
  EXPECT_EQ(std::get<std::optional<std::size_t>>(redeliver(id, {})), 0u);
  it.received.clear();
  EXPECT_EQ(std::get<std::optional<std::size_t>>(redeliver(id, {{}, 0})), std::nullopt);
  it.run();
  EXPECT_EQ(it.received.size(), 2u);
  const auto one = it.received[0].id;
  it.received.clear();
  EXPECT_EQ(std::get<std::optional<std::size_t>>(redeliver(id, {parse_id<account_event_id>(one), {}})), 1u);
  ASSERT_EQ(it.received.size(), 1u);
  EXPECT_EQ(it.received[0].id, one);
}

TEST_F(Webhooks, ARedeliveryWithAKeyIsMadeOnceAcrossACrash) {
  it.webhooks.limits.give_up_after = 1ms;
  it.receiver = [](const webhook_post&) { return broken; };
  const auto id = hook({happening::message_created});
  write("a", "a-1");
  write("b", "b-1");
  ASSERT_EQ(kept(id).size(), 2u);
  it.receiver = [](const webhook_post&) { return good; };
  const auto counted = [](const outcome<std::optional<std::size_t>>& of) { return std::get<std::optional<std::size_t>>(of); };
  EXPECT_EQ(counted(redeliver(id, {}, "dead")), 2u);
  EXPECT_EQ(counted(redeliver(id, {}, "dead")), 2u) << "the first answer, though nothing is dead any more";
  it.pass(2s);
  const auto one = parse_id<account_event_id>(it.received.back().id);
  const auto before = it.received.size();
  EXPECT_EQ(counted(redeliver(id, {one, {}}, "one")), 1u) << "looked up in the log";
  EXPECT_EQ(counted(redeliver(id, {{}, 0}, "all")), std::nullopt);
  it.pass(2s);
  const auto sent = it.received.size();
  EXPECT_EQ(sent, before + 3);

  const auto now = it.env().now();
  world next{it.crash(), actor_settings{}, now};
  next.receiver = [](const webhook_post&) { return good; };
  next.pass(5s);
  const auto repeated = next.received.size();  // what was delivered in the last second before may come twice
  EXPECT_EQ(counted(redeliver(next, id, {}, "dead")), 2u);
  EXPECT_EQ(counted(redeliver(next, id, {one, {}}, "one")), 1u);
  EXPECT_EQ(counted(redeliver(next, id, {{}, 0}, "all")), std::nullopt);
  next.pass(5s);
  EXPECT_EQ(next.received.size(), repeated) << "nothing was sent again";
  EXPECT_EQ(counted(redeliver(next, id, {{}, 0}, "other")), std::nullopt);
  next.pass(5s);
  EXPECT_EQ(next.received.size(), repeated + 2);
  next.pass(24h);
  EXPECT_EQ(counted(redeliver(next, id, {one, {}}, "one")), 1u);
  EXPECT_EQ(next.received.size(), repeated + 3) << "known for 24 hours";
}

TEST_F(Webhooks, UnknownDeliveriesAreNotFound) {
  const auto id = hook();
  write("a", "a-1");
  for (const std::uint64_t place : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 40}) {
    const auto no = redeliver(id, {account_event_id{place}, {}});
    ASSERT_TRUE(std::holds_alternative<refusal>(no)) << place;
    EXPECT_EQ(std::get<refusal>(no).code, refusal_code::not_found);
  }
}

TEST_F(Webhooks, FailingForDaysItIsPausedAndAUserResumesIt) {
  it.receiver = [](const webhook_post&) { return broken; };
  const auto id = hook({happening::message_created});
  for (int hour = 0; hour < 80 && !config_of(id).paused_since; ++hour) {
    write("t" + std::to_string(hour), "m" + std::to_string(hour));
    it.pass(1h);
  }
  ASSERT_TRUE(config_of(id).paused_since);
  EXPECT_FALSE(config_of(id).paused_reason.empty());
  const auto attempts = it.received.size();
  write("later", "later");
  it.pass(5h);
  EXPECT_EQ(it.received.size(), attempts) << "paused is paused";

  it.receiver = [](const webhook_post&) { return good; };
  update_webhook resume;
  resume.webhook = id;
  resume.resume = true;
  ASSERT_TRUE(std::holds_alternative<touched>(it.change(acme, resume)));
  it.pass(1min);
  EXPECT_FALSE(config_of(id).paused_since);
  EXPECT_GT(it.received.size(), attempts);
  for (const auto& one : kept(id)) EXPECT_EQ(one.state, webhook_delivery_state::dead);
}

TEST_F(Webhooks, SwitchedOffItRestsAndGoesOnWhereItStopped) {
  it.receiver = [](const webhook_post&) { return good; };
  const auto id = hook({happening::message_created});
  update_webhook off;
  off.webhook = id;
  off.fields.on = false;
  it.change(acme, off);
  write("a", "a-1");
  it.pass(1h);
  EXPECT_TRUE(it.received.empty());
  off.fields.on = true;
  it.change(acme, off);
  EXPECT_EQ(it.received.size(), 1u);
}

TEST_F(Webhooks, ARotatedOneIsSignedWithBothSecretsForADayAcrossAKill) {
  it.receiver = [](const webhook_post&) { return good; };
  const auto id = hook({happening::message_created});
  write("a", "a-1");
  ASSERT_TRUE(std::holds_alternative<touched>(it.change(acme, rotate_webhook_secret{id, "whsec_second", {}})));
  write("a", "a-2");
  it.pass(2s);
  ASSERT_EQ(it.received.size(), 2u);
  EXPECT_EQ(it.received[0].secrets, words_list{"whsec_test"});
  EXPECT_EQ(it.received[1].secrets, (words_list{"whsec_second", "whsec_test"}));

  world after{it.crash()};
  after.receiver = it.receiver;
  after.pass(23h);
  after.received.clear();
  write(after, "a", "a-3");
  ASSERT_EQ(after.received.size(), 1u);
  EXPECT_EQ(after.received[0].secrets, (words_list{"whsec_second", "whsec_test"}));
  after.pass(2h);
  write(after, "a", "a-4");
  ASSERT_EQ(after.received.size(), 2u);
  EXPECT_EQ(after.received[1].secrets, words_list{"whsec_second"});
}

TEST_F(Webhooks, ADeletedOneStopsAtOnceAndLeavesNothing) {
  const auto id = hook();
  write("a", "a-1");
  it.answer(0, 500);
  write("b", "b-1");
  ASSERT_FALSE(it.posted.empty());
  it.change(acme, delete_webhook{id});
  EXPECT_FALSE(it.cancelled.empty());
  EXPECT_EQ(it.cancelled.front(), id);
  const auto attempts = it.received.size();
  while (!it.posted.empty()) it.answer(0, 200);
  write("c", "c-1");
  it.pass(1h);
  EXPECT_EQ(it.received.size(), attempts);
  EXPECT_TRUE(kept(id).empty());
  EXPECT_FALSE(it.disk->get(family::state, keys::webhook_progress(acme, id)));
  EXPECT_TRUE(forgotten_webhooks(*it.disk, *it.actors().configuration(acme)).empty());
}

TEST_F(Webhooks, AReceiverThatLagsCostsABoundedWindow) {
  const auto id = hook({happening::message_created});
  for (int i = 0; i < 300; ++i) write("t" + std::to_string(i), "m" + std::to_string(i));
  EXPECT_LE(it.posted.size(), webhook_queue::bounds{}.at_once);
  EXPECT_LE(it.received.size(), webhook_queue::bounds{}.at_once);
  EXPECT_TRUE(kept(id).empty());
  while (!it.posted.empty()) it.answer(0, 200);
  EXPECT_EQ(it.received.size(), 300u) << "and in the end it has them all";
}

TEST_F(Webhooks, WhatWasCutOffByUsIsNoFailure) {
  const auto id = hook({happening::message_created});
  write("a", "a-1");
  ASSERT_EQ(it.posted.size(), 1u);
  it.posted[0].then({0, "the server is going down", true});
  it.run();
  EXPECT_TRUE(kept(id).empty());
  world after{it.crash()};
  EXPECT_EQ(after.received.size(), 1u) << "sent by the next start";
}

struct AccountLog : Webhooks {
  static constexpr auto any = [](happening) { return true; };
};

TEST_F(AccountLog, IsReadOnceAndInOrderByWhoeverFollowsNext) {
  for (int i = 0; i < 10; ++i) write("t" + std::to_string(i % 3), "m" + std::to_string(i));
  const auto whole = read_account_log(*it.disk, acme, 0, 100, any);
  std::vector<std::uint64_t> all;
  for (const auto& one : whole.items) all.push_back(one.id().value);
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
  EXPECT_FALSE(whole.looked_at.more);
  for (const std::size_t limit : {1u, 2u, 3u, 7u}) {
    std::vector<std::uint64_t> paged;
    std::uint64_t after = 0;
    for (int pages = 0; pages < 100; ++pages) {
      const auto page = read_account_log(*it.disk, acme, after, limit, any);
      for (const auto& one : page.items) paged.push_back(one.id().value);
      EXPECT_LE(page.items.size(), limit);
      EXPECT_GE(page.looked_at.up_to, after);
      after = page.looked_at.up_to;
      if (!page.looked_at.more) break;
    }
    EXPECT_EQ(paged, all) << limit;
  }
}

TEST_F(AccountLog, GoesOnWhereNothingWasWanted) {
  for (int i = 0; i < 10; ++i) write("t", "m" + std::to_string(i));
  const auto none = [](happening what) { return what == happening::comment_created; };
  std::uint64_t after = 0;
  int pages = 0;
  for (;; ++pages) {
    const auto page = read_account_log(*it.disk, acme, after, 10, none, log_budget{3, 1 << 20});
    EXPECT_TRUE(page.items.empty());
    if (!page.looked_at.more) break;
    EXPECT_GT(page.looked_at.up_to, after) << "a bounded look each, but always on";
    after = page.looked_at.up_to;
    ASSERT_LT(pages, 100);
  }
  EXPECT_GE(pages, 3);
}

TEST_F(AccountLog, KnowsNothingOfAnotherAccountsPlaces) {
  write("a", "a-1");
  const auto mine = read_account_log(*it.disk, acme, 0, 1, any);
  ASSERT_EQ(mine.items.size(), 1u);
  for (int i = 0; i < 40; ++i) {
    const auto other = it.found("other-" + std::to_string(i));
    for (const auto& one : read_account_log(*it.disk, other, 0, 10, any).items) EXPECT_EQ(one.of.what.account, other);
    const auto there = read_account_event(*it.disk, other, mine.items[0].id().value);
    EXPECT_TRUE(!there || there->of.what.account == other) << "at most one of its own";
  }
}

TEST_F(AccountLog, ADeletionIsToldThoughNobodyIsAssigned) {
  write("a", "a-1");
  const auto opened =
      read_account_log(*it.disk, acme, 0, 1, [](happening what) { return what == happening::conversation_created; });
  const auto which = opened.items.at(0).of.what.conversation;
  const auto boss = *it.admin(acme).user;
  ASSERT_TRUE(std::holds_alternative<conversation>(it.command(acme, boss, which, remove_conversation{})));
  const auto told = read_account_log(*it.disk, acme, opened.looked_at.up_to, 10,
                                     [](happening what) { return what == happening::conversation_updated; });
  ASSERT_EQ(told.items.size(), 1u);
  ASSERT_NE(told.items[0].of.conversation, nullptr);
  EXPECT_TRUE(told.items[0].of.conversation->deleted_at);
}

}  // namespace
}  // namespace signalbox
