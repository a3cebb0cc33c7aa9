#include "storage/record_fields.hpp"

namespace signalbox {
namespace {

using fields::field;
using fields::writer;

contact_identity read_identity(std::string_view bytes) {
  contact_identity value;
  fields::read_nested(bytes, [&](field& one) {
    switch (one.tag()) {
      case 1:
        value.kind = static_cast<identity_kind>(one.number_to(0x7F));
        break;
      case 2:
        value.channel = one.id<channel_id>();
        break;
      case 3:
        value.value = one.text();
        break;
      default:
        one.skip();
    }
  });
  switch (value.kind) {
    case identity_kind::channel:
    case identity_kind::cookie:
    case identity_kind::email:
    case identity_kind::phone:
      return value;
  }
  throw corrupt_record("an identity of an unknown kind");
}

}  // namespace

void encode(std::string& out, const contact& value) {
  writer to{out};
  to.id(1, value.id);
  to.some_text(2, value.name);
  to.some_text(3, value.email);
  to.some_text(4, value.phone);
  to.some_text(5, value.cookie);
  to.some_id(6, value.owner);
  to.time(7, value.created_at);
  to.number(8, value.version);
  for (const auto& known : value.known_by) {
    writer one{to, 20};
    one.number(1, static_cast<unsigned char>(known.kind));
    one.some_id(2, known.channel);
    one.text(3, known.value);
  }
  for (const auto inbox : value.inboxes) to.id(21, inbox);
  for (const auto old : value.absorbed) to.id(22, old);
  to.some_id(23, value.merged_into);
  to.end();
}

contact decode_contact(std::string_view bytes) {
  contact value;
  fields::read_record(bytes, "contact", [&](field& one) {
    switch (one.tag()) {
      case 1:
        value.id = one.id<contact_id>();
        break;
      case 2:
        value.name = one.text();
        break;
      case 3:
        value.email = one.text();
        break;
      case 4:
        value.phone = one.text();
        break;
      case 5:
        value.cookie = one.text();
        break;
      case 6:
        value.owner = one.id<user_id>();
        break;
      case 7:
        value.created_at = one.time();
        break;
      case 8:
        value.version = one.number();
        break;
      case 20:
        value.known_by.push_back(read_identity(one.text()));
        break;
      case 21:
        value.inboxes.push_back(one.id<inbox_id>());
        break;
      case 22:
        value.absorbed.push_back(one.id<contact_id>());
        break;
      case 23:
        value.merged_into = one.id<contact_id>();
        break;
      default:
        one.skip();
    }
  });
  return value;
}

void encode(std::string& out, const notice& value) {
  writer to{out};
  to.id(1, value.to);
  to.id(2, value.conversation);
  to.id(3, value.channel);
  to.id(4, value.message);
  to.some_word(5, value.reason);
  to.time(6, value.at);
  to.end();
}

notice decode_notice(std::string_view bytes) {
  notice value;
  fields::read_record(bytes, "notice", [&](field& one) {
    switch (one.tag()) {
      case 1:
        value.to = one.id<user_id>();
        break;
      case 2:
        value.conversation = one.id<conversation_id>();
        break;
      case 3:
        value.channel = one.id<channel_id>();
        break;
      case 4:
        value.message = one.id<message_id>();
        break;
      case 5:
        value.reason = one.word<notice_reason>();
        break;
      case 6:
        value.at = one.time();
        break;
      default:
        one.skip();
    }
  });
  return value;
}

}  // namespace signalbox
