#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "transport/wire/agent_frames.hpp"
#include "transport/wire/json_out.hpp"
#include "transport/wire/written_body.hpp"

namespace signalbox {
namespace {

namespace json = boost::json;
using namespace std::string_literals;

constexpr time_point noon{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1} + std::chrono::hours{12}};

template <class Append, class... T>
std::string written(Append append, const T&... of) {
  std::string out;
  append(out, of...);
  return out;
}
std::string in_json(std::string_view text) { return written(append_json_string, text); }

event inbound() {
  event out;
  out.kind = event_kind::message;
  out.conversation = {3};
  out.message = {4};
  out.seq = 7;
  out.at = noon;
  out.body = R"("from":{"id":"c"},"text":"hi")";
  return out;
}

TEST(JsonString, IsReadBackTheSameByAnotherParser) {
  std::string all;
  for (int c = 0; c < 128; ++c) all += static_cast<char>(c);
  all += "é🪑\u2028";
  EXPECT_EQ(json::parse(in_json(all)).as_string(), all);
  EXPECT_EQ(in_json("\x01\n\"\\"), R"("\u0001\n\"\\")");
}

TEST(JsonString, BytesThatAreNoUtf8BecomeReplacementCharacters) {
  EXPECT_EQ(in_json("a\xff"
                    "b\xc3"),
            "\"a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD\"");
  EXPECT_EQ(in_json("\xed\xa0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(in_json("\xc3\xa9\xff"), "\"\xc3\xa9\xEF\xBF\xBD\"");
}

TEST(JsonOut, AMessageHasItsBodySplicedIn) {
  auto of = inbound();
  EXPECT_EQ(written(append_message, of),
            R"({"id":"msg_0000000000004","seq":7,"at":"2026-03-01T12:00:00.000Z","type":"message","direction":"in",)"
            R"("status":"received","from":{"id":"c"},"text":"hi"})");
  of.direction = message_direction::out;
  of.status = message_status::failed;
  of.error = "no \"number\"";
  of.by = user_id{9};
  of.body = R"("text":"yes")";
  EXPECT_EQ(written(append_message, of),
            R"({"id":"msg_0000000000004","seq":7,"at":"2026-03-01T12:00:00.000Z","type":"message","direction":"out",)"
            R"("status":"failed","error":"no \"number\"","from":{"user":"usr_0000000000009"},"text":"yes"})");
}

TEST(JsonOut, AMessageEventCarriesCursorsAndTheTimeItCame) {
  agent_event of;
  of.cursor = 33;
  of.prev = 32;
  of.what = inbound();
  const auto said = json::parse(written(append_agent_event, of));
  EXPECT_EQ(said.at("cursor"), json::value("0000000000011"));
  EXPECT_EQ(said.at("prev"), json::value("0000000000010"));
  EXPECT_EQ(said.at("type"), json::value("message.created"));
  EXPECT_EQ(said.at("data").at("conversation"), json::value("cnv_0000000000003"));
  EXPECT_EQ(said.at("data").at("received_at"), json::value("2026-03-01T12:00:00.000Z"));
  EXPECT_EQ(said.at("data").at("message").at("text"), json::value("hi"));
  of.prev = 0;
  EXPECT_EQ(json::parse(written(append_agent_event, of)).at("prev"), "0000000000000");  // before the first one
  of.what.kind = event_kind::comment;
  EXPECT_EQ(json::parse(written(append_agent_event, of)).at("data").at("message").at("type"), json::value("comment"));
}

TEST(JsonOut, AnAssignmentHasTheConversationAndTheNewestMessage) {
  agent_event of;
  of.cursor = 1;
  of.what.kind = event_kind::assignment;
  of.what.at = noon + std::chrono::hours{1};
  of.what.reason = assignment_reason::queue;
  of.what.to = user_id{9};
  conversation about;
  about.id = {3};
  about.thread = "t\"";
  of.conversation = std::make_shared<const conversation>(about);
  of.newest_message = std::make_shared<const event>(inbound());
  auto said = json::parse(written(append_agent_event, of));
  EXPECT_EQ(said.at("type"), json::value("assignment.created"));
  EXPECT_EQ(said.at("data").at("conversation").at("thread"), json::value("t\""));
  EXPECT_EQ(said.at("data").at("message").at("text"), json::value("hi"));
  EXPECT_EQ(said.at("data").at("reason"), json::value("queue"));
  EXPECT_EQ(said.at("data").at("received_at"), json::value("2026-03-01T12:00:00.000Z"));
  of.withdrawn = true;
  said = json::parse(written(append_agent_event, of));
  EXPECT_EQ(said.at("type"), json::value("assignment.withdrawn"));
  EXPECT_EQ(said.at("data").at("to").at("user"), json::value("usr_0000000000009"));
}

TEST(JsonOut, EveryKindOfEventIsJsonWithItsType) {
  const std::vector<std::pair<event_kind, std::string>> types{
      {event_kind::status, "conversation.updated"},       {event_kind::move, "conversation.updated"},
      {event_kind::message_status, "message.status"},     {event_kind::waiting, "conversation.waiting"},
      {event_kind::availability, "availability.changed"}, {event_kind::update, "conversation.updated"}};
  for (const auto& [kind, type] : types) {
    agent_event of;
    of.cursor = 5;
    of.what.kind = kind;
    of.what.user = user_id{1};
    EXPECT_EQ(json::parse(written(append_agent_event, of)).at("type"), json::value(type));
  }
}

TEST(JsonOut, TypingHasNoCursor) {
  agent_event of;
  of.what.conversation = {3};
  of.what.by = user_id{9};
  const auto said = json::parse(written(append_agent_event, of));
  EXPECT_FALSE(said.as_object().contains("cursor"));
  EXPECT_FALSE(said.as_object().contains("prev"));
  EXPECT_EQ(said.at("type"), json::value("typing"));
  EXPECT_EQ(said.at("data").at("user"), json::value("usr_0000000000009"));
}

TEST(JsonOut, HistoryEntriesSayWhoDidIt) {
  event of;
  of.kind = event_kind::assignment;
  of.to = team_id{2};
  EXPECT_EQ(json::parse(written(append_history_entry, of)).at("by"), json::value("rule"));
  of.by = user_id{9};
  EXPECT_EQ(json::parse(written(append_history_entry, of)).at("by"), json::value("usr_0000000000009"));
  EXPECT_EQ(json::parse(written(append_history_entry, of)).at("to").at("team"), json::value("tem_0000000000002"));
  of.kind = event_kind::status;
  of.conversation_status_now = conversation_status::closed;
  EXPECT_EQ(json::parse(written(append_history_entry, of)).at("status"), json::value("closed"));
}

TEST(JsonOut, AUserNeverShowsThePasswordsHash) {
  user of;
  of.password_hash = "secret";
  of.working_hours = {{0, 540, 1440}};
  of.teams = {{team_id{1}, true}, {team_id{2}, false}};
  const auto said = written(append_user, of);
  EXPECT_EQ(said.find("secret"), said.npos);
  EXPECT_EQ(json::parse(said).at("working_hours").at(0).at("to"), json::value("24:00"));
  EXPECT_EQ(json::parse(said).at("teams").as_array().size(), 2u);
}

TEST(JsonOut, AProblemNamesTheCodeAndWhereItIs) {
  std::string out;
  append_problem(out, invalid_field("/text", "is required"), "req_1");
  const auto said = json::parse(out);
  EXPECT_EQ(said.at("code"), json::value("invalid"));
  EXPECT_EQ(said.at("status").to_number<int>(), 422);
  EXPECT_EQ(said.at("errors").at(0).at("pointer"), json::value("/text"));
  EXPECT_EQ(said.at("request_id"), json::value("req_1"));
}

TEST(WrittenBody, MembersAreKeptAsTheyCame) {
  const auto out = read_written_body(
      R"({"op":"reply","html":"<p>\u00e9</p>","text":"\"a\"","attachments":[{"size":1,"type":"t","name":"n","url":"https://x"}]})");
  EXPECT_EQ(std::get<written_body>(out).body,
            R"("text":"\"a\"","html":"<p>\u00e9</p>","attachments":[{"name":"n","type":"t","size":1,"url":"https://x"}])");
}

