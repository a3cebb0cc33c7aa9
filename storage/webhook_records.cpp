#include "storage/record_fields.hpp"

namespace signalbox {
namespace {

using fields::field;
using fields::writer;

void put_delivery(writer& to, const webhook_delivery& value) {
  to.number(1, value.place);
  to.some_word(2, value.what);
  to.some_id(3, value.conversation);
  to.some_word(4, value.state);
  to.some_number(5, value.attempts);
  to.some_time(6, value.first_at);
  to.some_time(7, value.last_at);
  to.some_time(8, value.next_at);
  to.some_number(9, value.http_status);
  to.some_text(10, value.error);
  to.some_number(11, value.about);
}

void read_delivery(field& one, webhook_delivery& into) {
  switch (one.tag()) {
    case 1:
      into.place = one.number();
      break;
    case 2:
      into.what = one.word<happening>();
      break;
    case 3:
      into.conversation = one.id<conversation_id>();
      break;
    case 4:
      into.state = one.word<webhook_delivery_state>();
      break;
    case 5:
      into.attempts = one.number32();
      break;
    case 6:
      into.first_at = one.time();
      break;
    case 7:
      into.last_at = one.time();
      break;
    case 8:
      into.next_at = one.time();
      break;
    case 9:
      into.http_status = one.number32();
      break;
    case 10:
      into.error = one.text();
      break;
    case 11:
      into.about = one.number();
      break;
    default:
      one.skip();
  }
}

}  // namespace

void encode(std::string& out, const webhook& value) {
  writer to{out};
  to.id(1, value.id);
  to.some_text(2, value.name);
  to.text(3, value.url);
  for (const auto one : value.events) to.word(4, one);
  to.flag(5, value.on);
  to.text(6, value.secret);
  to.some_number(7, value.after_position);
  to.some_time(8, value.paused_since);
  to.some_text(9, value.paused_reason);
  to.time(10, value.created_at);
  to.number(11, value.version);
  to.some_text(12, value.retired_secret);
  to.some_time(13, value.retired_until);
  to.end();
}

webhook decode_webhook(std::string_view bytes) {
  webhook value;
  fields::read_record(bytes, "webhook", [&](field& one) {
    switch (one.tag()) {
      case 1:
        value.id = one.id<webhook_id>();
        break;
      case 2:
        value.name = one.text();
        break;
      case 3:
        value.url = one.text();
        break;
      case 4:
        value.events.push_back(one.word<happening>());
        break;
      case 5:
        value.on = one.flag();
        break;
      case 6:
        value.secret = one.text();
        break;
      case 7:
        value.after_position = one.number();
        break;
      case 8:
        value.paused_since = one.time();
        break;
      case 9:
        value.paused_reason = one.text();
        break;
      case 10:
        value.created_at = one.time();
        break;
      case 11:
        value.version = one.number();
        break;
      case 12:
        value.retired_secret = one.text();
        break;
      case 13:
        value.retired_until = one.time();
        break;
      default:
        one.skip();
    }
  });
  return value;
}

void encode(std::string& out, const webhook_delivery& value) {
  writer to{out};
  put_delivery(to, value);
  to.end();
}

webhook_delivery decode_webhook_delivery(std::string_view bytes) {
  webhook_delivery value;
  fields::read_record(bytes, "webhook delivery", [&](field& one) { read_delivery(one, value); });
  return value;
}

void encode(std::string& out, const webhook_progress& value) {
  writer to{out};
  to.number(1, value.cursor);
  to.some_time(2, value.failing_since);
  to.some_number(3, value.dead_in_a_row);
  for (const auto& one : value.recent) {
    writer in{to, 4};
    put_delivery(in, one);
  }
  to.end();
}

webhook_progress decode_webhook_progress(std::string_view bytes) {
  webhook_progress value;
  fields::read_record(bytes, "webhook progress", [&](field& one) {
    switch (one.tag()) {
      case 1:
        value.cursor = one.number();
        break;
      case 2:
        value.failing_since = one.time();
        break;
      case 3:
        value.dead_in_a_row = one.number32();
        break;
      case 4: {
        auto& delivered = value.recent.emplace_back();
        fields::read_nested(one.text(), [&](field& in) { read_delivery(in, delivered); });
        break;
      }
      default:
        one.skip();
    }
  });
  return value;
}

}  // namespace signalbox
