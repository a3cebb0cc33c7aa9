// Offers that a person accepts, declines or lets lapse; and where a conversation stands in the queue.
#include <gtest/gtest.h>

#include <caf/send.hpp>

#include "actors/conversation_reader.hpp"
#include "storage/keys.hpp"
#include "storage/records.hpp"
#include "tests/support/world.hpp"

namespace signalbox {
namespace {

using namespace std::chrono_literals;

class Offers : public testing::Test {
protected:
  Offers() {
    company = w->found("acme");
    chat = w->add_channel(company, w->default_inbox(company), "chat");
    ann = w->add_agent(company, "ann", 3);
    bob = w->add_agent(company, "bob", 3);
    w->rule(company, chat, {ann, bob}, [](assignment_rule& rule) { rule.accept_within = 30s; });
    at_ann = w->attach(company, ann);
    w->set(company, ann, presence::available);
  }
  conversation_id write(const std::string& thread) {
    const auto frame = w->publish(company, chat, {{thread, thread + std::to_string(++written)}});
    w->run();
    return *frame->results[0].conversation;
  }
  std::optional<user_id> assignee_of(conversation_id which) { return w->stored(company, which)->assigned_user(); }
  std::vector<kept_decision> read_decisions_of(conversation_id which) {
    caf::anon_send(*w->actors().inbox(company, w->default_inbox(company)), prepare_read{which, [] {}});
    w->run();
    return read_decisions(*w->disk, company, which);
  }
  void bob_comes() {
    at_bob = w->attach(company, bob);
    w->set(company, bob, presence::available);
  }
  std::optional<refusal_code> refused(const outcome<conversation>& what) {
    const auto* no = std::get_if<refusal>(&what);
    return no ? std::optional{no->code} : std::nullopt;
  }

