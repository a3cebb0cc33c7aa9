#include <set>

#include "tests/transport/http_api/api_rig.hpp"

namespace signalbox {

namespace {

class Commands : public api_rig {
protected:
  using list = std::vector<std::string>;

  Commands() {
    after.id = conversation_id{5};
    after.inbox = acme.inbox;
    after.channel = acme.first;
    after.last_message_at = now;
    after.next_seq = 8;
    edge.on_command = [this](const principal& by, conversation_id which, const conversation_command& what,
                             const std::optional<std::string>& key) -> outcome<conversation> {
      EXPECT_EQ(by.user, acme.ben);
      EXPECT_EQ(which, after.id);
      last = what;
      last_key = key;
      ++count;
      return after;
    };
  }
  told command(std::string method, std::string_view resource, std::string body = {}, headers more = {}) {
    return as_ben(std::move(method), path("/v1/conversations/", after.id, resource), std::move(body), std::move(more));
  }
  template <class Command>
  const Command& sent() {
    EXPECT_TRUE(std::holds_alternative<Command>(last));
    return std::get<Command>(last);
  }

  conversation after;
  conversation_command last = report_typing{};
  std::optional<std::string> last_key;
  int count = 0;
};

TEST_F(Commands, A38_TheStatusIsSet) {
  EXPECT_EQ(command("PATCH", "", R"({"status":"closed"})").status(), 200);
  EXPECT_EQ(sent<set_status>().status, conversation_status::closed);
  command("PATCH", "", R"({"status":"open"})");
  EXPECT_EQ(sent<set_status>().status, conversation_status::open);
  EXPECT_EQ(command("PATCH", "", R"({"status":"half"})").pointers(), list{"/status"});
  EXPECT_EQ(command("PATCH", "", "{}").pointers(), list{"/status"});
  EXPECT_EQ(count, 2);
}

TEST_F(Commands, A45_SpamIsMarkedByHand) {
  after.spam = true;
  EXPECT_EQ(command("PATCH", "", R"({"spam":true})").at("/spam"), "true");
  EXPECT_TRUE(sent<mark_spam>().on);
  command("PATCH", "", R"({"spam":false})");
  EXPECT_FALSE(sent<mark_spam>().on);
  EXPECT_EQ(command("PATCH", "", R"({"spam":"yes"})").pointers(), list{"/spam"});
  EXPECT_EQ(command("PATCH", "", R"({"spam":true,"status":"open"})").pointers(), list{""});
  EXPECT_EQ(count, 2);
}

TEST_F(Commands, ThePriorityIsSetApartFromTheStatus) {
  after.priority = priority::urgent;
  const auto set = command("PATCH", "", R"({"priority":"urgent"})");
  EXPECT_EQ(set.at("/priority"), "urgent");
  EXPECT_EQ(sent<set_priority>().to, priority::urgent);
  EXPECT_EQ(command("PATCH", "", R"({"priority":"huge"})").pointers(), list{"/priority"});
  EXPECT_EQ(command("PATCH", "", R"({"priority":"low","status":"open"})").pointers(), list{""});
  EXPECT_EQ(count, 1);
}

TEST_F(Commands, A41_ItIsMovedToAnotherInbox) {
  EXPECT_EQ(command("PUT", "/inbox", R"({"inbox":")" + to_text(acme.inbox) + R"("})").at("/inbox"), to_text(acme.inbox));
  EXPECT_EQ(sent<move_conversation>().to, acme.inbox);
  EXPECT_EQ(command("PUT", "/inbox", "{}").pointers(), list{"/inbox"});
  EXPECT_EQ(command("PUT", "/inbox", R"({"inbox":"cnv_0000000000001"})").pointers(), list{"/inbox"});
  EXPECT_EQ(count, 1);
}

TEST_F(Commands, AnOfferIsAcceptedOrDeclined) {
  EXPECT_EQ(command("POST", "/accept").status(), 200);
  sent<accept_offer>();
  EXPECT_EQ(command("POST", "/decline").status(), 200);
  sent<decline_offer>();
}

TEST_F(Commands, AWaitingOneShowsItsPlace) {
  edge.on_read_waiting = [&](const principal&, conversation_id which) -> outcome<waiting_place> {
    if (which != after.id) return refuse(refusal_code::not_found, "there is no such conversation");
    return waiting_place{time_point{milliseconds{0}}, priority::high, 2, milliseconds{1500}};
  };
  const auto place = command("GET", "/waiting");
  EXPECT_EQ(place.status(), 200);
  EXPECT_EQ(place.at("/position"), "3");
  EXPECT_EQ(place.at("/priority"), "high");
  EXPECT_EQ(place.at("/estimated_wait_ms"), "1500");
  EXPECT_EQ(as_ben("GET", "/v1/conversations/cnv_x/waiting").status(), 404);
}

TEST_F(Commands, A44_DeletedAndRestored) {
  EXPECT_EQ(command("DELETE", "").status(), 204);
  sent<remove_conversation>();
  const auto back = command("POST", "/restore");
  EXPECT_EQ(back.status(), 200);
  EXPECT_EQ(back.at("/id"), to_text(after.id));
  sent<restore_conversation>();
}

TEST_F(Commands, A36_A37_AssignedAndUnassigned) {
  EXPECT_EQ(command("PUT", "/assignee", R"({"user":")" + to_text(acme.ada) + "\"}").status(), 200);
  EXPECT_EQ(std::get<user_id>(sent<assign>().to), acme.ada);
  EXPECT_EQ(command("PUT", "/assignee", R"({"team":"tem_0000000000007"})").status(), 200);
  EXPECT_EQ(std::get<team_id>(sent<assign>().to), team_id{7});
  EXPECT_EQ(command("DELETE", "/assignee").status(), 200);
  sent<unassign>();
  EXPECT_EQ(command("PUT", "/assignee", "{}").pointers(), list{""});
  EXPECT_EQ(command("PUT", "/assignee", R"({"user":"usr_0000000000001","team":"tem_0000000000007"})").pointers(), list{""});
  EXPECT_EQ(command("PUT", "/assignee", R"({"user":7})").pointers(), list{"/user"});
  EXPECT_EQ(command("PUT", "/assignee", R"({"team":null})").pointers(), list{"/team"});
  EXPECT_EQ(count, 3);
}

TEST_F(Commands, AReplyIsAcceptedAndShownAsHistoryWillShowIt) {
  const auto said = command("POST", "/messages", R"({"text":"On its\nway \"now\"","html":"<p>On its way</p>"})");
  ASSERT_EQ(said.status(), 202) << said.answer.body;
  const auto& reply = sent<reply_to_contact>();
  EXPECT_EQ(said.at("/id"), to_text(reply.message));
  EXPECT_EQ(said.at("/type"), "message");
  EXPECT_EQ(said.at("/direction"), "out");
  EXPECT_EQ(said.at("/status"), "accepted");
  EXPECT_EQ(said.at("/seq"), "7") << "the last entry of the conversation as it was right after";
  EXPECT_EQ(said.at("/from/user"), to_text(acme.ben));
  EXPECT_EQ(said.at("/text"), "On its\nway \"now\"");
  EXPECT_EQ(said.at("/html"), "<p>On its way</p>");
  EXPECT_EQ(said.at("/at"), to_text(now));
  EXPECT_EQ(reply.at, now) << "history is to say the same";
  EXPECT_EQ(last_key, std::nullopt);
}

