/// One message and one conversation of ordinary size.
#pragma once

#include <string>

#include "storage/records.hpp"

namespace signalbox {

inline constexpr time_point sample_time{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2} + std::chrono::hours{12}};

inline std::string sample_body() {
  return R"("from":{"id":"c-000000001","name":"Ada Example"},"text":")" + std::string(140, 'x') + '"';
}

/// The event's views point into `body`.
inline event sample_message(const std::string& body) {
  event out;
  out.kind = event_kind::message;
  out.account = {11};
  out.inbox = {22};
  out.channel = {33};
  out.conversation = {44};
  out.seq = 7;
  out.at = sample_time;
  out.message = {55};
  out.body = body;
  out.external_id = "m-000000000001";
  return out;
}

inline conversation sample_conversation() {
  conversation out;
  out.id = {44};
  out.inbox = {22};
  out.channel = {33};
  out.contact = {66};
  out.contact_address = "c-000000001";
  out.thread = "t-000000001";
  out.assignee = user_id{77};
  out.automatic = true;
  out.created_at = out.last_message_at = sample_time;
  out.assigned_at = sample_time;
  out.next_seq = 8;
  return out;
}

}  // namespace signalbox
