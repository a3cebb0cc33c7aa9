#include "storage/mail_records.hpp"

namespace signalbox {
namespace fields {
namespace {

void put_pending(writer& to, const pending_verification& value) {
  to.text(1, value.address);
  to.text(2, value.code_hash);
  to.time(3, value.sent_at);
  to.time(4, value.expires_at);
  to.number(5, value.attempts_left);
}

pending_verification read_pending(std::string_view bytes) {
  pending_verification value;
  read_nested(bytes, [&](field& one) {
    switch (one.tag()) {
      case 1:
        value.address = one.text();
        break;
      case 2:
        value.code_hash = one.text();
        break;
      case 3:
        value.sent_at = one.time();
        break;
      case 4:
        value.expires_at = one.time();
        break;
      case 5:
        value.attempts_left = one.number32();
        break;
      default:
        one.skip();
    }
  });
  return value;
}

void put_fallback(writer& to, const fallback_email& value) {
  to.text(1, value.username);
  to.flag(2, value.send);
  to.word(3, value.name_mode);
  to.text(4, value.company);
  to.word(5, value.address_mode);
  if (value.custom) to.text(6, *value.custom);
  if (value.verified) to.text(7, *value.verified);
  if (value.pending) {
    writer pending{to, 8};
    put_pending(pending, *value.pending);
  }
  to.some_text(9, value.signature_html);
  to.flag(10, value.signature_on);
  to.flag(11, value.original_sender);
  to.number(12, value.version);
}

}  // namespace

void put_mail_settings(writer& to, const inbox& of) {
  {
    writer fallback{to, 40};
    put_fallback(fallback, of.fallback);
  }
  writer filters{to, 41};
  for (const auto& one : of.filters.allow) filters.text(1, one);
  for (const auto& one : of.filters.deny) filters.text(2, one);
  filters.flag(3, of.filters.automated_responses);
  filters.flag(4, of.filters.own_addresses);
  filters.number(5, of.filters.version);
}

fallback_email read_fallback(std::string_view bytes) {
  fallback_email value;
  read_nested(bytes, [&](field& one) {
    switch (one.tag()) {
      case 1:
        value.username = one.text();
        break;
      case 2:
        value.send = one.flag();
        break;
      case 3:
        value.name_mode = one.word<from_name_mode>();
        break;
      case 4:
        value.company = one.text();
        break;
      case 5:
        value.address_mode = one.word<from_address_mode>();
        break;
      case 6:
        value.custom = one.text();
        break;
      case 7:
        value.verified = one.text();
        break;
      case 8:
        value.pending = read_pending(one.text());
        break;
      case 9:
        value.signature_html = one.text();
        break;
      case 10:
        value.signature_on = one.flag();
        break;
      case 11:
        value.original_sender = one.flag();
        break;
      case 12:
        value.version = one.number();
        break;
      default:
        one.skip();
    }
  });
  return value;
}

mail_filters read_filters(std::string_view bytes) {
  mail_filters value;
  read_nested(bytes, [&](field& one) {
    switch (one.tag()) {
      case 1:
        value.allow.emplace_back(one.text());
        break;
      case 2:
        value.deny.emplace_back(one.text());
        break;
      case 3:
        value.automated_responses = one.flag();
        break;
      case 4:
        value.own_addresses = one.flag();
        break;
      case 5:
        value.version = one.number();
        break;
      default:
        one.skip();
    }
  });
  return value;
}

}  // namespace fields

void encode(std::string& out, const outgoing_mail& value) {
  fields::writer to{out};
  to.number(1, value.id);
  to.text(2, value.to);
  to.text(3, value.subject);
  to.text(4, value.text);
  to.time(5, value.created_at);
  to.end();
}

outgoing_mail decode_outgoing_mail(std::string_view bytes) {
  outgoing_mail value;
  fields::read_record(bytes, "outgoing mail", [&](fields::field& one) {
    switch (one.tag()) {
      case 1:
        value.id = one.number();
        break;
      case 2:
        value.to = one.text();
        break;
      case 3:
        value.subject = one.text();
        break;
      case 4:
        value.text = one.text();
        break;
      case 5:
        value.created_at = one.time();
        break;
      default:
        one.skip();
    }
  });
  return value;
}

}  // namespace signalbox