TEST_F(Commands, A42_ACommentMayMention) {
  const auto said = command("POST", "/comments", R"({"text":"look","mentions":[")" + to_text(acme.ada) + "\"]}");
  ASSERT_EQ(said.status(), 201) << said.answer.body;
  const auto& comment = sent<add_comment>();
  EXPECT_EQ(comment.mentions, std::vector{acme.ada});
  EXPECT_EQ(said.at("/id"), to_text(comment.message));
  EXPECT_EQ(said.at("/type"), "comment");
  EXPECT_EQ(said.at("/text"), "look");
  EXPECT_EQ(said.at("/at"), to_text(now));
  EXPECT_EQ(comment.at, now);
}

TEST_F(Commands, WhatIsSaidMustBeSayable) {
  for (const auto* resource : {"/messages", "/comments"}) {
    EXPECT_EQ(command("POST", resource, "{}").pointers(), list{"/text"});
    EXPECT_EQ(command("POST", resource, R"({"text":""})").pointers(), list{"/text"});
    EXPECT_EQ(command("POST", resource, R"({"text":7})").pointers(), list{"/text"});
    EXPECT_EQ(command("POST", resource, R"({"text":"x","attachments":{}})").pointers(), list{"/attachments"});
    EXPECT_EQ(command("POST", resource, "{\"text\":\"" + std::string(300 * 1024, 'x') + "\"}").code(), "too_large");
  }
  EXPECT_EQ(command("POST", "/comments", R"({"text":"x","mentions":"ada"})").pointers(), list{"/mentions"});
  EXPECT_EQ(count, 0);
}

TEST_F(Commands, RefusalsComeThrough) {
  for (const auto& [code, status] : {std::pair{refusal_code::view_only, 403}, std::pair{refusal_code::seat_required, 403},
                                     std::pair{refusal_code::channel_off, 409}, std::pair{refusal_code::conflict, 409},
                                     std::pair{refusal_code::not_found, 404}, std::pair{refusal_code::unavailable, 503}}) {
    edge.on_command = [code = code](const principal&, conversation_id, const conversation_command&,
                                    const std::optional<std::string>&) { return outcome<conversation>{refuse(code, "no")}; };
    for (const auto& no : {command("POST", "/messages", R"({"text":"x"})"), command("POST", "/comments", R"({"text":"x"})"),
                           command("PATCH", "", R"({"status":"open"})"), command("DELETE", ""), command("DELETE", "/assignee"),
                           command("POST", "/messages", R"({"text":"x"})", {{"Idempotency-Key", std::string{to_text(code)}}})}) {
      EXPECT_EQ(no.status(), status);
      EXPECT_EQ(no.code(), to_text(code));
    }
  }
}

