#include "storage/mail_records.hpp"
#include "storage/record_fields.hpp"

namespace signalbox {

using fields::field;
using fields::put_mail_settings;
using fields::read_fallback;
using fields::read_filters;
using fields::writer;

void encode(std::string& out, const inbox& value) {
  writer to{out};
  to.id(1, value.id);
  to.text(2, value.name);
  to.some_flag(3, value.is_default);
  {
    writer access{to, 4};
    access.word(1, value.access.mode);
    for (const auto user : value.access.users) access.id(2, user);
    for (const auto team : value.access.teams) access.id(3, team);
    access.number(4, value.access.version);
  }
  to.time(5, value.created_at);
  to.number(6, value.version);
  put_mail_settings(to, value);
  to.end();
}

inbox decode_inbox(std::string_view bytes) {
  inbox value;
  fields::read_record(bytes, "inbox", [&](field& one) {
    switch (one.tag()) {
      case 1:
        value.id = one.id<inbox_id>();
        break;
      case 2:
        value.name = one.text();
        break;
      case 3:
        value.is_default = one.flag();
        break;
      case 4:
        fields::read_nested(one.text(), [&](field& in) {
          switch (in.tag()) {
            case 1:
              value.access.mode = in.word<access_mode>();
              break;
            case 2:
              value.access.users.push_back(in.id<user_id>());
              break;
            case 3:
              value.access.teams.push_back(in.id<team_id>());
              break;
            case 4:
              value.access.version = in.number();
              break;
            default:
              in.skip();
          }
        });
        break;
      case 5:
        value.created_at = one.time();
        break;
      case 6:
        value.version = one.number();
        break;
      case 40:
        value.fallback = read_fallback(one.text());
        break;
      case 41:
        value.filters = read_filters(one.text());
        break;
      default:
        one.skip();
    }
  });
  return value;
}

}  // namespace signalbox
