// CONTACTS: one writer, whoever asks, through restarts and crashes.
#include <gtest/gtest.h>

#include <caf/send.hpp>
#include <set>

#include "actors/audit_reader.hpp"
#include "actors/contact_reader.hpp"
#include "actors/conversation_reader.hpp"
#include "storage/keys.hpp"
#include "storage/records.hpp"
#include "storage/verify.hpp"
#include "tests/support/world.hpp"

namespace signalbox {
namespace {

struct Contacts : testing::Test {
  Contacts() { set_up(); }

  void set_up() {
    company = w->found("acme");
    sales = w->default_inbox(company);
    chat = w->add_channel(company, sales, "chat");
    staff = std::get<inbox_id>(std::get<touched>(w->change(company, create_inbox{"staff", {}})));
    mail = w->add_channel(company, staff, "mail");
    ann = w->add_agent(company, "ann");
    admin = *w->admin(company).user;
  }

  conversation_id write(channel_id on, const written& what) {
    const auto frame = w->publish(company, on, {what});
    w->run();
    EXPECT_EQ(frame->results[0].status, publish_status::accepted);
    return *frame->results[0].conversation;
  }
  contact_id contact_in(conversation_id which) { return w->stored(company, which)->contact; }
  contact change(contact_change what) {
    auto done = w->change_contact(company, admin, std::move(what));
    if (const auto* no = std::get_if<refusal>(&done)) ADD_FAILURE() << no->detail;
    return std::get<contact>(done);
  }
  std::vector<conversation_id> listed(contact_id of) {
    list_wanted wanted;
    wanted.inboxes = {sales, staff};
    wanted.contacts = ids_of(*w->disk, company, of);
    for (const auto inbox : wanted.inboxes) caf::anon_send(*w->actors().inbox(company, inbox), prepare_read{std::nullopt, [] {}});
    w->run();
    std::vector<conversation_id> all;
    const auto found = list_conversations(*w->disk, company, wanted);
    for (const auto& one : std::get<list_page>(found).items) {
      EXPECT_EQ(one.contact, survivor_of(of));
      all.push_back(one.id);
    }
    return all;
  }
  contact_id survivor_of(contact_id which) {
    const auto found = read_contact(*w->disk, company, which);
    return found ? found->id : which;
  }

  std::unique_ptr<world> w = std::make_unique<world>();
  account_id company;
  inbox_id sales, staff;
  channel_id chat, mail;
  user_id ann, admin;
};

TEST_F(Contacts, TwoInboxesAtOnceMakeOneOfOnePerson) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    w = std::make_unique<world>();
    set_up();
    w->seed = seed;
    w->shuffled = true;
    const auto one = w->publish(company, chat, {{"a", "1", "hello", "v", "Cleo", "Cleo@example.com"}});
    const auto two = w->publish(company, mail, {{"b", "2", "hello", "m", "", "cleo@EXAMPLE.com"}});
    w->run();
    EXPECT_EQ(contact_in(*one->results[0].conversation), contact_in(*two->results[0].conversation)) << "seed " << seed;
    const auto all = w->stored_contacts(company);
    ASSERT_EQ(all.size(), 1u) << "seed " << seed;
    EXPECT_EQ(all[0].known_by.size(), 3u);
    EXPECT_EQ(all[0].name, "Cleo");
    EXPECT_EQ(std::set<inbox_id>(all[0].inboxes.begin(), all[0].inboxes.end()), (std::set{sales, staff}));
  }
}

TEST_F(Contacts, ABatchAsksOnceAndKeepsItsOrder) {
  std::vector<written> all;
  for (int i = 0; i < 50; ++i)
    all.push_back({"t" + std::to_string(i), "m" + std::to_string(i), "hello", "v" + std::to_string(i % 7), "", "", "", ""});
  const auto frame = w->publish(company, chat, all);
  w->run();
  std::map<std::string, std::set<contact_id>> by_sender;
  for (std::size_t i = 0; i < all.size(); ++i) by_sender[all[i].from].insert(contact_in(*frame->results[i].conversation));
  EXPECT_EQ(by_sender.size(), 7u);
  for (const auto& [who, contacts] : by_sender) EXPECT_EQ(contacts.size(), 1u) << who;
  EXPECT_EQ(w->stored_contacts(company).size(), 7u);
}

