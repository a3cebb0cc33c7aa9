// A44, A49-A51: what goes for good, and that nothing of it stays.
#include <gtest/gtest.h>

#include "actors/account_log.hpp"
#include "actors/conversation_reader.hpp"
#include "rules/retention.hpp"
#include "storage/keys.hpp"
#include "storage/list_counts.hpp"
#include "storage/verify.hpp"
#include "tests/support/world.hpp"

namespace signalbox {
namespace {

using namespace std::chrono_literals;

struct Purging : testing::Test {
  std::unique_ptr<world> w = std::make_unique<world>();
  account_id acme = w->found("acme");
  inbox_id in = w->default_inbox(acme);
  channel_id chat = w->add_channel(acme, in, "chat");
  channel_id mail = w->add_email_channel(acme, in, "team@acme.example");
  user_id ann = w->add_agent(acme, "ann");
  std::shared_ptr<noted_socket> socket = w->attach(acme, ann);

  conversation_id write(const std::string& thread, const std::string& id, const std::string& text = "hello",
                        std::optional<channel_id> on = {}, const std::string& email = "") {
    const auto frame = w->publish(acme, on.value_or(chat), {{thread, id, text, thread, "", email}});
    w->run();
    EXPECT_TRUE(w->was_answered(frame));
    EXPECT_EQ(frame->results[0].status, publish_status::accepted);
    return frame->results[0].conversation.value_or(conversation_id{});
  }
  std::optional<refusal_code> attempt(conversation_id on, conversation_command what) {
    const auto done = w->command(acme, ann, on, std::move(what));
    const auto* no = std::get_if<refusal>(&done);
    return no ? std::optional{no->code} : std::nullopt;
  }
  void remove(conversation_id which) { EXPECT_EQ(attempt(which, remove_conversation{}), std::nullopt); }
  void settle() {
    for (int i = 0; i < 3; ++i) w->pass(31s);
  }
  /// To this time after now, and then as long as INBOX may take to look.
  void pass_and_look(milliseconds time) {
    w->pass(time);
    w->pass(61min);
    w->pass(61min);
  }
  void crash() {
    const auto now = w->env().now();
    w = std::make_unique<world>(w->crash(), actor_settings{}, now);
  }
  void expect_sound() {
    settle();
    EXPECT_EQ(verify_contents(*w->disk, [](const std::string& what) { ADD_FAILURE() << what; }), 0u);
  }
  view_counts counted() { return counts_of(read_list_counts(*w->disk, acme, in)); }
  [[nodiscard]] bool anywhere(const std::string& text) const {
    bool found = false;
    for (std::size_t i = 0; i < 8; ++i)
      w->disk->scan(static_cast<family>(i), {}, {}, [&](std::string_view key, std::string_view value) {
        found = found || key.find(text) != std::string_view::npos || value.find(text) != std::string_view::npos;
        return true;
      });
    return found;
  }
};

TEST_F(Purging, A44_ADeletedOneCanBeRestoredFor30DaysAndIsGoneThen) {
  const auto kept = write("t", "1");
  const auto gone = write("u", "2");
  remove(kept);
  remove(gone);
  settle();
  EXPECT_EQ(counted().deleted, 2);
  w->pass(30 * 24h - 10min);
  EXPECT_EQ(attempt(kept, restore_conversation{}), std::nullopt);
  w->pass(10min);
  EXPECT_EQ(attempt(gone, restore_conversation{}), refusal_code::not_found) << "whether or not it was looked at";
  pass_and_look(0ms);
  EXPECT_FALSE(w->stored(acme, gone));
  EXPECT_TRUE(read_history(*w->disk, acme, gone, 0, 10).empty());
  EXPECT_TRUE(w->stored(acme, kept));
  EXPECT_EQ(counted().deleted, 0);
  EXPECT_EQ(counted().open, 1);
  pass_and_look(100 * 24h);
  EXPECT_TRUE(w->stored(acme, kept));
  expect_sound();
}

TEST_F(Purging, A44_NothingThatWasSaidInItIsLeftAnywhere) {
  const auto gone = write("secret-thread", "1", "secret-first");
  EXPECT_EQ(attempt(gone, assign{ann}), std::nullopt);
  EXPECT_EQ(attempt(gone, reply_to_contact{message_id{w->env().next_id()}, R"("text":"secret-reply")"}), std::nullopt);
  EXPECT_EQ(attempt(gone, add_comment{message_id{w->env().next_id()}, R"("text":"secret-comment")", {}}), std::nullopt);
  EXPECT_EQ(attempt(gone, set_priority{priority::high}), std::nullopt);
  EXPECT_EQ(attempt(gone, open_ticket{}), std::nullopt);
  remove(gone);
  settle();
  for (const auto* text : {"secret-thread", "secret-first", "secret-reply", "secret-comment"})
    EXPECT_TRUE(anywhere(text)) << text;
  pass_and_look(30 * 24h);
  for (const auto* text : {"secret-first", "secret-reply", "secret-comment"}) EXPECT_FALSE(anywhere(text)) << text;
  bool named = false;
  for (const auto in_family : {family::events, family::conversation_log, family::outbox, family::feeds})
    w->disk->scan(in_family, {}, {}, [&](std::string_view, std::string_view value) {
      named = named || value.find("secret") != std::string_view::npos;
      return true;
    });
  EXPECT_FALSE(named) << "its contact stays, what happened doesn't name it";
  expect_sound();
}

TEST_F(Purging, A44_TheNextMessageOfItsThreadOpensAnother) {
  const auto gone = write("t", "1");
  remove(gone);
  settle();
  pass_and_look(30 * 24h);
  const auto next = write("t", "2");
  EXPECT_NE(next, gone);
  EXPECT_EQ(write("t", "3"), next);
  expect_sound();
}

TEST_F(Purging, A44_AThreadThatWentOnMeanwhileStays) {
  const auto gone = write("t", "1");
  remove(gone);
  const auto next = write("t", "2");
  settle();
  pass_and_look(30 * 24h);
  EXPECT_FALSE(w->stored(acme, gone));
  EXPECT_EQ(write("t", "3"), next);
  crash();
  EXPECT_EQ(write("t", "4"), next);
  expect_sound();
}

TEST_F(Purging, AFeedThatIsResumedAcrossItHasNoGap) {
  const auto before = write("s", "0");
  EXPECT_EQ(attempt(before, assign{ann}), std::nullopt);
  const auto cursor = socket->last;
  const auto gone = write("t", "1");
  EXPECT_EQ(attempt(gone, assign{ann}), std::nullopt);
  write("t", "2");
  remove(gone);
  const auto within = socket->last;
  EXPECT_GT(within, cursor);
  write("s", "3");
  settle();
  pass_and_look(30 * 24h);
  ASSERT_FALSE(w->stored(acme, gone));
  write("s", "4");
  for (const auto from : {cursor, within}) {
    auto again = std::make_shared<noted_socket>();
    again = w->attach(acme, ann, from);
    EXPECT_TRUE(again->greeting && again->greeting->resumed);
    EXPECT_EQ(again->gaps, 0);
    for (const auto& one : again->seen) {
      EXPECT_NE(one.what.kind, event_kind::purged);
      EXPECT_NE(one.what.conversation, gone);
    }
    EXPECT_GE(again->count(event_kind::message), 2u);
  }
  const auto page = read_account_log(*w->disk, acme, 0, 1000, [](happening) { return true; });
  for (const auto& one : page.items) EXPECT_NE(one.of.what.conversation, gone);
  EXPECT_FALSE(page.items.empty());
}

TEST_F(Purging, A49_AFilteredOneGoes90DaysAfterItsLastMessage) {
  mail_filters filters;
  filters.deny = {"spam.example"};
  w->change(acme, set_mail_filters{in, filters, {}});
  const auto quiet = write("t", "1", "buy", mail, "bad@spam.example");
  const auto loud = write("u", "2", "buy", mail, "bad@spam.example");
  ASSERT_TRUE(w->stored(acme, quiet)->spam);
  settle();
  w->pass(60 * 24h);
  write("u", "3", "buy more", mail, "bad@spam.example");
  settle();
  w->pass(30 * 24h - 10min);
  EXPECT_TRUE(w->stored(acme, quiet));
  pass_and_look(10min);
  EXPECT_FALSE(w->stored(acme, quiet));
  EXPECT_TRUE(w->stored(acme, loud));
  EXPECT_EQ(counted().spam, 1);
  pass_and_look(60 * 24h);
  EXPECT_FALSE(w->stored(acme, loud));
  EXPECT_EQ(counted().spam, 0);
  expect_sound();
}

TEST_F(Purging, A44_HundredsAtOnceGoInPiecesAndACrashBetweenLosesNone) {
  std::vector<conversation_id> gone;
  for (int i = 0; i < 450; ++i) gone.push_back(write("t" + std::to_string(i), std::to_string(i)));
  for (const auto which : gone) remove(which);
  const auto stays = write("stays", "stays");
  settle();
  w->pass(30 * 24h);
  std::size_t left = gone.size();
  for (int i = 0; i < 10 && left > 200; ++i) {
    crash();  // after a piece or so; nobody speaks to the INBOX then, so that it must be woken
    w->pass(31s);
    w->run_some(40);
    left = static_cast<std::size_t>(std::ranges::count_if(gone, [&](auto which) { return w->stored(acme, which).has_value(); }));
  }
  pass_and_look(0ms);
  pass_and_look(0ms);
  for (const auto which : gone) EXPECT_FALSE(w->stored(acme, which));
  EXPECT_TRUE(w->stored(acme, stays));
  EXPECT_EQ(counted().deleted, 0);
  EXPECT_EQ(counted().open, 1);
  expect_sound();
}

struct DeletedInbox : Purging {
  inbox_id second = std::get<inbox_id>(std::get<touched>(w->change(acme, create_inbox{"Second", {}})));
  channel_id form = w->add_channel(acme, second, "form");

