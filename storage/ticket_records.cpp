#include "storage/record_fields.hpp"

namespace signalbox {

using fields::field;
using fields::writer;

void encode(std::string& out, const ticket_entry& value) {
  writer to{out};
  to.id(1, value.pipeline);
  to.id(2, value.stage);
  to.some_id(3, value.owner);
  to.end();
}

ticket_entry decode_ticket_entry(std::string_view bytes) {
  ticket_entry value;
  fields::read_record(bytes, "ticket entry", [&](field& one) {
    switch (one.tag()) {
      case 1:
        value.pipeline = one.id<pipeline_id>();
        break;
      case 2:
        value.stage = one.id<stage_id>();
        break;
      case 3:
        value.owner = one.id<user_id>();
        break;
      default:
        one.skip();
    }
  });
  return value;
}

void encode(std::string& out, const ticket& value) {
  writer to{out};
  to.id(1, value.id);
  to.id(2, value.inbox);
  to.id(3, value.conversation);
  to.some_id(4, value.contact);
  to.some_text(5, value.subject);
  to.id(6, value.pipeline);
  to.id(7, value.stage);
  to.some_id(8, value.owner);
  to.some_flag(9, value.follows);
  to.time(10, value.created_at);
  to.time(11, value.updated_at);
  to.number(12, value.version);
  to.end();
}

ticket decode_ticket(std::string_view bytes) {
  ticket value;
  fields::read_record(bytes, "ticket", [&](field& one) {
    switch (one.tag()) {
      case 1:
        value.id = one.id<ticket_id>();
        break;
      case 2:
        value.inbox = one.id<inbox_id>();
        break;
      case 3:
        value.conversation = one.id<conversation_id>();
        break;
      case 4:
        value.contact = one.id<contact_id>();
        break;
      case 5:
        value.subject = one.text();
        break;
      case 6:
        value.pipeline = one.id<pipeline_id>();
        break;
      case 7:
        value.stage = one.id<stage_id>();
        break;
      case 8:
        value.owner = one.id<user_id>();
        break;
      case 9:
        value.follows = one.flag();
        break;
      case 10:
        value.created_at = one.time();
        break;
      case 11:
        value.updated_at = one.time();
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

void encode(std::string& out, const pipeline& value) {
  writer to{out};
  to.id(1, value.id);
  to.text(2, value.name);
  to.some_flag(3, value.is_default);
  for (const auto& stage : value.stages) {
    writer one{to, 4};
    one.id(1, stage.id);
    one.text(2, stage.name);
    one.some_flag(3, stage.closed);
  }
  to.time(5, value.created_at);
  to.number(6, value.version);
  to.end();
}

pipeline decode_pipeline(std::string_view bytes) {
  pipeline value;
  fields::read_record(bytes, "pipeline", [&](field& one) {
    switch (one.tag()) {
      case 1:
        value.id = one.id<pipeline_id>();
        break;
      case 2:
        value.name = one.text();
        break;
      case 3:
        value.is_default = one.flag();
        break;
      case 4: {
        auto& stage = value.stages.emplace_back();
        fields::read_nested(one.text(), [&](field& in) {
          switch (in.tag()) {
            case 1:
              stage.id = in.id<stage_id>();
              break;
            case 2:
              stage.name = in.text();
              break;
            case 3:
              stage.closed = in.flag();
              break;
            default:
              in.skip();
          }
        });
        break;
      }
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
  if (value.stages.empty()) throw corrupt_record("pipeline: has no stage");
  return value;
}

}  // namespace signalbox