TEST_F(Contacts, AnUnhurriedCommitGoesWithTheOneBehindIt) {
  const auto before = w->disk->commits();
  write(chat, {"t", "1", "hello", "v", "", "cleo@example.com"});
  EXPECT_EQ(w->disk->commits(), before + 1) << "the contact and its conversation are durable together";
}

TEST_F(Contacts, A55_TheSameBrowserGetsItsHistoryBack) {
  const auto first = write(chat, {"session-1", "1", "hello", "v-1", "", "", "", "cookie"});
  w->pass(milliseconds{5});
  const auto second = write(chat, {"session-2", "2", "hello", "v-2", "", "", "", "cookie"});
  write(chat, {"session-3", "3", "hello", "v-3", "", "", "", "another"});
  EXPECT_NE(first, second);
  EXPECT_EQ(contact_in(first), contact_in(second));
  EXPECT_EQ(listed(contact_in(first)), (std::vector{second, first}));
}

TEST_F(Contacts, WhatIsDoneByHandIsInTheAuditLogAcrossAKill) {
  write(chat, {"t", "1", "hello", "v", "Cleo", "cleo@example.com"});
  const auto told = [&](const world& in) {
    std::vector<audit_entry> all;
    for (auto& one : read_audit(*in.disk, company, {std::nullopt, std::nullopt, 50, std::nullopt}).items)
      if (std::holds_alternative<contact_id>(one.what)) all.push_back(std::move(one));
    return all;
  };
  EXPECT_TRUE(told(*w).empty()) << "contacts that come with a message aren't";
  const auto made = change(create_contact{{"Dan", {}, {}, {}, {}}});
  const auto stale = w->change_contact(company, admin, update_contact{made.id, {"Daniel", {}, {}, {}, {}}, 7});
  EXPECT_TRUE(std::holds_alternative<refusal>(stale));
  EXPECT_EQ(told(*w).size(), 1u) << "a refusal leaves nothing";
  change(delete_contact{made.id, {}});
  const world after{w->crash()};
  const auto all = told(after);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].user, admin);
  EXPECT_EQ(all[0].what, audited_id{made.id});
  EXPECT_FALSE(all[0].after);
  EXPECT_TRUE(all[0].before);
  EXPECT_FALSE(all[1].before);
  EXPECT_TRUE(all[1].after);
}

TEST_F(Contacts, WhoIsDeletedIsNamedNowhereInTheAuditLog) {
  const auto anywhere = [&](const memory_store& in, const std::string& text) {
    bool found = false;
    in.scan(family::state, {}, {}, [&](std::string_view key, std::string_view value) {
      found = found || key.find(text) != std::string_view::npos || value.find(text) != std::string_view::npos;
      return true;
    });
    return found;
  };
  const auto old = change(create_contact{{"secret-old", {}, {}, "secret-cookie", {}}});
  const auto kept = change(create_contact{{"secret-kept", "secret@example.com", {}, {}, {}}});
  const auto other = change(create_contact{{"Dan", {}, {}, {}, {}}});
  change(update_contact{kept.id, {"secret-later", {}, "+49 secret", {}, {}}, {}});
  change(merge_contact{old.id, kept.id});
  EXPECT_TRUE(anywhere(*w->disk, "secret"));
  w = std::make_unique<world>(w->crash(), actor_settings{}, w->env().now());
  change(delete_contact{kept.id, {}});
  EXPECT_FALSE(anywhere(*w->disk, "secret")) << "those that were merged into it among them";
  EXPECT_EQ(verify_contents(*w->disk, [](const std::string& what) { ADD_FAILURE() << what; }), 0u);
  std::size_t entries = 0;
  for (const auto& one : read_audit(*w->disk, company, {std::nullopt, std::nullopt, 50, std::nullopt}).items)
    if (one.what == audited_id{kept.id} || one.what == audited_id{old.id}) {
      EXPECT_EQ(one.user, admin);
      ++entries;
    }
  EXPECT_EQ(entries, 6u) << "both made, one changed, two of the merge, one deleted";
  EXPECT_EQ(read_contact(*w->disk, company, other.id)->name, "Dan");
  EXPECT_TRUE(anywhere(*w->disk, "Dan"));
}

