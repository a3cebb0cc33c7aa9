// What connectors are told and handed, and what they say of it.
#include <caf/send.hpp>

#include "tests/actors/office.hpp"

namespace signalbox {
namespace {

using Connectors = office;

TEST_F(Connectors, S81_AConnectorIsToldWhatChangedBetweenItsWelcomeAndItsChannelKnowingOfIt) {
  w.change(company, create_token{token_kind::connector, "t", {chat}, "hash", {}, {}});
  const auto welcomed_by = w.actors().configuration(company);
  token_id token;
  welcomed_by->tokens.for_each([&](const auto& one) { token = one.id; });
  const auto attach = [&](config_snapshot greeted_by) {
    auto port = std::make_shared<noted_connector>();
    caf::anon_send(*w.actors().channel(company, chat), connector_attached{1, token, port, std::move(greeted_by)});
    w.run();
    return port;
  };
  EXPECT_TRUE(attach(welcomed_by)->changes.empty());
  w.change(company, update_channel{chat, false, std::nullopt, std::nullopt});
  const auto port = attach(welcomed_by);
  ASSERT_EQ(port->changes.size(), 1u);
  EXPECT_FALSE(port->changes[0].on);
  EXPECT_TRUE(attach(w.actors().configuration(company))->changes.empty());
  w.change(company, revoke_token{token});
  EXPECT_EQ(attach(welcomed_by)->closed, close_reason::unauthorised);
}

TEST_F(Connectors, AStatusThatIsDurableIsTheStoresToKnow) {
  staff(1);
  const auto which = write("t", "1");
  const message_id reply{w.env().next_id()};
  w.command(company, agents[0], which, reply_to_contact{reply, "\"text\":\"hi\""});
  const auto row = keys::out_status(company, reply);
  const auto as_accepted = w.disk->get(family::state, row);
  ASSERT_TRUE(as_accepted);
  w.report(company, chat, reply, message_status::delivered);
  ASSERT_NE(w.disk->get(family::state, row), as_accepted);
  const auto told = w.log(company).size();
  w.report(company, chat, reply, message_status::delivered);
  EXPECT_EQ(w.log(company).size(), told) << "it was delivered already";
  change_set back{keys::group_of(company)};
  back.put(family::state, row, *as_accepted);
  const change_set* const one = &back;
  std::uint64_t unused = 0;
  w.disk->commit({&one, 1}, {&unused, 1});
  w.report(company, chat, reply, message_status::delivered);
  EXPECT_EQ(w.log(company).size(), told + 1) << "it was kept in memory too";
}

TEST_F(Connectors, RepliesGoToTheConnectorUntilAnsweredAndTheirStatusToTheAgent) {
  staff(1);
  const auto which = write("t", "1");
  const auto first = w.connect(company, chat);
  const message_id reply{w.env().next_id()};
  w.command(company, agents[0], which, reply_to_contact{reply, "\"text\":\"hi\""});
  ASSERT_EQ(first->delivered.size(), 1u);
  EXPECT_EQ(first->delivered[0].message, reply);
  EXPECT_EQ(first->delivered[0].thread, "t");
  EXPECT_EQ(first->delivered[0].to_id, "visitor");
  auto second = w.connect(company, chat);
  ASSERT_EQ(second->delivered.size(), 1u);  // nobody answered
  EXPECT_EQ(first->delivered[0].attempt, 1u);
  EXPECT_EQ(second->delivered[0].attempt, 2u);
  w.report(company, chat, reply, message_status::sent);
  w.report(company, chat, reply, message_status::delivered);
  w.report(company, chat, reply, message_status::sent);  // never back
  EXPECT_EQ(w.connect(company, chat)->delivered.size(), 0u);
  std::vector<message_status> told;
  for (const auto& one : sockets[0]->seen)
    if (one.what.kind == event_kind::message_status) told.push_back(one.what.status);
  EXPECT_EQ(told, (std::vector{message_status::sent, message_status::delivered}));
}

TEST_F(Connectors, WhatTheOutboxHoldsIsCountedAfterARestartToo) {
  const auto shows = [](const world& in, int count) {
    return in.probe.exposition().find("\nsignalbox_queue_depth{queue=\"outbox\"} " + std::to_string(count) + "\n") !=
           std::string::npos;
  };
  staff(1);
  const auto which = write("t", "1");
  std::vector<message_id> replies;
  for (int i = 0; i < 2; ++i) {
    replies.emplace_back(w.env().next_id());
    w.command(company, agents[0], which, reply_to_contact{replies.back(), "\"text\":\"hi\""});
  }
  EXPECT_TRUE(shows(w, 2));
  world later{w.crash(), actor_settings{}, w.env().now()};
  EXPECT_EQ(later.connect(company, chat)->delivered.size(), 2u);
  EXPECT_TRUE(shows(later, 2));
  for (const auto reply : replies) later.report(company, chat, reply, message_status::sent);
  EXPECT_TRUE(shows(later, 0));
}

TEST_F(Connectors, WhatAConnectorLeavesUnansweredGoesToTheOneThatIsLeft) {
  staff(1);
  const auto which = write("t", "1");
  const auto first = w.connect(company, chat);
  const auto second = w.connect(company, chat);
  const message_id reply{w.env().next_id()};
  w.command(company, agents[0], which, reply_to_contact{reply, "\"text\":\"hi\""});
  ASSERT_EQ(second->delivered.size(), 1u);
  EXPECT_EQ(first->delivered.size(), 0u);
  w.disconnect(company, chat);
  ASSERT_EQ(first->delivered.size(), 1u);
  EXPECT_EQ(first->delivered[0].message, reply);
  EXPECT_EQ(first->delivered[0].attempt, 2u);
}

}  // namespace
}  // namespace signalbox