  std::unique_ptr<world> w = std::make_unique<world>();
  account_id company;
  channel_id chat;
  user_id ann, bob;
  std::shared_ptr<noted_socket> at_ann, at_bob;
  int written = 0;
};

TEST_F(Offers, AnAcceptedOneStays) {
  const auto which = write("t");
  ASSERT_EQ(assignee_of(which), ann);
  ASSERT_EQ(w->stored(company, which)->accept_by, w->env().now() + 30s);
  ASSERT_TRUE(at_ann->seen.back().conversation->accept_by) << "the agent is told until when";
  bob_comes();
  w->acknowledge(company, ann, at_ann);
  w->pass(20s);
  const auto done = w->command(company, ann, which, accept_offer{});
  ASSERT_FALSE(refused(done));
  EXPECT_FALSE(std::get<conversation>(done).accept_by);
  w->pass(120s);
  EXPECT_EQ(assignee_of(which), ann);
  EXPECT_EQ(w->available(company, ann).status, presence::available);
}

TEST_F(Offers, ReceivingItIsNotAcceptingIt) {
  const auto which = write("t");
  bob_comes();
  w->acknowledge(company, ann, at_ann);
  w->pass(29s);
  EXPECT_EQ(assignee_of(which), ann);
  w->pass(2s);
  EXPECT_EQ(assignee_of(which), bob);
  EXPECT_EQ(at_bob->seen.back().what.reason, assignment_reason::not_accepted);
  EXPECT_TRUE(at_ann->seen.back().withdrawn);
  EXPECT_EQ(w->available(company, ann).status, presence::available) << "too busy for one isn't gone";
  EXPECT_EQ(w->stored(company, which)->accept_by, w->env().now() + 30s) << "the next one has the whole time";
}

TEST_F(Offers, ADeclinedOneGoesOnAtOnceAndNotBackWhileOthersExist) {
  const auto which = write("t");
  bob_comes();
  const auto declined = w->command(company, ann, which, decline_offer{}, "ref-1");
  ASSERT_FALSE(refused(declined));
  EXPECT_EQ(std::get<conversation>(declined).assigned_user(), bob) << "the answer shows the whole step";
  EXPECT_EQ(std::get<conversation>(declined).accept_by, w->stored(company, which)->accept_by);
  EXPECT_EQ(assignee_of(which), bob);
  EXPECT_EQ(at_bob->seen.back().what.reason, assignment_reason::declined);
  EXPECT_EQ(refused(w->command(company, ann, which, accept_offer{})), refusal_code::conflict);
  EXPECT_FALSE(refused(w->command(company, ann, which, decline_offer{}, "ref-1"))) << "the same command again";
  ASSERT_FALSE(refused(w->command(company, bob, which, decline_offer{})));
  EXPECT_EQ(assignee_of(which), ann) << "nobody else is left";
}

TEST_F(Offers, OneThatNobodyTakesWaitsWithItsAge) {
  const auto first = write("a");
  w->pass(10s);
  w->set(company, ann, presence::away);
  const auto second = write("b");
  ASSERT_TRUE(w->stored(company, second)->waiting_since);
  const auto declined = w->command(company, ann, first, decline_offer{});
  ASSERT_FALSE(refused(declined));
  EXPECT_EQ(std::get<conversation>(declined).assigned_user(), std::nullopt);
  EXPECT_EQ(std::get<conversation>(declined).waiting_since, w->stored(company, first)->waiting_since);
  ASSERT_TRUE(w->stored(company, first)->waiting_since);
  EXPECT_LT(*w->stored(company, first)->waiting_since, *w->stored(company, second)->waiting_since);
}

TEST_F(Offers, DecisionsTellWhoSaidNoFromWhoSaidNothing) {
  bob_comes();
  for (const bool says_no : {true, false}) {
    const auto which = write(says_no ? "a" : "b");
    const auto first = assignee_of(which);
    ASSERT_TRUE(first);
    if (says_no)
      ASSERT_FALSE(refused(w->command(company, *first, which, decline_offer{})));
    else
      w->pass(31s);
    const auto kept = read_decisions_of(which);
    ASSERT_EQ(kept.size(), 2u);
    const auto why = says_no ? exclusion::declined : exclusion::lapsed;
    EXPECT_EQ(kept[1].why.excluded, (std::map<exclusion, std::uint32_t>{{why, 1}}));
    EXPECT_EQ(kept[1].why.seen.back(), (considered{*first, kept[1].why.seen.back().open, why}));
    ASSERT_FALSE(refused(w->command(company, ann, which, set_status{conversation_status::closed})));
  }
}

TEST_F(Offers, WorkingOnItAcceptsIt) {
  const auto which = write("t");
  bob_comes();
  ASSERT_FALSE(refused(w->command(company, ann, which, reply_to_contact{message_id{w->env().next_id()}, R"("text":"hi")"})));
  EXPECT_FALSE(w->stored(company, which)->accept_by);
  w->pass(60s);
  EXPECT_EQ(assignee_of(which), ann);
}

TEST_F(Offers, AreOnlyTheirsToAccept) {
  const auto which = write("t");
  EXPECT_EQ(refused(w->command(company, bob, which, accept_offer{})), refusal_code::conflict);
  EXPECT_EQ(refused(w->command(company, bob, which, decline_offer{})), refusal_code::conflict);
  EXPECT_EQ(assignee_of(which), ann);
}

TEST_F(Offers, ANewRoundDoesNotBeginWithWhoLetItGoLast) {
  bob_comes();
  const auto which = write("t");
  auto has_it = assignee_of(which);
  for (int i = 0; i < 6; ++i) {
    if (i % 3 == 1) {
      ASSERT_FALSE(refused(w->command(company, *has_it, which, decline_offer{})));
    } else {
      w->pass(31s);
    }
    const auto next = assignee_of(which);
    ASSERT_TRUE(next);
    EXPECT_NE(next, has_it) << i;
    has_it = next;
  }
}

TEST_F(Offers, OutliveARestart) {
  const auto accepted = write("a");
  const auto open = write("b");
  ASSERT_FALSE(refused(w->command(company, ann, accepted, accept_offer{})));
  const auto now = w->env().now();
  w = std::make_unique<world>(w->crash(), actor_settings{}, now);
  at_ann = w->attach(company, ann);
  bob_comes();
  w->pass(31s);
  EXPECT_EQ(assignee_of(accepted), ann);
  EXPECT_EQ(assignee_of(open), bob);
}

TEST_F(Offers, CapacityHoldsWhateverIsDeclined) {
  std::vector<conversation_id> all;
  for (int i = 0; i < 8; ++i) all.push_back(write("t" + std::to_string(i)));
  for (int round = 0; round < 3; ++round) {
    for (const auto which : all)
      if (assignee_of(which) == ann) (void)w->command(company, ann, which, decline_offer{});
    std::uint32_t open = 0;
    for (const auto which : all) open += assignee_of(which) == ann ? 1 : 0;
    EXPECT_LE(open, 3u);
  }
}

class Waiting : public Offers {
protected:
  outcome<waiting_place> place_of(conversation_id which, user_id by) {
    principal who;
    who.account = company;
    who.user = by;
    std::optional<outcome<waiting_place>> said;
    caf::anon_send(*w->actors().inbox(company, w->default_inbox(company)),
                   ask_waiting{who, which, make_answer<waiting_place>([&](auto what) { said = std::move(what); })});
    w->run();
    return *said;
  }
};

TEST_F(Waiting, PriorityGoesFirstAndTheirPlacesSaySo) {
  w->set(company, ann, presence::away);
  const auto first = write("a");
  const auto second = write("b");
  const auto third = write("c");
  EXPECT_EQ(std::get<waiting_place>(place_of(third, ann)).ahead, 2u);
  ASSERT_FALSE(refused(w->command(company, ann, third, set_priority{priority::urgent})));
  EXPECT_EQ(std::get<waiting_place>(place_of(third, ann)).ahead, 0u);
  EXPECT_EQ(std::get<waiting_place>(place_of(first, ann)).ahead, 1u);
  EXPECT_FALSE(std::get<waiting_place>(place_of(first, ann)).estimate);
  update_user one_at_a_time;
  one_at_a_time.user = ann;
  one_at_a_time.fields.capacity = std::optional<std::uint32_t>{1};
  (void)w->change(company, one_at_a_time);
  w->set(company, ann, presence::available);
  EXPECT_EQ(assignee_of(third), ann);
  w->pass(10s);
  ASSERT_FALSE(refused(w->command(company, ann, third, set_status{conversation_status::closed})));
  EXPECT_EQ(assignee_of(first), ann);
  EXPECT_EQ(std::get<waiting_place>(place_of(second, ann)).estimate, 10s) << "one every ten seconds";
  EXPECT_EQ(std::get<refusal>(place_of(first, ann)).code, refusal_code::conflict) << "it doesn't wait";
}

TEST_F(Waiting, PrioritySurvivesARestart) {
  w->set(company, ann, presence::away);
  write("a");
  const auto second = write("b");
  ASSERT_FALSE(refused(w->command(company, ann, second, set_priority{priority::high})));
  const auto now = w->env().now();
  w = std::make_unique<world>(w->crash(), actor_settings{}, now);
  EXPECT_EQ(std::get<waiting_place>(place_of(second, ann)).ahead, 0u);
}

TEST_F(Waiting, ANoticeSaysThePlace) {
  w->set(company, ann, presence::away);
  write("a");
  write("b");
  std::vector<std::size_t> ahead;
  for (const auto& one : at_ann->seen)
    if (one.what.kind == event_kind::waiting && one.what.place) ahead.push_back(one.what.place->ahead);
  EXPECT_EQ(ahead, (std::vector<std::size_t>{0, 1}));
}

}  // namespace
}  // namespace signalbox