TEST_F(Contacts, WhatIsOnItsWayToTheAuditLogIsForgottenToo) {
  const auto made = change(create_contact{{"Cleo", {}, {}, {}, {}}});
  std::size_t answers = 0;
  const auto ask = [&](contact_change what) {
    principal by = w->admin(company);
    caf::anon_send(*w->actors().contacts(company),
                   change_contact{by, std::move(what), std::nullopt, make_answer<contact>([&](outcome<contact> said) {
                                    EXPECT_TRUE(std::holds_alternative<contact>(said));
                                    ++answers;
                                  })});
  };
  ask(update_contact{made.id, {"secret", {}, {}, {}, {}}, {}});
  ask(delete_contact{made.id, {}});
  w->run();
  EXPECT_EQ(answers, 2u);
  for (const auto& one : read_audit(*w->disk, company, {audited_id{made.id}, std::nullopt, 50, std::nullopt}).items)
    for (const auto& said : {one.before, one.after})
      if (said) {
        EXPECT_EQ(std::get<contact>(*said).name, "");
      }
  EXPECT_EQ(verify_contents(*w->disk, [](const std::string& what) { ADD_FAILURE() << what; }), 0u);
}

TEST_F(Contacts, MergedOnesBringTheirConversationsAlong) {
  const auto in_chat = write(chat, {"t", "1", "hello", "v", "", "", "", "cookie"});
  const auto by_mail = write(mail, {"t", "2", "hello", "m", "", "cleo@example.com"});
  const auto old = contact_in(in_chat);
  const auto into = contact_in(by_mail);
  ASSERT_NE(old, into);
  EXPECT_EQ(change(merge_contact{old, into}).id, into);
  EXPECT_EQ(read_contact(*w->disk, company, old)->id, into);
  EXPECT_EQ(read_contact(*w->disk, company, old)->cookie, "cookie");
  EXPECT_EQ(listed(into).size(), 2u);
  EXPECT_EQ(listed(old).size(), 2u);
  EXPECT_EQ(read_conversation(*w->disk, company, in_chat)->contact, into);
  EXPECT_EQ(contact_in(write(chat, {"t2", "3", "hello", "v"})), into) << "its identities are the survivor's";
  w = std::make_unique<world>(w->crash(), actor_settings{}, w->env().now());
  EXPECT_EQ(contact_in(write(chat, {"t3", "4", "hello", "v2", "", "", "", "cookie"})), into);
  EXPECT_EQ(w->stored_contacts(company).size(), 2u);
}

TEST_F(Contacts, ADeletedOnesConversationsStay) {
  const auto which = write(chat, {"t", "1", "hello", "v"});
  const auto gone = contact_in(which);
  change(delete_contact{gone, {}});
  EXPECT_FALSE(read_contact(*w->disk, company, gone));
  EXPECT_EQ(w->stored(company, which)->contact, gone);
  write(chat, {"t", "2", "again", "v"});
  EXPECT_TRUE(w->stored_contacts(company).empty()) << "a message of a conversation that there is asks nobody";
  EXPECT_NE(contact_in(write(chat, {"t2", "3", "new", "v"})), gone);
}

TEST_F(Contacts, AMergedOneDoesNotComeBackWhenTheSurvivorIsDeleted) {
  const auto which = write(chat, {"t", "1", "hello", "v", "", "", "", "cookie"});
  const auto old = contact_in(which);
  const auto into = contact_in(write(mail, {"t", "2", "hello", "m", "", "cleo@example.com"}));
  change(merge_contact{old, into});
  change(delete_contact{into, {}});
  const auto nobody = [&] {
    EXPECT_FALSE(read_contact(*w->disk, company, old));
    EXPECT_FALSE(read_contact(*w->disk, company, into));
  };
  (void)w->command(company, admin, which, set_status{conversation_status::closed});
  write(chat, {"t", "3", "again", "v", "", "", "", "cookie"});
  nobody();
  EXPECT_EQ(read_conversation(*w->disk, company, which)->contact, old) << "the id stays, and is nobody's";
  EXPECT_EQ(listed(old), std::vector{which});
  const auto again = contact_in(write(chat, {"t2", "4", "new", "v", "", "", "", "cookie"}));
  EXPECT_NE(again, old);
  EXPECT_NE(again, into);
  w = std::make_unique<world>(w->crash(), actor_settings{}, w->env().now());
  EXPECT_EQ(contact_in(write(chat, {"t3", "5", "new", "v"})), again);
  nobody();
  EXPECT_EQ(w->stored_contacts(company).size(), 1u);
}

