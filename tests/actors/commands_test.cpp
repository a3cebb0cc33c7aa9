// What users do, once however often it is asked.
#include <algorithm>
#include <caf/send.hpp>

#include "tests/actors/office.hpp"

namespace signalbox {
namespace {

struct UsersCommands : office {
  std::ptrdiff_t replies_in(world& here) {
    return std::ranges::count_if(here.log(company), [](const event& one) {
      return one.direction == message_direction::out && one.kind == event_kind::message;
    });
  }
};

TEST_F(UsersCommands, A35_ReplyingToAnUnassignedConversationAssignsIt) {
  const auto which = write("t", "1");
  const auto agent = w.add_agent(company, "free", std::nullopt, seat::free);  // S19
  const auto socket = w.attach(company, agent);
  const auto done = w.command(company, agent, which, reply_to_contact{message_id{w.env().next_id()}, "\"text\":\"hi\""});
  ASSERT_TRUE(std::holds_alternative<conversation>(done)) << std::get<refusal>(done).detail;
  EXPECT_EQ(assignee_of(which), agent);
  EXPECT_EQ(socket->gaps, 0);
}

TEST_F(UsersCommands, A37_UnassigningGivesTheSlotBack) {
  staff(1, 1);
  const auto first = write("a", "1");
  const auto second = write("b", "2");
  w.command(company, agents[0], first, unassign{});
  EXPECT_FALSE(assignee_of(first));
  EXPECT_EQ(assignee_of(second), agents[0]);
}

TEST_F(UsersCommands, ARepeatedCommandChangesNothingTwice) {
  staff(1);
  const auto which = write("t", "1");
  const message_id first{w.env().next_id()};
  w.command(company, agents[0], which, reply_to_contact{first, "\"text\":\"hi\""}, "ref-1");
  for (int i = 0; i < 2; ++i) {
    w.command(company, agents[0], which, reply_to_contact{message_id{w.env().next_id()}, "\"text\":\"hi\""}, "ref-1");
    EXPECT_EQ(w.last_written, first) << "answered like the first";
  }
  EXPECT_EQ(replies_in(w), 1);
}

// Else an inbox would keep them for as long as commits are under way without a pause.
TEST_F(UsersCommands, ACommandThatIsDurableIsTheStoresToKnow) {
  staff(1);
  const auto which = write("t", "1");
  const auto reply = [&] {
    const message_id number{w.env().next_id()};
    w.command(company, agents[0], which, reply_to_contact{number, "\"text\":\"hi\""}, "ref-1");
    return number;
  };
  const auto first = reply();
  (void)reply();
  EXPECT_EQ(w.last_written, first);
  const auto row = keys::command_ref(company, keys::day_of(w.env().now()), agents[0], "ref-1");
  ASSERT_TRUE(w.disk->get(family::state, row));
  w.disk->drop_range(family::state, row, keys::after_prefix(row));
  const auto second = reply();
  EXPECT_EQ(w.last_written, second) << "it was kept in memory too";
}

TEST_F(UsersCommands, CommandsThatWaitTogetherAreKnownByTheirKeysEach) {
  staff(1);
  const auto which = write("t", "1");
  w.command(company, agents[0], which, reply_to_contact{message_id{w.env().next_id()}, "\"text\":\"hi\""}, "ref-0");
  world later{w.crash(), actor_settings{}, w.env().now()};  // so that the disk alone knows of it
  principal by;
  by.account = company;
  by.user = agents[0];
  // They wait for the answer about a new contact; those of one key are on both sides of what is read for many at once.
  (void)later.publish(company, chat, {{"another", "2"}});
  while (!later.next_actor().empty() && later.next_actor() != "contacts") later.run_some(1);
  ASSERT_EQ(later.next_actor(), "contacts");
  for (int i = 0; i < 100; ++i)
    caf::anon_send(*later.actors().inbox(company, inbox),
                   command_conversation{by, which, reply_to_contact{message_id{later.env().next_id()}, "\"text\":\"hi\""},
                                        "ref-" + std::to_string(i % 40), make_answer<carried_out>([](outcome<carried_out>) {})});
  later.run();
  EXPECT_EQ(replies_in(later), 40);
}

TEST_F(UsersCommands, ARepeatedCommandThatChangedNothingChangesNothingLaterEither) {
  staff(1);
  w.set(company, agents[0], presence::away);
  const auto which = write("t", "1");
  const auto before = w.log(company).size();
  w.command(company, agents[0], which, unassign{}, "ref-1");
  EXPECT_EQ(w.log(company).size(), before) << "nothing is recorded";
  w.command(company, agents[0], which, assign{agents[0]});
  w.command(company, agents[0], which, unassign{}, "ref-1");
  EXPECT_EQ(assignee_of(which), agents[0]);
}

TEST_F(UsersCommands, AnotherAccountsConversationIsUnknown) {
  const auto which = write("t", "1");
  const auto other = w.found("other");
  const auto stranger = w.add_agent(other, "stranger");
  const auto done = w.command(other, stranger, which, set_status{conversation_status::closed});
  ASSERT_TRUE(std::holds_alternative<refusal>(done));
  EXPECT_EQ(std::get<refusal>(done).code, refusal_code::not_found);
}

}  // namespace
}  // namespace signalbox