TEST(WrittenBody, MentionsAreUsers) {
  const auto out = read_written_body(R"({"text":"x","mentions":["usr_0000000000009"]})");
  EXPECT_EQ(std::get<written_body>(out).mentions, std::vector{user_id{9}});
}

TEST(WrittenBody, WrongOnesAreRefusedWithAPointer) {
  const auto pointer_of = [](std::string_view body) {
    const auto out = read_written_body(body);
    const auto* no = std::get_if<refusal>(&out);
    return no && !no->errors.empty() ? no->errors[0].pointer : "none";
  };
  EXPECT_EQ(pointer_of("{}"), "/text");
  EXPECT_EQ(pointer_of(R"({"text":""})"), "/text");
  EXPECT_EQ(pointer_of(R"({"text":" \n\t\u00a0\u3000 "})"), "/text");
  EXPECT_EQ(pointer_of(R"({"text":"  ","html":" \n","attachments":[]})"), "/text");
  EXPECT_EQ(pointer_of(R"({"html":"  "})"), "/text");
  EXPECT_EQ(pointer_of(R"({"text":" ","html":"<p>x</p>"})"), "none");
  EXPECT_EQ(pointer_of(R"({"text":" ","attachments":[{"name":"a","type":"t","size":1,"data":"QQ=="}]})"), "none");
  EXPECT_EQ(pointer_of(R"({"text":" \u00e9 "})"), "none");
  EXPECT_EQ(pointer_of(R"({"text":"x","attachments":[{"name":"a","type":"t","size":1,"data":"QQ="}]})"), "/attachments/0/data");
  EXPECT_EQ(pointer_of(R"({"text":7})"), "/text");
  EXPECT_EQ(pointer_of(R"({"text":"\ud800"})"), "/text");
  EXPECT_EQ(pointer_of(R"({"text":"x","html":7})"), "/html");
  EXPECT_EQ(pointer_of(R"({"text":"x","attachments":7})"), "/attachments");
  EXPECT_EQ(pointer_of(R"({"text":"x","attachments":[{"name":"a","type":"t","size":1,"url":"x:"}]})"), "/attachments/0/url");
  EXPECT_EQ(pointer_of(R"({"text":"x","mentions":["ben"]})"), "/mentions");
  EXPECT_EQ(pointer_of("{"), "");
  EXPECT_EQ(pointer_of("[]"), "");
  const auto out = read_written_body(R"({"text":")" + std::string(text_bytes_max + 1, 'x') + "\"}");
  EXPECT_EQ(std::get<refusal>(out).code, refusal_code::too_large);
}

