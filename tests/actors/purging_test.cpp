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
