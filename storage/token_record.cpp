#include "storage/record_fields.hpp"

namespace signalbox {

using fields::field;
using fields::writer;

void encode(std::string& out, const token& value) {
  writer to{out};
  to.id(1, value.id);
  to.word(2, value.kind);
  to.some_text(3, value.name);
  to.some_id(4, value.user);
  for (const auto channel : value.channels) to.id(5, channel);
  to.text(6, value.secret_hash);
  to.some_time(7, value.expires_at);
  to.time(8, value.created_at);
  to.end();
}

token decode_token(std::string_view bytes) {
  token value;
  fields::read_record(bytes, "token", [&](field& one) {
    switch (one.tag()) {
      case 1:
        value.id = one.id<token_id>();
        break;
      case 2:
        value.kind = one.word<token_kind>();
        break;
      case 3:
        value.name = one.text();
        break;
      case 4:
        value.user = one.id<user_id>();
        break;
      case 5:
        value.channels.push_back(one.id<channel_id>());
        break;
      case 6:
        value.secret_hash = one.text();
        break;
      case 7:
        value.expires_at = one.time();
        break;
      case 8:
        value.created_at = one.time();
        break;
      default:
        one.skip();
    }
  });
  return value;
}

}  // namespace signalbox