TEST(Cursor, IsReadBack) {
  EXPECT_EQ(parse_cursor("0000000000011"), 33u);
  for (const auto& garbage : {"", "nonsense", "-1", "18446744073709551615", "00000000000110000000"})
    EXPECT_FALSE(parse_cursor(garbage)) << garbage;
}

agent_frame agent_says(std::string_view bytes) {
  return read_agent_frame(bytes, [] { return message_id{77}; });
}

TEST(AgentFrame, EachCommandIsRead) {
  const auto command = [](std::string_view op, std::string_view more = "") {
    auto frame = agent_says(R"({"op":")" + std::string{op} + R"(","ref":"r","conversation":"cnv_0000000000003")" +
                            std::string{more} + "}");
    auto& request = std::get<agent_request>(frame);
    EXPECT_EQ(request.ref, "r");
    auto& asked = std::get<agent_request::command>(request.asked);
    EXPECT_EQ(asked.conversation, conversation_id{3});
    return asked.what;
  };
  EXPECT_EQ(std::get<reply_to_contact>(command("reply", R"(,"text":"x")")).message, message_id{77});
  EXPECT_EQ(std::get<add_comment>(command("comment", R"(,"text":"x")")).body, R"("text":"x")");
  EXPECT_EQ(std::get<assign>(command("assign", R"(,"user":"usr_0000000000009")")).to, assignee{user_id{9}});
  EXPECT_EQ(std::get<assign>(command("assign", R"(,"team":"tem_0000000000009")")).to, assignee{team_id{9}});
  EXPECT_TRUE(std::holds_alternative<unassign>(command("unassign")));
  EXPECT_EQ(std::get<set_status>(command("close")).status, conversation_status::closed);
  EXPECT_EQ(std::get<set_status>(command("reopen")).status, conversation_status::open);
  EXPECT_TRUE(std::holds_alternative<report_typing>(command("typing")));
}