TEST_F(Contacts, AMovedConversationShowsItsContactInTheInboxItCameTo) {
  const auto which = write(chat, {"t", "1", "hello", "v"});
  const auto moved = w->command(company, admin, which, move_conversation{staff});
  ASSERT_TRUE(std::holds_alternative<conversation>(moved)) << std::get<refusal>(moved).detail;
  EXPECT_EQ(read_contact(*w->disk, company, contact_in(which))->inboxes, (std::vector{sales, staff}));
}

TEST_F(Contacts, AreListedByFiltersAndPages) {
  const auto cleo = change(create_contact{{"Cleo", "cleo@example.com", {}, {}, std::optional{ann}}}).id;
  const auto dan = change(create_contact{{"Dan", {}, "+49 1", {}, std::optional{ann}}}).id;
  const auto eve = change(create_contact{{"Eve", {}, {}, "k", {}}}).id;
  const auto config = w->actors().configuration(company);
  const auto& who = *config->users.find(ann);
  const auto ids = [&](const contacts_wanted& wanted) {
    std::vector<contact_id> all;
    for (const auto& one : list_contacts(*w->disk, *config, who, wanted).items) all.push_back(one.id);
    return all;
  };
  using list = std::vector<contact_id>;
  EXPECT_EQ(ids({}), (list{cleo, dan, eve}));
  EXPECT_EQ(ids({{}, ann, 50, {}}), (list{cleo, dan}));
  EXPECT_EQ(ids({{}, admin, 50, {}}), list{});
  EXPECT_EQ(ids({{*identity_of(identity_kind::email, {}, "CLEO@example.com")}, {}, 50, {}}), list{cleo});
  EXPECT_EQ(ids({{*identity_of(identity_kind::phone, {}, "+49 1")}, ann, 50, {}}), list{dan});
  EXPECT_EQ(ids({{*identity_of(identity_kind::cookie, {}, "k")}, ann, 50, {}}), list{});
  EXPECT_EQ(ids({{*identity_of(identity_kind::cookie, {}, "nobody's")}, {}, 50, {}}), list{});
  const auto page = list_contacts(*w->disk, *config, who, {{}, {}, 2, {}});
  EXPECT_EQ(page.next, dan);
  EXPECT_EQ(ids({{}, {}, 2, page.next}), list{eve});
  change(update_contact{dan, {{}, {}, {}, {}, std::optional{admin}}, {}});
  EXPECT_EQ(ids({{}, ann, 50, {}}), list{cleo});
  EXPECT_EQ(ids({{}, admin, 50, {}}), list{dan});
  change(merge_contact{dan, cleo});
  EXPECT_EQ(ids({}), (list{cleo, eve}));
  EXPECT_EQ(ids({{}, admin, 50, {}}), list{}) << "the survivor keeps its own owner";
}

TEST_F(Contacts, S12_TheListHidesWhoWroteToAHiddenInboxOnly) {
  set_access closed;
  closed.inbox = staff;
  closed.access = {access_mode::specific, {admin}, {}, 1};
  w->change(company, closed);
  write(mail, {"t", "1", "hello", "m"});
  const auto config = w->actors().configuration(company);
  EXPECT_TRUE(list_contacts(*w->disk, *config, *config->users.find(ann), {}).items.empty());
  EXPECT_EQ(list_contacts(*w->disk, *config, *config->users.find(admin), {}).items.size(), 1u);
}

TEST_F(Contacts, AChangeWithAKeyIsMadeOnceAcrossACrash) {
  const auto made = std::get<contact>(w->change_contact(company, ann, create_contact{{"Cleo"}}, "k"));
  EXPECT_EQ(std::get<contact>(w->change_contact(company, ann, create_contact{{"Cleo"}}, "k")).id, made.id);
  w = std::make_unique<world>(w->crash(), actor_settings{}, w->env().now());
  EXPECT_EQ(std::get<contact>(w->change_contact(company, ann, create_contact{{"Cleo"}}, "k")).id, made.id);
  EXPECT_EQ(w->stored_contacts(company).size(), 1u);
  w->pass(std::chrono::hours{25});
  EXPECT_NE(std::get<contact>(w->change_contact(company, ann, create_contact{{"Cleo"}}, "k")).id, made.id);
}

