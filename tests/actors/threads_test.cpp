// Which of a thread's conversations its messages go to, when some of them were deleted and came back.
#include <gtest/gtest.h>

#include <caf/send.hpp>

#include "actors/conversation_reader.hpp"
#include "storage/keys.hpp"
#include "tests/support/world.hpp"

namespace signalbox {
namespace {

using namespace std::chrono_literals;

struct Threads : testing::Test {
  Threads() {
    company = w->found("acme");
    first = w->default_inbox(company);
    second = std::get<inbox_id>(std::get<touched>(w->change(company, create_inbox{"second", {}})));
    chat = w->add_channel(company, first, "chat");
    ann = w->add_agent(company, "ann");
  }
  conversation_id write() {
    const auto frame = w->publish(company, chat, {{"t", std::to_string(++sent)}});
    w->run();
    EXPECT_EQ(frame->results[0].status, publish_status::accepted);
    return *frame->results[0].conversation;
  }
  std::optional<refusal_code> act(conversation_id which, conversation_command what) {
    w->pass(1ms);
    const auto done = w->command(company, ann, which, std::move(what));
    if (const auto* no = std::get_if<refusal>(&done)) return no->code;
    EXPECT_EQ(std::get<conversation>(done).version, now(which).version) << "answered with what is durable";
    EXPECT_EQ(std::get<conversation>(done).status, now(which).status);
    return std::nullopt;
  }
  void done(conversation_id which, conversation_command what) { EXPECT_EQ(act(which, std::move(what)), std::nullopt); }
  conversation now(conversation_id which) { return *w->stored(company, which); }
  void expect_closed(conversation_id which) {
    EXPECT_FALSE(now(which).deleted_at);
    EXPECT_EQ(now(which).status, conversation_status::closed);
    EXPECT_TRUE(now(which).closed_at);
    EXPECT_EQ(act(which, set_status{conversation_status::open}), refusal_code::conflict);
    EXPECT_EQ(act(which, assign{ann}), refusal_code::conflict);
    EXPECT_EQ(now(which).status, conversation_status::closed);
  }
  void crash() { w = std::make_unique<world>(w->crash(), actor_settings{}, w->env().now()); }

  std::unique_ptr<world> w = std::make_unique<world>();
  account_id company;
  inbox_id first, second;
  channel_id chat;
  user_id ann;
  int sent = 0;
};

TEST_F(Threads, A44_OneThatTheThreadStillLeadsToComesBackAsItWas) {
  const auto which = write();
  done(which, assign{ann});
  done(which, remove_conversation{});
  done(which, restore_conversation{});
  EXPECT_EQ(now(which).status, conversation_status::open);
  EXPECT_EQ(write(), which);
  done(which, set_status{conversation_status::closed});
  done(which, set_status{conversation_status::open});
}

TEST_F(Threads, A38_A44_OneWhoseThreadWentOnComesBackClosedAndStaysThat) {
  const auto old = write();
  done(old, assign{ann});
  done(old, remove_conversation{});
  const auto fresh = write();
  ASSERT_NE(fresh, old);
  done(old, restore_conversation{});
  expect_closed(old);
  EXPECT_EQ(write(), fresh);
  EXPECT_EQ(now(fresh).status, conversation_status::open);

  caf::anon_send(*w->actors().inbox(company, first), prepare_read{old, [] {}});
  w->run();
  const auto history = read_history(*w->disk, company, old, 0, 100);
  ASSERT_FALSE(history.empty());
  EXPECT_EQ(history.back().what.kind, event_kind::status);
  EXPECT_EQ(history.back().what.conversation_status_now, conversation_status::closed);
  EXPECT_EQ(history.back().what.by, ann);
}

TEST_F(Threads, A44_AClosedOneKeepsWhenItWasClosed) {
  const auto old = write();
  done(old, set_status{conversation_status::closed});
  const auto closed_at = now(old).closed_at;
  done(old, remove_conversation{});
  (void)write();
  done(old, restore_conversation{});
  EXPECT_EQ(now(old).closed_at, closed_at);
  expect_closed(old);
}

TEST_F(Threads, WhatAnOlderOneIsAskedFirstAfterACrashTakesNoMessages) {
  const auto old = write();
  done(old, remove_conversation{});
  const auto fresh = write();
  crash();
  done(old, restore_conversation{});
  expect_closed(old);
  EXPECT_EQ(write(), fresh);
  crash();
  expect_closed(old);
  EXPECT_EQ(write(), fresh);
}

TEST_F(Threads, AClosedNewerOneIsReopenedByTheNextMessage) {
  const auto old = write();
  done(old, remove_conversation{});
  const auto fresh = write();
  done(fresh, set_status{conversation_status::closed});
  done(old, restore_conversation{});
  expect_closed(old);
  EXPECT_EQ(write(), fresh);
  EXPECT_EQ(now(fresh).status, conversation_status::open);
}

TEST_F(Threads, OfTwoDeletedOnesTheNewestMayBeOpenAgain) {
  const auto old = write();
  done(old, remove_conversation{});
  const auto fresh = write();
  done(fresh, remove_conversation{});
  done(old, restore_conversation{});
  expect_closed(old);
  done(fresh, restore_conversation{});
  EXPECT_EQ(now(fresh).status, conversation_status::open);
  EXPECT_EQ(write(), fresh);
}

TEST_F(Threads, A41_AMovedOneIsHeldToTheSame) {
  const auto old = write();
  done(old, move_conversation{second});
  done(old, remove_conversation{});
  const auto fresh = write();
  ASSERT_EQ(now(fresh).inbox, first);
  done(old, restore_conversation{});
  expect_closed(old);
  done(old, move_conversation{first});
  expect_closed(old);
  EXPECT_EQ(write(), fresh);
}

}  // namespace
}  // namespace signalbox