TEST(AgentFrame, WrongFieldsOfACommandAreARefusal) {
  const auto pointer_of = [](std::string_view bytes) {
    auto frame = agent_says(bytes);
    const auto* request = std::get_if<agent_request>(&frame);
    const auto* no = request ? std::get_if<refusal>(&request->asked) : nullptr;
    return no && !no->errors.empty() ? no->errors[0].pointer : "none";
  };
  EXPECT_EQ(pointer_of(R"({"op":"close","ref":"r"})"), "/conversation");
  EXPECT_EQ(pointer_of(R"({"op":"close","ref":"r","conversation":"usr_0000000000003"})"), "/conversation");
  EXPECT_EQ(pointer_of(R"({"op":"reply","ref":"r","conversation":"cnv_0000000000003"})"), "/text");
  EXPECT_EQ(pointer_of(R"({"op":"assign","ref":"r","conversation":"cnv_0000000000003"})"), "/user");
  EXPECT_EQ(pointer_of(R"({"op":"assign","ref":"r","conversation":"cnv_0000000000003","user":"x"})"), "/user");
  EXPECT_EQ(pointer_of(R"({"op":"assign","ref":"r","conversation":"cnv_0000000000003","team":7})"), "/team");
}

TEST(AgentFrame, WhatCannotBeAnsweredIsABadFrame) {
  for (const auto& bytes :
       {""s, "{"s, "{}"s, "[]"s, R"({"op":7})"s, R"({"op":"dance","ref":"r"})"s, R"({"op":"ack"})"s,
        R"({"op":"ack","cursor":7})"s, R"({"op":"ack","cursor":"nonsense"})"s, R"({"op":"availability"})"s,
        R"({"op":"availability","status":"asleep"})"s, R"({"op":"reply","conversation":"cnv_0000000000003","text":"x"})"s,
        R"({"op":"reply","ref":7})"s, R"({"op":"reply","ref":""})"s, R"({"op":"hello"})"s, R"({"op":"hello","token":null})"s,
        R"({"op":"hello","token":"t","cursor":7})"s, R"({"op":"close","ref":")" + std::string(129, 'r') + R"("})",
        R"({"op":"close","ref":"r","x":[1,]})"s}) {
    const auto frame = agent_says(bytes);
    EXPECT_TRUE(std::holds_alternative<bad_frame>(frame)) << bytes;
  }
}

account_event happened(happening what, event of) {
  account_event out;
  out.what = what;
  out.of.what = of;
  out.of.what.account = {1};
  out.of.what.position = 7;
  out.of.withdrawn = what == happening::assignment_withdrawn;
  return out;
}