TEST_F(Contacts, OfTwoChangesAtOnceTheSecondSeesTheFirst) {
  principal by;
  by.account = company;
  by.user = ann;
  std::vector<outcome<contact>> answers;
  for (int i = 0; i < 2; ++i)
    caf::anon_send(*w->actors().contacts(company),
                   change_contact{by, create_contact{{"Cleo", "cleo@example.com"}}, std::nullopt,
                                  make_answer<contact>([&](outcome<contact> done) { answers.push_back(std::move(done)); })});
  w->run();
  ASSERT_EQ(answers.size(), 2u);
  // The refusal needs no commit, so it comes first.
  EXPECT_EQ(std::get<refusal>(answers[0]).code, refusal_code::address_taken);
  EXPECT_EQ(std::get<contact>(answers[1]).name, "Cleo");
}

TEST_F(Contacts, RestartedInPlaceItForgetsNothingAndDoublesNobody) {
  // A record that can't be read makes it throw under a question.
  const auto first = write(chat, {"t", "1", "hello", "v", "", "cleo@example.com"});
  const auto key = keys::contact(company, contact_in(first));
  const auto record = *w->disk->get(family::state, key);
  const auto put = [&](std::string_view value) {
    change_set broken(keys::group_of(company));
    broken.put(family::state, key, value);
    const change_set* sets[] = {&broken};
    std::uint64_t positions[1] = {};
    w->disk->commit(sets, positions);
  };
  put("damaged");
  const auto refused = w->publish(company, mail, {{"t", "2", "hello", "m", "", "cleo@example.com"}});
  w->run();
  EXPECT_FALSE(w->fatal);
  EXPECT_EQ(refused->results[0].status, publish_status::rejected) << "the connector sends it again";
  put(record);
  const auto again = write(mail, {"t", "2", "hello", "m", "", "cleo@example.com"});
  EXPECT_EQ(contact_in(again), contact_in(first));
  EXPECT_EQ(w->stored_contacts(company).size(), 1u);
}

TEST_F(Contacts, ACrashAtAnyMomentLeavesNoHalfContactAndDoublesNobody) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    w = std::make_unique<world>();
    set_up();
    for (const auto channel : {chat, mail}) write(channel, {"first", "first", "hello", "first", "", "first@example.com"});
    w->seed = seed;
    w->shuffled = true;
    for (int i = 0; i < 6; ++i) {
      const auto person = std::to_string(i % 3);
      w->publish(
          company, i % 2 == 0 ? chat : mail,
          {{"t" + std::to_string(i), "m" + std::to_string(i), "hello", "v" + std::to_string(i), "", person + "@example.com"}});
      w->run_some(static_cast<std::size_t>(seed % 23));
    }
    w = std::make_unique<world>(w->crash(), actor_settings{}, w->env().now());
    (void)w->stored_contacts(company);  // throws when one half is missing
    for (int i = 0; i < 6; ++i) {
      const auto person = std::to_string(i % 3);
      w->publish(
          company, i % 2 == 0 ? chat : mail,
          {{"t" + std::to_string(i), "m" + std::to_string(i), "hello", "v" + std::to_string(i), "", person + "@example.com"}});
    }
    w->run();
    EXPECT_EQ(w->stored_contacts(company).size(), 4u) << "seed " << seed;
  }
}

// What was read of the disk for one question says nothing of later ones.
TEST_F(Contacts, WhatWasNobodysBeforeAFrameIsSomebodysAfterIt) {
  const auto frame =
      w->publish(company, chat, {{"a", "1", "hi", "v-1", {}, "ida@example.com"}, {"b", "2", "hi", "v-2", {}, "ida@example.com"}});
  w->run();
  const auto ida = contact_in(*frame->results[0].conversation);
  EXPECT_EQ(contact_in(*frame->results[1].conversation), ida);
  const auto again = w->change_contact(company, admin, create_contact{{"Ida", "ida@example.com", {}, {}, {}}});
  ASSERT_TRUE(std::holds_alternative<refusal>(again));
  EXPECT_EQ(std::get<refusal>(again).code, refusal_code::address_taken);
  EXPECT_EQ(contact_in(write(mail, {"c", "3", "hi", "v-3", {}, "ida@example.com"})), ida);
}

}  // namespace
}  // namespace signalbox
