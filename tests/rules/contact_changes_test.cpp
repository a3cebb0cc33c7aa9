#include "rules/contact_changes.hpp"

#include <gtest/gtest.h>

#include <map>

#include "rules/audit.hpp"
#include "rules/told_changes.hpp"
#include "tests/rules/sample_account.hpp"

namespace signalbox {
namespace {

/// The contacts of one account as their writer keeps them.
struct Contacts : testing::Test {
  sample_account acme;
  inbox_id sales = acme.add_inbox(true);
  inbox_id staff = acme.add_inbox();
  channel_id chat = acme.add_channel(sales);
  channel_id mail = acme.add_channel(sales);
  user_id boss = acme.add_super_admin();
  user_id ann = acme.add_agent();
  user_id bob = acme.add_agent();
  std::map<contact_id, contact> kept;
  std::map<contact_identity, contact_id> identities;

  contact_context context() {
    return {acme.config, noon, [this] { return ++acme.last_id; },
            [this](const contact_identity& what) -> std::optional<contact_id> {
              const auto found = identities.find(what);
              return found == identities.end() ? std::nullopt : std::optional{found->second};
            },
            [this](contact_id which) -> std::optional<contact> {
              const auto found = kept.find(which);
              return found == kept.end() ? std::nullopt : std::optional{found->second};
            }};
  }
  void write(const contact_edit& edit) {
    for (const auto& one : edit.freed) identities.erase(one);
    for (const auto& [what, whose] : edit.held) identities[what] = whose;
    for (const auto& one : edit.erased) kept.erase(one.id);
    for (const auto& one : edit.put) {
      EXPECT_EQ(kept.contains(one.now.id) ? kept[one.now.id].owner : std::nullopt, one.owner_before);
      kept[one.now.id] = one.now;
    }
    // What must always hold: an identity's contact knows of it, and the other way round.
    std::size_t known = 0;
    for (const auto& [id, one] : kept)
      for (const auto& what : one.known_by) {
        EXPECT_EQ(identities[what], id) << what.value;
        ++known;
      }
    EXPECT_EQ(known, identities.size());
  }
  outcome<contact_edit> try_as(user_id who, const contact_change& what) {
    principal by;
    by.account = acme.config.account.id;
    by.user = who;
    return apply(what, by, context());
  }
  contact_id make_as(user_id who, const contact_change& what) {
    auto done = try_as(who, what);
    if (const auto* no = std::get_if<refusal>(&done)) {
      ADD_FAILURE() << no->detail << (no->errors.empty() ? "" : no->errors[0].pointer + " " + no->errors[0].detail);
      return {};
    }
    write(std::get<contact_edit>(done));
    return std::get<contact_edit>(done).first;
  }
  contact_id add(std::string name, std::string email = {}, std::string phone = {}, std::string cookie = {}) {
    return make_as(boss, create_contact{{std::move(name), std::move(email), std::move(phone), std::move(cookie), {}}});
  }
  std::optional<refusal_code> code(user_id who, const contact_change& what) {
    const auto done = try_as(who, what);
    const auto* no = std::get_if<refusal>(&done);
    return no ? std::optional{no->code} : std::nullopt;
  }
  std::vector<std::string> pointers(const contact_change& what) {
    const auto done = try_as(boss, what);
    std::vector<std::string> all;
    if (const auto* no = std::get_if<refusal>(&done))
      for (const auto& one : no->errors) all.push_back(one.pointer);
    return all;
  }
  contact_standing write_from(const sender& who, std::optional<inbox_id> in = std::nullopt) {
    const auto met = meet(who, in.value_or(sales), context());
    write(met.edit);
    return met.with;
  }
};

TEST_F(Contacts, AreMadeWithWhatTheyAreKnownBy) {
  const auto id = add("  Cleo ", " Cleo@Example.com", " +49 1 ", "k-1");
  const auto& cleo = kept.at(id);
  EXPECT_EQ(cleo.name, "Cleo");
  EXPECT_EQ(cleo.email, "Cleo@Example.com") << "shown as it was written";
  EXPECT_EQ(identities.at({identity_kind::email, {}, "cleo@example.com"}), id);
  EXPECT_EQ(identities.at({identity_kind::phone, {}, "+49 1"}), id);
  EXPECT_EQ(identities.at({identity_kind::cookie, {}, "k-1"}), id);
  EXPECT_TRUE(cleo.tracked());
  EXPECT_FALSE(kept.at(add("Dan")).tracked());
}

TEST_F(Contacts, WhatIsWrongIsNamedAllAtOnce) {
  using list = std::vector<std::string>;
  contact_fields bad;
  bad.name = std::string(name_bytes_max + 1, 'x');
  bad.email = "nobody";
  bad.phone = "a\nb";
  bad.cookie = std::string(cookie_bytes_max + 1, 'c');
  bad.owner = user_id{999};
  EXPECT_EQ(pointers(create_contact{bad}), (list{"/name", "/email", "/phone", "/cookie", "/owner"}));
  EXPECT_EQ(pointers(create_contact{}), list{""});
  EXPECT_EQ(pointers(create_contact{{"  ", {}, {}, {}, ann}}), list{""}) << "an owner alone is nobody";
  EXPECT_TRUE(kept.empty());
}

TEST_F(Contacts, AnAddressOfAnotherContactIsTaken) {
  add("Cleo", "cleo@example.com", "+49 1", "k-1");
  const auto dan = add("Dan");
  for (const auto& fields :
       {contact_fields{{}, "CLEO@example.com"}, contact_fields{{}, {}, " +49 1"}, contact_fields{{}, {}, {}, "k-1"}}) {
    EXPECT_EQ(code(boss, create_contact{fields}), refusal_code::address_taken);
    EXPECT_EQ(code(boss, update_contact{dan, fields, {}}), refusal_code::address_taken);
  }
  EXPECT_EQ(code(boss, update_contact{dan, {{}, "dan@example.com"}, {}}), std::nullopt);
}

TEST_F(Contacts, AChangeReplacesWhatIsShownAndNullTakesAllOfTheKind) {
  const auto id = add("Cleo", "cleo@example.com");
  write_from({mail, "m-1", {}, "cleo@example.com", {}, "k-1"});
  write_from({mail, "m-1", {}, {}, {}, "k-2"});
  ASSERT_EQ(kept.at(id).cookie, "k-1");
  ASSERT_TRUE(identities.contains({identity_kind::cookie, {}, "k-2"}));
  make_as(boss, update_contact{id, {{}, "CLEO@example.com", {}, "k-3"}, {}});
  EXPECT_EQ(kept.at(id).email, "CLEO@example.com");
  EXPECT_TRUE(identities.contains({identity_kind::email, {}, "cleo@example.com"}));
  EXPECT_FALSE(identities.contains({identity_kind::cookie, {}, "k-1"}));
  EXPECT_TRUE(identities.contains({identity_kind::cookie, {}, "k-2"})) << "learned, and not the one that was shown";
  make_as(boss, update_contact{id, {{}, {}, {}, ""}, {}});
  EXPECT_FALSE(kept.at(id).tracked());
  EXPECT_TRUE(identities.contains({identity_kind::channel, mail, "m-1"}));
}

TEST_F(Contacts, OfWhatAContactIsKnownBySomethingMustBeLeft) {
  using list = std::vector<std::string>;
  const contact_fields nothing{"", "", "", "", {}};
  const auto by_hand = add("Cleo", "cleo@example.com", "+49 1", "k-1");
  EXPECT_EQ(pointers(update_contact{by_hand, nothing, {}}), list{""});
  EXPECT_EQ(kept.at(by_hand).email, "cleo@example.com") << "a refusal changes nothing";
  make_as(boss, update_contact{by_hand, {{}, "", "", "", {}}, {}});
  EXPECT_EQ(kept.at(by_hand).name, "Cleo") << "a name alone will do, as when it is made";
  EXPECT_EQ(pointers(update_contact{by_hand, {" ", {}, {}, {}, {}}, {}}), list{""});
  const auto nameless = add("", "x@example.com");
  EXPECT_EQ(pointers(update_contact{nameless, {{}, "", {}, {}, {}}, {}}), list{""});
  make_as(boss, update_contact{nameless, {{}, "", {}, "k-2", {}}, {}});
  const auto wrote = write_from({chat, "v-1", "Dan", "dan@example.com", "+49 2", "k-3"}).id;
  make_as(boss, update_contact{wrote, nothing, {}});
  EXPECT_EQ(write_from({chat, "v-1"}).id, wrote) << "by the channel's own id";
}

TEST_F(Contacts, NobodyIsRecognisedByAnEmailThatIsNone) {
  const auto one = write_from({chat, "v-1", "Cleo", "unknown", {}, {}}).id;
  EXPECT_NE(write_from({chat, "v-2", "Dan", "unknown", {}, {}}).id, one);
  EXPECT_TRUE(kept.at(one).email.empty());
  for (const auto* text : {"unknown", "a@", "@b", "a b@example.com", "<a@example.com>", ""})
    EXPECT_EQ(identities_of({chat, "v", {}, text}).size(), 1u) << text;
  EXPECT_EQ(identities_of({chat, "v", {}, " A@Example.com "}).size(), 2u);
  EXPECT_EQ(write_from({chat, "v-1", {}, "cleo@example.com"}).id, one);
  EXPECT_EQ(kept.at(one).email, "cleo@example.com") << "learned when there is one";
}

TEST_F(Contacts, StaleForeignAndUnknownOnesAreRefused) {
  const auto id = add("Cleo");
  EXPECT_EQ(code(boss, update_contact{id, {}, 7}), refusal_code::version_conflict);
  EXPECT_EQ(code(boss, delete_contact{id, 7}), refusal_code::version_conflict);
  EXPECT_EQ(code(boss, merge_contact{id, add("Dan"), 7}), refusal_code::version_conflict);
  EXPECT_EQ(code(boss, update_contact{contact_id{5000}, {}, {}}), refusal_code::not_found);
  EXPECT_EQ(code(boss, delete_contact{contact_id{5000}, {}}), refusal_code::not_found);
  EXPECT_EQ(code(boss, merge_contact{contact_id{5000}, id}), refusal_code::not_found);
  EXPECT_EQ(pointers(merge_contact{id, contact_id{5000}}), std::vector<std::string>{"/into"});
  EXPECT_EQ(pointers(merge_contact{id, id}), std::vector<std::string>{"/into"});
  EXPECT_EQ(code(user_id{999}, create_contact{{"X"}}), refusal_code::access_denied);
  EXPECT_EQ(apply(create_contact{{"X"}}, principal{}, context()).index(), 1u) << "nor the operator";
}

TEST_F(Contacts, ADeletedOneIsNobodyAndItsAddressFree) {
  const auto id = add("Cleo", "cleo@example.com");
  make_as(boss, delete_contact{id, {}});
  EXPECT_TRUE(kept.empty());
  EXPECT_TRUE(identities.empty());
  EXPECT_NE(add("Cleo", "cleo@example.com"), id);
}

TEST_F(Contacts, AMergedOneIsAnotherIdOfTheSurvivor) {
  const auto old = add("C.", "cleo@old.example", "+49 1", "k-1");
  const auto into = add("Cleo", "cleo@example.com");
  make_as(boss, update_contact{old, {{}, {}, {}, {}, std::optional{ann}}, {}});
  kept.at(old).created_at = noon - std::chrono::hours{1};
  make_as(boss, merge_contact{old, into});
  const auto& now = kept.at(into);
  EXPECT_EQ(now.created_at, noon) << "its own";
  EXPECT_EQ(now.name, "Cleo");
  EXPECT_EQ(now.email, "cleo@example.com");
  EXPECT_EQ(now.phone, "+49 1") << "what it lacked";
  EXPECT_EQ(now.owner, ann);
  EXPECT_TRUE(now.tracked());
  EXPECT_EQ(now.absorbed, std::vector{old});
  EXPECT_EQ(meant_by(old, context())->id, into);
  EXPECT_EQ(write_from({mail, "m", {}, "cleo@old.example"}).id, into);
  // And on: every id means the last survivor.
  const auto last = add("Cleopatra");
  make_as(boss, merge_contact{old, last});
  EXPECT_EQ(meant_by(old, context())->id, last);
  EXPECT_EQ(meant_by(into, context())->id, last);
  EXPECT_EQ(kept.at(last).absorbed, (std::vector{old, into}));
  EXPECT_EQ(pointers(merge_contact{last, old}), std::vector<std::string>{"/into"}) << "they are the same";
  make_as(boss, delete_contact{into, {}});
  EXPECT_TRUE(kept.empty());
}

TEST_F(Contacts, AMergedOneDoesNotComeBackWhenTheSurvivorIsDeleted) {
  const auto old = write_from({chat, "v-1", "C.", "cleo@old.example", "+49 1", "k-1"}).id;
  const auto into = write_from({mail, "m-1", "Cleo", "cleo@example.com"}).id;
  make_as(boss, merge_contact{old, into});
  make_as(boss, delete_contact{into, {}});
  EXPECT_FALSE(meant_by(old, context()));
  EXPECT_FALSE(meant_by(into, context()));
  const auto again = write_from({chat, "v-1", {}, "cleo@old.example", "+49 1", "k-1"}).id;
  EXPECT_NE(again, old);
  EXPECT_NE(again, into);
  EXPECT_EQ(write_from({mail, "m-2", {}, "cleo@old.example"}).id, again);
  EXPECT_FALSE(meant_by(old, context()));
  EXPECT_TRUE(kept.at(again).absorbed.empty());
}

TEST_F(Contacts, TheSurestKnownIdentitySaysWhoItIs) {
  const auto by_cookie = add("Cookie", {}, {}, "k-1");
  const auto by_email = add("E-mail", "x@example.com");
  const auto by_phone = add("Phone", {}, "+49 1");
  EXPECT_EQ(write_from({chat, "v-1", {}, "x@example.com", "+49 1", "k-1"}).id, by_cookie);
  EXPECT_EQ(write_from({chat, "v-2", {}, "X@Example.com", "+49 1", {}}).id, by_email);
  EXPECT_EQ(write_from({chat, "v-3", {}, {}, "  +49 1 ", {}}).id, by_phone);
  EXPECT_EQ(write_from({chat, "v-3", {}, "x@example.com", {}, "k-1"}).id, by_phone) << "the channel's own id comes first";
  EXPECT_NE(write_from({mail, "v-3"}).id, by_phone) << "another channel's own id is another";
}

TEST_F(Contacts, A54_AVisitorWithoutAnEmailIsTiedToTheirCookie) {
  const auto visitor = write_from({chat, "v-1", {}, {}, {}, "k-1"});
  EXPECT_TRUE(visitor.tracked);
  EXPECT_TRUE(kept.at(visitor.id).email.empty());
  EXPECT_EQ(write_from({chat, "v-other-session", {}, {}, {}, "k-1"}).id, visitor.id);
  EXPECT_NE(write_from({chat, "v-2", {}, {}, {}, "k-2"}).id, visitor.id);
}

TEST_F(Contacts, AKnownContactIsKnownByMoreFromThenOn) {
  const auto id = write_from({chat, "v-1"}).id;
  EXPECT_FALSE(kept.at(id).tracked());
  const auto version = kept.at(id).version;
  EXPECT_TRUE(write_from({chat, "v-1", "Cleo", "Cleo@Example.com", "+49 1", "k-1"}).tracked);
  const auto& now = kept.at(id);
  EXPECT_EQ(now.name, "Cleo");
  EXPECT_EQ(now.email, "Cleo@Example.com");
  EXPECT_GT(now.version, version);
  EXPECT_EQ(write_from({mail, "m-1", {}, "cleo@example.com"}).id, id);
  const auto learned = kept.at(id);
  EXPECT_TRUE(meet({mail, "m-1", "Another name", "cleo@example.com"}, sales, context()).edit.empty()) << "nothing to learn";
  EXPECT_EQ(kept.at(id), learned);
}

TEST_F(Contacts, S52_ThatACookieWasLearnedIsSaidOnce) {
  EXPECT_FALSE(meet({chat, "v-1", "Cleo", {}, {}, "k-1"}, sales, context()).tracked_now) << "nobody waited for a fresh one";
  (void)write_from({chat, "v-1"});
  EXPECT_FALSE(meet({chat, "v-1", "Cleo", "cleo@example.com"}, sales, context()).tracked_now) << "no cookie";
  EXPECT_TRUE(meet({chat, "v-1", "Cleo", {}, {}, "k-1"}, sales, context()).tracked_now);
  (void)write_from({chat, "v-1", "Cleo", {}, {}, "k-1"});
  EXPECT_FALSE(meet({chat, "v-1", "Cleo", {}, {}, "k-2"}, sales, context()).tracked_now) << "it was before";
}

TEST_F(Contacts, AMovedConversationShowsItsContactInTheInboxItCameTo) {
  const auto id = write_from({chat, "v-1"}).id;
  write(show_in(kept.at(id), staff));
  EXPECT_EQ(kept.at(id).inboxes, (std::vector{sales, staff}));
  EXPECT_TRUE(show_in(kept.at(id), staff).empty());
}

TEST_F(Contacts, OnlySoManyIdentitiesAreLearned) {
  const auto id = write_from({chat, "v-1"}).id;
  for (std::size_t i = 0; i < identities_max + 5; ++i) {
    const auto cookie = "k-" + std::to_string(i);
    EXPECT_EQ(write_from({chat, "v-1", {}, {}, {}, cookie}).id, id);
  }
  EXPECT_EQ(kept.at(id).known_by.size(), identities_max);
}

TEST_F(Contacts, S12_AreShownToWhoeverMayViewAnInboxTheyWroteTo) {
  acme.restrict_to(staff, {bob});
  const auto quiet = write_from({chat, "v-1"}, staff).id;
  const auto& one = kept.at(quiet);
  EXPECT_TRUE(may_view(acme.config, acme.of(bob), one));
  EXPECT_FALSE(may_view(acme.config, acme.of(ann), one));
  EXPECT_TRUE(may_view(acme.config, acme.of(boss), one)) << "S13";
  EXPECT_EQ(code(ann, update_contact{quiet, {"X"}, {}}), refusal_code::access_denied);
  EXPECT_EQ(code(ann, delete_contact{quiet, {}}), refusal_code::access_denied);
  EXPECT_EQ(code(ann, merge_contact{quiet, add("Dan")}), refusal_code::access_denied);
  EXPECT_EQ(code(ann, merge_contact{add("Eve"), quiet}), refusal_code::access_denied);
  make_as(bob, update_contact{quiet, {{}, {}, {}, {}, std::optional{ann}}, {}});
  EXPECT_TRUE(may_view(acme.config, acme.of(ann), kept.at(quiet))) << "its owner";
  make_as(bob, update_contact{quiet, {{}, {}, {}, {}, std::optional<user_id>{}}, {}});
  write_from({chat, "v-1"}, sales);
  EXPECT_TRUE(may_view(acme.config, acme.of(ann), kept.at(quiet)));
  acme.change(ann, [](user& u) { u.active = false; });
  EXPECT_FALSE(may_view(acme.config, acme.of(ann), kept.at(quiet)));
  acme.config.inboxes.erase(sales);
  acme.config.inboxes.erase(staff);
  EXPECT_FALSE(may_view(acme.config, acme.of(bob), kept.at(quiet))) << "a deleted inbox opens nothing";
}

struct ContactsAudit : Contacts {
  std::vector<audit_entry> audited(const contact_change& what) {
    principal by;
    by.account = acme.config.account.id;
    by.user = ann;
    by.token = token_id{77};
    auto done = apply(what, by, context());
    const auto& edit = std::get<contact_edit>(done);
    auto entries = audit_of(edit, by, context());
    write(edit);
    return entries;
  }
  static const contact& of(const std::optional<audited_resource>& what) { return std::get<contact>(what.value()); }
};

TEST_F(ContactsAudit, SaysWhoMadeAndChangedWhat) {
  const auto made = audited(create_contact{{"Cleo", "cleo@example.com", {}, {}, {}}});
  ASSERT_EQ(made.size(), 1u);
  EXPECT_EQ(made[0].user, ann);
  EXPECT_EQ(made[0].token, token_id{77});
  EXPECT_EQ(made[0].at, noon);
  EXPECT_FALSE(made[0].before);
  EXPECT_EQ(of(made[0].after).name, "Cleo");
  const auto id = std::get<contact_id>(made[0].what);
  const auto changed = audited(update_contact{id, {"Cleopatra", {}, {}, {}, {}}, {}});
  ASSERT_EQ(changed.size(), 1u);
  EXPECT_EQ(of(changed[0].before).name, "Cleo");
  EXPECT_EQ(of(changed[0].after).name, "Cleopatra");
  EXPECT_GT(changed[0].order, made[0].order);
  const auto gone = audited(delete_contact{id, {}});
  ASSERT_EQ(gone.size(), 1u);
  EXPECT_EQ(of(gone[0].before).id, id);
  EXPECT_EQ(of(gone[0].before).name, "") << "who is deleted is named no more";
  EXPECT_EQ(of(gone[0].before).email, "");
  EXPECT_TRUE(of(gone[0].before).known_by.empty());
  EXPECT_FALSE(gone[0].after);
}

TEST_F(ContactsAudit, AMergeNamesTheTwoAndNoOlderIds) {
  const auto oldest = add("A"), older = add("B"), survivor = add("C");
  const auto first = audited(merge_contact{oldest, older, {}, {}});
  ASSERT_EQ(first.size(), 2u);
  const auto second = audited(merge_contact{older, survivor, {}, {}});
  ASSERT_EQ(second.size(), 2u) << "the oldest was only an id already";
  EXPECT_EQ(second[0].what, audited_id{survivor});
  EXPECT_EQ(second[1].what, audited_id{older});
  EXPECT_EQ(of(second[1].before).name, "B");
  EXPECT_EQ(of(second[1].after).merged_into, survivor);
  const auto gone = audited(delete_contact{survivor, {}});
  ASSERT_EQ(gone.size(), 1u);
  EXPECT_EQ(gone[0].what, audited_id{survivor});
}

TEST_F(Contacts, WhatIsToldNamesEachChangeOnceAndNobodysContent) {
  const auto told = [&](const contact_edit& edit) {
    write(edit);
    return told_changes(edit);
  };
  const auto by_hand = [&](const contact_change& what) { return told(std::get<contact_edit>(try_as(boss, what))); };
  const auto change_of = [](contact_id which, change_kind what, contact_id absorbed = {}) {
    return std::vector{resource_change{resource_kind::contact, what, which.value, absorbed}};
  };
  const auto first = meet({chat, "u-1", "Ida"}, sales, context());
  const auto ida = first.with.id;
  EXPECT_EQ(told(first.edit), change_of(ida, change_kind::created));
  EXPECT_EQ(told(meet({chat, "u-1", "Ida"}, sales, context()).edit), std::vector<resource_change>{}) << "nothing was learned";
  EXPECT_EQ(told(meet({chat, "u-1", "Ida"}, staff, context()).edit), std::vector<resource_change>{}) << "another inbox alone";
  EXPECT_EQ(told(show_in(kept.at(ida), inbox_id{99})), std::vector<resource_change>{});
  const auto taught = meet({chat, "u-1", "Ida", "ida@example.org"}, sales, context());
  EXPECT_EQ(told(taught.edit), change_of(ida, change_kind::changed));
  const auto old = add("Ida Old");
  const auto older = add("Ida Older");
  EXPECT_EQ(by_hand(merge_contact{older, old}), change_of(old, change_kind::merged, older));
  EXPECT_EQ(by_hand(merge_contact{old, ida}), change_of(ida, change_kind::merged, old)) << "what it had absorbed is known";
  contact_fields fields;
  fields.name = "Ida B.";
  EXPECT_EQ(by_hand(update_contact{old, fields, std::nullopt}), change_of(ida, change_kind::changed)) << "under the id it has";
  EXPECT_EQ(by_hand(delete_contact{ida, std::nullopt}), change_of(ida, change_kind::deleted)) << "its other ids aren't told";
}

TEST_F(Contacts, WhatIsSoAlreadyIsNoChange) {
  const auto ada = add("Ada", "ada@example.com", "+49 30 1");
  const auto version = kept[ada].version;
  make_as(boss, update_contact{ada, {" Ada ", "ada@example.com", "+49 30 1", {}, std::optional<user_id>{}}, version});
  EXPECT_EQ(kept[ada].version, version);
  const auto done = try_as(boss, update_contact{ada, {}, {}});
  ASSERT_TRUE(std::holds_alternative<contact_edit>(done));
  EXPECT_TRUE(std::get<contact_edit>(done).empty());
  EXPECT_EQ(std::get<contact_edit>(done).first, ada);
  make_as(boss, update_contact{ada, {"Ada L."}, {}});
  EXPECT_EQ(kept[ada].version, version + 1);
}

}  // namespace
}  // namespace signalbox