  void delete_second() { w->change(acme, delete_inbox{second}); }
  [[nodiscard]] std::size_t tickets() const {
    std::size_t n = 0;
    const auto prefix = keys::ticket_entries_prefix(acme, second);
    w->disk->scan(family::state, prefix, keys::after_prefix(prefix), [&](std::string_view, std::string_view) {
      ++n;
      return true;
    });
    return n;
  }
};

TEST_F(DeletedInbox, A62_ItsConversationsGoAfter30DaysItsContactsAndTicketsStay) {
  const auto open = write("secret-open", "1", "secret-words", form, "cleo@example.com");
  const auto closed = write("closed", "2", "hello", form);
  EXPECT_EQ(attempt(open, open_ticket{}), std::nullopt);
  EXPECT_EQ(attempt(closed, set_status{conversation_status::closed}), std::nullopt);
  const auto elsewhere = write("t", "3");
  const auto contacts = w->stored_contacts(acme).size();
  delete_second();
  settle();
  ASSERT_TRUE(w->stored(acme, open));
  EXPECT_TRUE(w->stored(acme, open)->deleted_at);
  EXPECT_TRUE(w->stored(acme, closed)->deleted_at);
  expect_sound();
  w->pass(29 * 24h);
  EXPECT_TRUE(w->stored(acme, open));
  pass_and_look(24h);
  EXPECT_FALSE(w->stored(acme, open));
  EXPECT_FALSE(w->stored(acme, closed));
  EXPECT_FALSE(anywhere("secret-words"));
  EXPECT_TRUE(w->stored(acme, elsewhere));
  EXPECT_EQ(tickets(), 1u);
  EXPECT_EQ(w->stored_contacts(acme).size(), contacts);
  expect_sound();
}

TEST_F(DeletedInbox, A62_NobodySpeaksToItAfterARestartAndTheyGoAllTheSame) {
  std::vector<conversation_id> gone;
  for (int i = 0; i < 450; ++i) gone.push_back(write("f" + std::to_string(i), std::to_string(i), "secret-words", form));
  EXPECT_EQ(attempt(gone[7], open_ticket{}), std::nullopt);
  const auto removed = gone[9];
  remove(removed);
  const auto removed_at = *w->stored(acme, removed)->deleted_at;
  delete_second();
  crash();  // before it was told
  for (std::size_t i = 1; i <= 4; ++i) {
    (void)w->actors().wake_inbox(acme, second);
    w->run_some(5 * i);
    w->advance(1s);
    w->run_some(5 * i);
    crash();  // in the middle of it
  }
  settle();
  for (const auto which : gone) EXPECT_TRUE(w->stored(acme, which)->deleted_at) << to_text(which);
  EXPECT_EQ(w->stored(acme, removed)->deleted_at, removed_at);
  expect_sound();
  w->pass(29 * 24h);
  crash();
  pass_and_look(24h);
  pass_and_look(0ms);
  for (const auto which : gone) EXPECT_FALSE(w->stored(acme, which)) << to_text(which);
  EXPECT_FALSE(anywhere("secret-words"));
  EXPECT_EQ(tickets(), 1u);
  expect_sound();
}

TEST_F(DeletedInbox, A33_ItsConversationsFillNobodysCapacity) {
  const auto bob = w->add_agent(acme, "bob", 1);
  auto his = w->attach(acme, bob);
  w->set(acme, bob, presence::available);
  w->rule(acme, form, {bob});
  w->rule(acme, chat, {bob});
  const auto held = write("f", "1", "hello", form);
  EXPECT_EQ(w->stored(acme, held)->assigned_user(), bob);
  w->acknowledge(acme, bob, his);
  const auto waits = write("t", "2");
  EXPECT_EQ(w->stored(acme, waits)->assigned_user(), std::nullopt);
  delete_second();
  w->run();
  EXPECT_EQ(w->stored(acme, waits)->assigned_user(), bob);
  expect_sound();
}

TEST_F(DeletedInbox, A62_WhoWaitedThereWaitsNoMore) {
  w->rule(acme, form, {ann});
  const auto waits = write("f", "1", "hello", form);
  ASSERT_TRUE(w->stored(acme, waits)->waiting_since);
  delete_second();
  w->run();
  EXPECT_FALSE(w->stored(acme, waits)->waiting_since);
  crash();
  expect_sound();
}

TEST_F(DeletedInbox, A49_AFilteredOneGoesByItsOwn90Days) {
  const auto post = w->add_email_channel(acme, second, "post@acme.example");
  mail_filters filters;
  filters.deny = {"spam.example"};
  w->change(acme, set_mail_filters{second, filters, {}});
  const auto spam = write("s", "1", "buy", post, "bad@spam.example");
  ASSERT_TRUE(w->stored(acme, spam)->spam);
  settle();
  w->pass(80 * 24h);
  delete_second();
  crash();
  settle();
  EXPECT_FALSE(w->stored(acme, spam)->deleted_at);
  pass_and_look(10 * 24h);
  EXPECT_FALSE(w->stored(acme, spam));
  expect_sound();
}

TEST_F(DeletedInbox, A41_AThreadThatIsOpenedAnewWhileItsMovedConversationGoesIsKept) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const auto thread = "t" + std::to_string(seed);
    const auto gone = write(thread, thread + "-1");
    EXPECT_EQ(attempt(gone, move_conversation{second}), std::nullopt);
    remove(gone);
    settle();
    w->pass(30 * 24h - 30min);
    w->seed = seed;
    w->shuffled = true;
    const auto frame = w->publish(acme, chat, {{thread, thread + "-2"}});
    w->pass(91min);
    w->pass(61min);
    w->shuffled = false;
    ASSERT_TRUE(w->was_answered(frame));
    EXPECT_FALSE(w->stored(acme, gone)) << seed;
    const auto next = frame->results[0].conversation;
    EXPECT_EQ(write(thread, thread + "-3"), next) << seed;
    crash();
    EXPECT_EQ(write(thread, thread + "-4"), next) << seed;
  }
  expect_sound();
}