TEST_F(Commands, MalformedIdsAreNotFound) {
  for (const auto* resource : {"", "/assignee", "/restore", "/messages", "/comments"})
    for (const auto* method : {"PATCH", "DELETE", "PUT", "POST"}) {
      const auto no = as_ben(method, std::string{"/v1/conversations/cnv_x"} + resource,
                             R"({"status":"open","text":"x","user":"usr_0000000000001"})");
      EXPECT_TRUE(no.status() == 404 || no.status() == 405) << method << resource;
    }
  EXPECT_EQ(count, 0);
}

TEST_F(Commands, AKeyGivesTheFirstAnswerAgain) {
  edge.on_read_history = [&](const principal&, conversation_id, std::size_t, std::uint64_t seq) {
    EXPECT_LT(seq, 7u);
    page<history_entry> some;
    history_entry one;
    one.what.kind = event_kind::message;
    one.what.seq = 7;
    if (const auto* reply = std::get_if<reply_to_contact>(&last)) one.what.message = reply->message;
    one.what.direction = message_direction::out;
    one.what.status = message_status::accepted;
    one.what.by = acme.ben;
    one.what.body = R"("text":"once")";
    some.items.push_back(one);
    return outcome<page<history_entry>>{some};
  };
  const auto first = command("POST", "/messages", R"({"text":"once"})", {{"Idempotency-Key", "k1"}});
  ASSERT_EQ(first.status(), 202) << first.answer.body;
  EXPECT_EQ(first.at("/id"), to_text(sent<reply_to_contact>().message));
  const auto key = last_key;
  ASSERT_TRUE(key);
  EXPECT_NE(*key, "k1") << "the agent socket's refs are the same user's keys too";
  EXPECT_EQ(command("POST", "/messages", R"({"text":"once"})", {{"Idempotency-Key", "k1"}}).answer.body, first.answer.body);
  EXPECT_EQ(count, 1);
  command("POST", "/comments", R"({"text":"once"})", {{"Idempotency-Key", "k1"}});
  EXPECT_EQ(count, 2) << "another path, another key";
  EXPECT_NE(last_key, key);
}

TEST_F(Commands, EveryPostHandsItsKeyOn) {
  std::vector<std::string> keys;
  for (const auto* resource : {"/restore", "/accept", "/decline"}) {
    EXPECT_EQ(command("POST", resource, "", {{"Idempotency-Key", "k"}}).status(), 200) << resource;
    keys.push_back(last_key.value_or(""));
    EXPECT_EQ(command("POST", resource).status(), 200);
    EXPECT_EQ(last_key, std::nullopt) << resource;
  }
  EXPECT_EQ(std::set<std::string>(keys.begin(), keys.end()).size(), 3u) << "a key is the path's";
  EXPECT_FALSE(keys[0].empty());
  command("PATCH", "", R"({"status":"closed"})", {{"Idempotency-Key", "k"}});
  EXPECT_EQ(last_key, std::nullopt) << "of a POST alone";
}

TEST_F(Commands, AKeyFromBeforeARestartFindsWhatWasWrittenFirst) {
  edge.on_read_history = [&](const principal&, conversation_id, std::size_t, std::uint64_t) {
    page<history_entry> some;
    for (std::uint64_t seq = 5; seq <= 7; ++seq) {
      history_entry one;
      one.what.kind = event_kind::message;
      one.what.seq = seq;
      one.what.message = message_id{100 + seq};
      one.what.direction = message_direction::out;
      one.what.status = message_status::delivered;
      one.what.by = seq == 6 ? acme.ben : acme.ada;
      one.what.body = R"("text":"once")";
      some.items.push_back(one);
    }
    return outcome<page<history_entry>>{some};
  };
  edge.first_written = message_id{106};
  const auto again = command("POST", "/messages", R"({"text":"once"})", {{"Idempotency-Key", "k1"}});
  EXPECT_EQ(again.status(), 202);
  EXPECT_EQ(again.at("/id"), to_text(message_id{106}));
  EXPECT_EQ(again.at("/status"), "delivered");
  edge.first_written = message_id{99};  // long ago
  const auto other = command("POST", "/messages", R"({"text":"something else"})", {{"Idempotency-Key", "k2"}});
  EXPECT_EQ(other.status(), 409);
  EXPECT_EQ(other.code(), "conflict");
}

}  // namespace

}  // namespace signalbox
