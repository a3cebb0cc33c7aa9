#include "transport/wire/connector_frames.hpp"

#include "transport/wire/message_reader.hpp"

namespace signalbox {
namespace {

[[noreturn]] void fault(std::string reason) { throw frame_fault{refusal_code::invalid, std::move(reason)}; }

std::string required_string(json_in::value& from, std::size_t bytes_max, std::string_view name) {
  auto text = json_in::read_string(from);
  if (!text) fault(std::string{name} + " is not a string");
  if (text->size() > bytes_max) fault(std::string{name} + " is too long");
  return std::move(*text);
}

delivery_status read_status(json_in::value& from) {
  auto members = json_in::read_object(from);
  if (!members) fault("a status is not an object");
  std::optional<message_id> message;
  std::optional<message_status> status;
  delivery_status out;
  json_in::for_each_member(*members, [&](const json_in::key& name, json_in::value& each) {
    if (name == "id") {
      message = parse_id<message_id>(required_string(each, external_id_bytes_max, "a status' id"));
    } else if (name == "status") {
      status = parse_delivery_status(required_string(each, external_id_bytes_max, "a status' status"));
    } else if (name == "error" && !json_in::is_null(each)) {
      out.error = required_string(each, delivery_error_bytes_max, "a status' error");
    } else {
      json_in::check_value(each);
    }
  });
  if (!message) fault("a status has no message's id");
  if (!status) fault("a status has none of the known ones");
  out.message = *message;
  out.status = *status;
  return out;
}

/// One frame of any kind. `op` says which members count; all others are only checked to be JSON.
class frame_reader {
public:
  frame_reader(std::string_view bytes, const publish_scope& scope) : scope_(scope) {
    frame_->text.reserve(bytes.size() + simdjson::SIMDJSON_PADDING);
    frame_->text.assign(bytes);
  }

  connector_frame read() {
    auto document = json_in::parse(frame_->text);
    json_in::object members;
    if (document.get_object().get(members) != simdjson::SUCCESS) fault("not an object");
    bool came_late = false;
    json_in::for_each_member(members, [&](const json_in::key& name, json_in::value& each) {
      if (name == "op") {
        if (!op_.empty()) fault("op is given twice");
        op_ = required_string(each, 32, "op");
      } else if (op_.empty()) {
        came_late = true;
        json_in::check_value(each);
      } else if (!came_late) {
        read_member(document, name, each);
      } else {
        json_in::check_value(each);
      }
    });
    json_in::expect_end(document);
    if (came_late && !op_.empty()) read_again();
    return finish();
  }

private:
  void read_again() {
    auto document = json_in::parse(frame_->text);
    auto members = json_in::take(document.get_object());
    json_in::for_each_member(members, [&](const json_in::key& name, json_in::value& each) {
      if (!(name == "op")) return read_member(document, name, each);
      json_in::check_value(each);
    });
  }

  void read_member(json_in::document& document, const json_in::key& name, json_in::value& from) {
    if (op_ == "publish") return read_publish_member(document, name, from);
    if (op_ == "hello" && name == "token") {
      hello_.token = required_string(from, frame_bytes_max, "token");
      has_token_ = true;
    } else if (op_ == "hello" && name == "connector") {
      hello_.connector = required_string(from, connector_name_bytes_max, "connector");
    } else if (op_ == "status" && name == "statuses") {
      auto elements = json_in::read_array(from);
      if (!elements) fault("statuses is not an array");
      has_statuses_ = true;
      json_in::for_each_element(*elements, [&](json_in::value& each) { status_.statuses.push_back(read_status(each)); });
    } else {
      json_in::check_value(from);
    }
  }

  void read_publish_member(json_in::document& document, const json_in::key& name, json_in::value& from) {
    if (name == "messages") {
      if (has_messages_) fault("messages is given twice");
      auto elements = json_in::read_array(from);
      if (!elements) fault("messages is not an array");
      has_messages_ = true;
      read_messages(document, *elements, scope_, *frame_);
    } else if (name == "seq") {
      const auto seq = json_in::read_unsigned(from);
      if (!seq) fault("seq is not a whole number");
      frame_->seq = *seq;
      has_seq_ = true;
    } else if (name == "offset" && !json_in::is_null(from)) {
      frame_->offset = required_string(from, offset_bytes_max, "offset");
      frame_->has_offset = true;
    } else {
      json_in::check_value(from);
    }
  }

  connector_frame finish() {
    if (op_.empty()) fault("op is missing");
    if (op_ == "publish") {
      if (!has_seq_) fault("seq is missing");
      if (!has_messages_) fault("messages is missing");
      return connector_publish{std::move(frame_)};
    }
    if (op_ == "hello") {
      if (!has_token_) fault("token is missing");
      return std::move(hello_);
    }
    if (op_ == "status") {
      if (!has_statuses_) fault("statuses is missing");
      return std::move(status_);
    }
    fault("unknown op");
  }

  const publish_scope& scope_;
  frame_pointer frame_ = std::make_shared<inbound_frame>();
  std::string op_;
  connector_hello hello_;
  connector_status status_;
  bool has_token_ = false, has_statuses_ = false, has_messages_ = false, has_seq_ = false;
};

}  // namespace

connector_frame read_connector_frame(std::string_view bytes, const publish_scope& scope) {
  try {
    return frame_reader{bytes, scope}.read();
  } catch (const json_in::not_json&) {
    return bad_frame{"not JSON"};
  } catch (frame_fault& why) {
    return bad_frame{why.pointer.empty() ? std::move(why.reason) : std::move(why.pointer) + ": " + why.reason};
  }
}

}  // namespace signalbox