TEST_F(DeletedInbox, A41_AMovedOneGoesThoughItsThreadWasLetGoAndThenACrashCame) {
  const auto gone = write("secret-thread", "1");
  EXPECT_EQ(attempt(gone, move_conversation{second}), std::nullopt);
  remove(gone);
  settle();
  w->pass(30 * 24h - 10min);
  for (std::size_t jobs = 1; jobs < 30 && w->stored(acme, gone); ++jobs) {
    crash();
    w->advance(11min);
    w->run_some(jobs);
  }
  pass_and_look(11min);
  EXPECT_FALSE(w->stored(acme, gone));
  EXPECT_FALSE(w->disk->get(family::state, keys::thread(acme, chat, "secret-thread")));
  EXPECT_NE(write("secret-thread", "2"), gone);
  expect_sound();
}

TEST_F(Purging, AClockThatWasSetBackPurgesNothingEarly) {
  const auto which = write("t", "1");
  remove(which);
  settle();
  w->set_clock(w->env().now() - 20 * 24h);
  pass_and_look(31 * 24h);
  EXPECT_TRUE(w->stored(acme, which)) << "by the wall clock eleven days have passed";
  pass_and_look(20 * 24h);
  EXPECT_FALSE(w->stored(acme, which));
}

}  // namespace
}  // namespace signalbox
