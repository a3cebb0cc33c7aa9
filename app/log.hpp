/// The program's log: spdlog's default logger to standard error, one line an entry, plain or JSON, written before the call
/// returns. Callers use `spdlog::info(…)` and the like.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/configuration.hpp"

namespace spdlog {
class formatter;
}

namespace signalbox {

/// `hide`: texts that no line may show, such as the operator's token.
void start_log(const log_settings& settings, std::vector<std::string> hide);

/// What `start_log` formats with; for a sink of one's own.
[[nodiscard]] std::unique_ptr<spdlog::formatter> make_log_formatter(log_format format, std::vector<std::string> hide);

/// `text` without the secret part of any bearer token in it, and without any of `hide`. A line that a client's bytes went
/// into stays one line of UTF-8: control characters and foreign bytes are escaped.
[[nodiscard]] std::string safe_text(std::string_view text, const std::vector<std::string>& hide);

}  // namespace signalbox
