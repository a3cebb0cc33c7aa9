/// Pieces of the frames that players send and read.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/string_view.hpp>
#include <string>
#include <string_view>

namespace signalbox {

/// `text` as a JSON string, quotes included.
[[nodiscard]] std::string json_text(std::string_view text);

/// The frame as an object; throws replay_failed when it isn't one.
[[nodiscard]] boost::json::object read_frame(std::string_view frame);

/// A member that is a text; empty when it is absent, null or of another type.
[[nodiscard]] std::string_view text_of(const boost::json::object& in, std::string_view member);

/// A member that is an object; an empty one otherwise.
[[nodiscard]] const boost::json::object& object_of(const boost::json::object& in, std::string_view member);

}  // namespace signalbox
