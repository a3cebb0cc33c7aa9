/// A company on the Friday before a weekend, with one channel. Nobody needs a connection or acknowledges.
#pragma once

#include <gtest/gtest.h>

#include "storage/records.hpp"
#include "tests/support/world.hpp"

namespace signalbox {

struct at_work : testing::Test {
  using hours_of_day = std::chrono::hours;

  static time_point at(const std::string& text) { return parse_time(text + ":00Z").value(); }
  static actor_settings settings() {
    actor_settings all;
    all.presence_grace = milliseconds{0};
    all.assignment_ack_timeout = milliseconds{0};
    return all;
  }
  static std::vector<working_span> nine_to_five() {
    std::vector<working_span> all;
    for (std::uint8_t weekday = 0; weekday < 5; ++weekday) all.push_back({weekday, 9 * 60, 17 * 60});
    return all;
  }

  std::unique_ptr<world> all = std::make_unique<world>(std::make_unique<memory_store>(), settings(), at("2026-02-27T10:00"));
  world& w() { return *all; }
  account_id company = w().found("acme");
  inbox_id inbox = w().default_inbox(company);
  channel_id chat = w().add_channel(company, inbox, "chat");
  int sent = 0;

  user_id add(const std::string& name, const std::string& zone = "UTC") {
    const auto who = w().add_agent(company, name);
    w().set(company, who, presence::available);
    works(who, nine_to_five(), zone);
    return who;
  }
  void works(user_id who, std::vector<working_span> hours, const std::string& zone = "UTC") {
    update_user change;
    change.user = who;
    change.fields.working_hours = std::move(hours);
    change.fields.time_zone = zone;
    ASSERT_TRUE(std::holds_alternative<touched>(w().change(company, change)));
  }
  void out_of_office(user_id who, std::vector<out_of_office_span> spans) {
    update_user change;
    change.user = who;
    change.fields.out_of_office = std::move(spans);
    ASSERT_TRUE(std::holds_alternative<touched>(w().change(company, change)));
  }
  void open_at(channel_id which, std::optional<timetable> hours) {
    update_channel change;
    change.channel = which;
    change.business_hours = std::move(hours);
    ASSERT_TRUE(std::holds_alternative<touched>(w().change(company, change)));
  }
  void pass_to(const std::string& text) { w().pass(at(text) - w().env().now()); }
  /// What agents of one timetable are gathered within, and more.
  void moment() { w().pass(milliseconds{20}); }
  conversation_id write(const std::string& thread) {
    const auto frame = w().publish(company, chat, {{thread, "m" + std::to_string(++sent)}});
    w().run();
    return frame->results[0].conversation.value();
  }
  std::optional<user_id> assignee_of(conversation_id which) { return w().stored(company, which)->assigned_user(); }
  bool waits(conversation_id which) { return w().stored(company, which)->waiting_since.has_value(); }
  std::optional<decision> why_waiting(conversation_id which) {
    std::optional<decision> last;
    for (const auto& one : w().log(company))
      if (one.kind == event_kind::waiting && one.conversation == which) last = decode_decision(one.decision_bytes);
    return last;
  }
  double metric(const std::string& name) {
    const auto text = "\n" + w().probe.exposition();
    const auto found = text.find("\n" + name + " ");
    return found == std::string::npos ? -1 : std::stod(text.substr(found + name.size() + 2));
  }
  availability now(user_id who) { return w().available(company, who); }
};

}  // namespace signalbox
