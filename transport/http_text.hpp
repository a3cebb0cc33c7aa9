/// The text of HTTP that Beast leaves to us: targets in, answers out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "transport/http_exchange.hpp"

namespace signalbox {

/// Sets `path` and `query` from `target`. False: the percent-encoding is broken, or it decodes to NUL or to no UTF-8.
[[nodiscard]] bool read_target(http_request_view& to);

struct answer_head {
  std::string_view server_name;
  std::string_view request_id;
  std::string_view date;
  bool keep_alive = true;
  bool head_only = false;  ///< answers HEAD
};
/// The whole answer as it goes out.
void append_answer(std::string& out, const http_answer& answer, const answer_head& head);

[[nodiscard]] std::string_view reason_phrase(int status);
/// `Sun, 01 Mar 2026 09:30:00 GMT`; formatted once a second and thread.
[[nodiscard]] std::string_view http_date();
/// The client's own id when it is a decent one, else a fresh one.
[[nodiscard]] std::string request_id_of(std::optional<std::string_view> given);
/// A problem of the listener's own.
[[nodiscard]] http_answer problem_answer(int status, std::string_view code, std::string_view title, std::string_view detail,
                                         std::string_view request_id);
/// The method as metrics name it: one of a closed set.
[[nodiscard]] std::string_view method_label(std::string_view method);

}  // namespace signalbox
