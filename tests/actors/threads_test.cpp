// Which of a thread's conversations its messages go to, when some of them were deleted and came back.
#include <gtest/gtest.h>

#include <caf/send.hpp>
#include <map>
#include <string>
#include <vector>

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
  conversation_id write(const std::string& thread = "t") {
    const auto frame = w->publish(company, chat, {{thread, std::to_string(++sent)}});
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
  /// Without waiting for anything; `answers` counts.
  void ask(conversation_id which, conversation_command what, std::optional<user_id> who = {}) {
    principal by;
    by.account = company;
    by.user = who.value_or(ann);
    caf::anon_send(*w->actors().agent(company, *by.user),
                   command_from_agent{by, which, std::move(what), "",
                                      make_answer<carried_out>([this](outcome<carried_out>) { ++answers; })});
  }
  void ask_for_access(access_list wanted) {
    using made = std::pair<config_snapshot, touched>;
    caf::anon_send(
        *w->actors().account(company),
        change_account{
            w->admin(company), set_access{second, std::move(wanted), {}}, {}, make_answer<made>([](outcome<made>) {})});
  }
  conversation_id moved_and_deleted(const std::string& thread) {
    const auto which = write(thread);
    done(which, move_conversation{second});
    done(which, remove_conversation{});
    return which;
  }
  [[nodiscard]] std::vector<conversation> open_ones(const std::string& thread) const {
    std::vector<conversation> open;
    const auto prefix = std::string{keys::conversation(company, {})}.substr(0, keys::owner_bytes + 1);
    w->disk->scan(family::state, prefix, keys::after_prefix(prefix), [&](std::string_view, std::string_view record) {
      auto one = decode_conversation(record).value;
      if (one.thread == thread && one.status == conversation_status::open && !one.deleted_at) open.push_back(std::move(one));
      return true;
    });
    return open;
  }
  void crash() { w = std::make_unique<world>(w->crash(), actor_settings{}, w->env().now()); }

  std::unique_ptr<world> w = std::make_unique<world>();
  account_id company;
  inbox_id first, second;
  channel_id chat;
  user_id ann;
  int sent = 0;
  int answers = 0;
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

TEST_F(Threads, MessagesOfAFrameFindTheirsWhetherInMemoryNewOrOnDiskAlone) {
  const auto a = write("a"), b = write("b"), gone = write("gone");
  done(gone, remove_conversation{});
  const auto in_one_frame = [&] {
    std::vector<std::optional<conversation_id>> found;
    std::vector<written> all;
    for (const auto* thread : {"gone", "new", "b", "gone", "new", "a", "b"}) all.push_back({thread, std::to_string(++sent)});
    const auto frame = w->publish(company, chat, all);
    w->run();
    for (const auto& one : frame->results) found.push_back(one.conversation);
    return found;
  };
  const auto found = in_one_frame();
  EXPECT_NE(found[0], gone);
  EXPECT_EQ(found[3], found[0]) << "the first message behind the deleted one opened the only newer one";
  EXPECT_EQ(found[4], found[1]);
  EXPECT_EQ(found[2], b);
  EXPECT_EQ(found[5], a);
  EXPECT_EQ(found[6], b);
  crash();
  EXPECT_EQ(in_one_frame(), found);
  done(*found[0], remove_conversation{});
  crash();
  const auto later = in_one_frame();
  EXPECT_NE(later[0], found[0]);
  EXPECT_EQ(later[3], later[0]) << "nor after a restart, when the deleted one is read from the disk";
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

/// Its own INBOX restores it while its channel's INBOX looks where a message belongs.
TEST_F(Threads, A38_A44_AMovedOnesRestoreBesideAMessageLeavesOneOpen) {
  std::map<bool, int> message_is_in_old;
  for (std::uint64_t seed = 1; seed <= 80; ++seed) {
    const auto thread = "t" + std::to_string(seed);
    const auto old = moved_and_deleted(thread);
    w->seed = seed;
    w->shuffled = true;
    answers = 0;
    std::vector<frame_pointer> frames;
    const auto publish = [&] { frames.push_back(w->publish(company, chat, {{thread, std::to_string(++sent)}})); };
    if (seed % 2 == 0) publish();
    ask(old, restore_conversation{});
    w->run_some(seed % 7);
    publish();
    if (seed % 3 == 0) ask(old, restore_conversation{});
    w->run_some(seed % 5);
    publish();
    w->run();
    EXPECT_EQ(answers, seed % 3 == 0 ? 2 : 1);
    const auto open = open_ones(thread);
    ASSERT_EQ(open.size(), 1u) << "seed " << seed;
    EXPECT_FALSE(now(old).deleted_at);
    for (const auto& one : frames) {
      ASSERT_TRUE(w->was_answered(one));
      EXPECT_EQ(one->results[0].conversation, open[0].id) << "seed " << seed;
    }
    ++message_is_in_old[open[0].id == old];
    EXPECT_EQ(write(thread), open[0].id);
    w->shuffled = false;
  }
  EXPECT_GT(message_is_in_old[true], 0) << "nothing was tried";
  EXPECT_GT(message_is_in_old[false], 0) << "nothing was tried";
}

/// The channel's INBOX expects it back, and then it isn't restored: the message comes home and begins a new one.
TEST_F(Threads, A44_ARestoreThatIsRefusedAfterAllTakesNoMessages) {
  int refused = 0;
  for (std::size_t n = 0; n < 600; ++n) {
    const auto thread = "t" + std::to_string(n);
    const auto old = moved_and_deleted(thread);
    w->seed = n + 1;
    w->shuffled = true;
    ask_for_access({access_mode::specific, {*w->admin(company).user}, {}, 1});
    w->run_some(n % 20);
    ask(old, restore_conversation{});
    w->run_some(n % 8);
    const auto frame = w->publish(company, chat, {{thread, std::to_string(++sent)}});
    if (n % 3 == 0) {
      w->run_some(n % 23);
      ask(old, restore_conversation{}, *w->admin(company).user);  // who may
    }
    w->run();
    EXPECT_TRUE(w->was_answered(frame));
    const auto open = open_ones(thread);
    ASSERT_EQ(open.size(), 1u) << "at " << n;
    EXPECT_EQ(write(thread), open[0].id);
    w->shuffled = false;
    ask_for_access({});
    w->run();
    if (!now(old).deleted_at) continue;
    ++refused;
    done(old, restore_conversation{});
    expect_closed(old);
  }
  EXPECT_GT(refused, 0) << "nothing was tried";
}

TEST_F(Threads, A44_ARestartInPlaceDuringAMovedOnesRestoreLeavesOneOpen) {
  for (int n = 0; n < 40; ++n) {
    const auto thread = "t" + std::to_string(n);
    const auto old = moved_and_deleted(thread);
    w->seed = static_cast<std::uint64_t>(n) + 1;
    w->shuffled = true;
    answers = 0;
    ask(old, restore_conversation{});
    w->run_some(static_cast<std::size_t>(n) % 6);
    const auto frame = w->publish(company, chat, {{thread, std::to_string(++sent)}});
    w->run_and_restart_after(n / 2);
    EXPECT_FALSE(w->fatal) << *w->fatal;
    EXPECT_EQ(answers, 1) << "at " << n;
    EXPECT_TRUE(w->was_answered(frame)) << "at " << n;
    const auto where = write(thread);
    const auto open = open_ones(thread);
    ASSERT_EQ(open.size(), 1u) << "at " << n;
    EXPECT_EQ(open[0].id, where);
    w->shuffled = false;
    w->logged.clear();
  }
}

}  // namespace
}  // namespace signalbox
