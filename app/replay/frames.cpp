#include "app/replay/frames.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "app/replay/frame_socket.hpp"

namespace signalbox {

namespace json = boost::json;

std::string json_text(std::string_view text) { return json::serialize(json::string_view(text.data(), text.size())); }

json::object read_frame(std::string_view frame) {
  boost::system::error_code fault;
  auto value = json::parse({frame.data(), frame.size()}, fault);
  if (fault || !value.is_object()) throw replay_failed(exit_code::failed, "the server sent a frame that is not a JSON object");
  return std::move(value.get_object());
}

std::string_view text_of(const json::object& in, std::string_view member) {
  const auto* value = in.if_contains({member.data(), member.size()});
  return value && value->is_string() ? std::string_view(value->get_string()) : std::string_view{};
}

const json::object& object_of(const json::object& in, std::string_view member) {
  static const json::object none;
  const auto* value = in.if_contains({member.data(), member.size()});
  return value && value->is_object() ? value->get_object() : none;
}

}  // namespace signalbox