TEST(JsonOut, WhatHappenedHasOneIdAndItsPosition) {
  const auto said = json::parse(written(append_account_event, happened(happening::message_created, inbound())));
  EXPECT_EQ(said.at("id"), json::value("evt_000000000000F"));
  EXPECT_EQ(said.at("type"), json::value("message.created"));
  EXPECT_EQ(said.at("at"), json::value("2026-03-01T12:00:00.000Z"));
  EXPECT_EQ(said.at("account"), json::value("acc_0000000000001"));
  EXPECT_EQ(said.at("position"), json::value(7));
  EXPECT_EQ(said.at("data").at("conversation"), json::value("cnv_0000000000003"));
  EXPECT_EQ(said.at("data").at("message").at("text"), json::value("hi"));
}

TEST(JsonOut, AConversationThatWasOpenedSaysWhere) {
  auto of = inbound();
  of.inbox = {8};
  of.channel = {9};
  const auto said = json::parse(written(append_account_event, happened(happening::conversation_created, of)));
  EXPECT_EQ(said.at("id"), json::value("evt_000000000000E")) << "another than its message's";
  EXPECT_EQ(said.at("data").at("conversation").at("id"), json::value("cnv_0000000000003"));
  EXPECT_EQ(said.at("data").at("conversation").at("inbox"), json::value("inb_0000000000008"));
  EXPECT_EQ(said.at("data").at("conversation").at("channel"), json::value("chn_0000000000009"));
  EXPECT_EQ(said.at("data").at("message").at("text"), json::value("hi"));
}

TEST(JsonOut, AnAssignmentSaysFromWhomToWhomAndByWhom) {
  event of;
  of.kind = event_kind::assignment;
  of.conversation = {3};
  of.at = noon;
  of.from = user_id{4};
  of.to = user_id{5};
  of.by = user_id{6};
  of.reason = assignment_reason::by_hand;
  const auto given = json::parse(written(append_account_event, happened(happening::assignment_created, of))).at("data");
  EXPECT_EQ(given.at("from").at("user"), json::value("usr_0000000000004"));
  EXPECT_EQ(given.at("to").at("user"), json::value("usr_0000000000005"));
  EXPECT_EQ(given.at("by"), json::value("usr_0000000000006"));
  EXPECT_EQ(given.at("reason"), json::value("by_hand"));
  EXPECT_EQ(given.at("conversation").at("id"), json::value("cnv_0000000000003"));
  of.to = {};
  of.by.reset();
  const auto taken = json::parse(written(append_account_event, happened(happening::assignment_withdrawn, of))).at("data");
  EXPECT_TRUE(taken.at("to").is_null());
  EXPECT_EQ(taken.at("from").at("user"), json::value("usr_0000000000004"));
  EXPECT_EQ(taken.at("by"), json::value("rule"));
}

TEST(JsonOut, AConfigurationChangeSaysWhichResourceAndByWhom) {
  const std::pair<resource_kind, std::string_view> prefixes[] = {
      {resource_kind::account, "acc_"}, {resource_kind::user, "usr_"},    {resource_kind::team, "tem_"},
      {resource_kind::inbox, "inb_"},   {resource_kind::channel, "chn_"}, {resource_kind::token, "tok_"},
      {resource_kind::webhook, "whk_"}, {resource_kind::pipeline, "pip_"}};
  for (const auto& [kind, prefix] : prefixes) {
    event of;
    of.kind = event_kind::configuration;
    of.at = noon;
    of.by = user_id{6};
    of.changed = resource_change{kind, change_kind::deleted, 9, {}};
    const auto told = json::parse(written(append_account_event, happened(happening::configuration_changed, of)));
    EXPECT_EQ(told.at("type"), json::value("configuration.changed"));
    const auto& said = told.at("data");
    EXPECT_EQ(said.at("resource"), json::value(std::string{to_text(kind)}));
    EXPECT_EQ(said.at("id"), json::value(std::string{prefix} + "0000000000009"));
    EXPECT_EQ(said.at("change"), json::value("deleted"));
    EXPECT_EQ(said.at("by"), json::value("usr_0000000000006"));
  }
  event of;
  of.kind = event_kind::configuration;
  of.changed = resource_change{resource_kind::user, change_kind::created, 9, {}};
  const auto said = json::parse(written(append_account_event, happened(happening::configuration_changed, of))).at("data");
  EXPECT_TRUE(said.at("by").is_null()) << "the operator, or the server itself";
}

