#include "storage/record_fields.hpp"

namespace signalbox {

using fields::field;
using fields::writer;

void encode(std::string& out, const account& value) {
  writer to{out};
  to.id(1, value.id);
  to.text(2, value.name);
  to.text(3, value.subdomain);
  to.word(4, value.plan);
  to.time(5, value.created_at);
  to.number(6, value.version);
  to.end();
}

account decode_account(std::string_view bytes) {
  account value;
  fields::read_record(bytes, "account", [&](field& one) {
    switch (one.tag()) {
      case 1:
        value.id = one.id<account_id>();
        break;
      case 2:
        value.name = one.text();
        break;
      case 3:
        value.subdomain = one.text();
        break;
      case 4:
        value.plan = one.word<plan>();
        break;
      case 5:
        value.created_at = one.time();
        break;
      case 6:
        value.version = one.number();
        break;
      default:
        one.skip();
    }
  });
  return value;
}

}  // namespace signalbox
