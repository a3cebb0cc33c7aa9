#include "transport/wire/publish_body.hpp"

#include "transport/wire/message_reader.hpp"

namespace signalbox {

outcome<frame_pointer> read_publish_body(std::string body, const publish_scope& scope) {
  auto frame = std::make_shared<inbound_frame>();
  frame->text = std::move(body);
  json_in::pad(frame->text);
  try {
    auto document = json_in::parse(frame->text);
    json_in::object members;
    const auto error = document.get_object().get(members);
    if (error == simdjson::INCORRECT_TYPE) return invalid_field("", "the body is not an object");
    if (error != simdjson::SUCCESS) return invalid_field("", "the body is not JSON");
    bool has_messages = false;
    json_in::for_each_member(members, [&](const json_in::key& name, json_in::value& each) {
      if (!(name == "messages")) return json_in::check_value(each);
      if (has_messages) throw frame_fault{refusal_code::invalid, "messages is given twice", "/messages"};
      auto elements = json_in::read_array(each);
      if (!elements) throw frame_fault{refusal_code::invalid, "messages is not an array", "/messages"};
      has_messages = true;
      read_messages(document, *elements, scope, *frame);
    });
    json_in::expect_end(document);
    if (!has_messages) return invalid_field("/messages", "messages is required");
    return frame;
  } catch (const json_in::not_json&) {
    return invalid_field("", "the body is not JSON");
  } catch (const frame_fault& fault) {
    if (fault.code != refusal_code::invalid) return refuse(fault.code, fault.reason);
    return invalid_field(fault.pointer, fault.reason);
  }
}

}  // namespace signalbox