TEST(JsonOut, AContactsEventShowsTheContactAsItIsOrNull) {
  event of;
  of.kind = event_kind::contact;
  of.at = noon;
  of.changed = resource_change{resource_kind::contact, change_kind::merged, 9, {8}};
  auto what = happened(happening::contact_merged, of);
  contact ida;
  ida.id = {9};
  ida.name = "Ida";
  what.contact = std::make_shared<const contact>(ida);
  const auto merged = json::parse(written(append_account_event, what)).at("data");
  EXPECT_EQ(merged.at("id"), json::value("ctc_0000000000009"));
  EXPECT_EQ(merged.at("merged"), json::value("ctc_0000000000008"));
  EXPECT_EQ(merged.at("contact").at("name"), json::value("Ida"));
  EXPECT_EQ(merged.at("by"), json::value("contact"));
  of.changed = resource_change{resource_kind::contact, change_kind::deleted, 9, {}};
  of.by = user_id{6};
  const auto gone = json::parse(written(append_account_event, happened(happening::contact_deleted, of))).at("data");
  EXPECT_TRUE(gone.at("contact").is_null());
  EXPECT_FALSE(gone.as_object().contains("merged"));
  EXPECT_EQ(gone.at("by"), json::value("usr_0000000000006"));
}

TEST(JsonOut, ATicketsEventShowsTheTicketRightAfterIt) {
  event of;
  of.kind = event_kind::ticket;
  of.conversation = {3};
  of.at = noon;
  of.changed = resource_change{resource_kind::ticket, change_kind::created, 9, {}};
  of.ticket_status_now = ticket_status::closed;
  auto what = happened(happening::ticket_created, of);
  ticket snapshot;
  snapshot.id = {9};
  snapshot.conversation = {3};
  snapshot.subject = "Broken";
  what.ticket = std::make_shared<const ticket>(snapshot);
  const auto said = json::parse(written(append_account_event, what)).at("data");
  EXPECT_EQ(said.at("ticket").at("id"), json::value("tkt_0000000000009"));
  EXPECT_EQ(said.at("ticket").at("subject"), json::value("Broken"));
  EXPECT_EQ(said.at("ticket").at("status"), json::value("closed"));
  EXPECT_EQ(said.at("by"), json::value("rule"));
}

TEST(JsonOut, ADeletedTicketIsToldByItsIdAlone) {
  event of;
  of.kind = event_kind::ticket;
  of.at = noon;
  of.changed = resource_change{resource_kind::ticket, change_kind::deleted, 9, {}};
  const auto gone = json::parse(written(append_account_event, happened(happening::ticket_deleted, of)));
  EXPECT_EQ(gone.at("type"), json::value("ticket.deleted"));
  EXPECT_EQ(gone.at("data"), json::parse(R"({"id":"tkt_0000000000009","by":"rule"})"));
}

TEST(JsonOut, EveryKindOfHappeningIsOneJsonObject) {
  for (std::size_t i = 0; i < happenings_known; ++i) {
    event of;
    of.at = noon;
    const auto what = static_cast<happening>(i);
    for (int kind = 1; kind <= static_cast<int>(event_kind::ticket); ++kind) {
      of.kind = static_cast<event_kind>(kind);
      of.to = what == happening::assignment_created ? assignee{user_id{1}} : assignee{};
      if (what != happening::conversation_created && happening_of(of) != what) continue;
      EXPECT_TRUE(json::parse(written(append_account_event, happened(what, of))).at("data").is_object()) << i << " " << kind;
    }
  }
}

}  // namespace
}  // namespace signalbox
