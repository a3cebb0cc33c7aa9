#include "app/log.hpp"

#include <fmt/format.h>
#include <spdlog/formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <boost/json/serialize.hpp>
#include <boost/json/string_view.hpp>

#include "rules/ids.hpp"
#include "rules/time.hpp"

namespace signalbox {

namespace {

constexpr std::string_view hidden = "[hidden]";

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

/// Keeps the ids that a bearer token begins with, to find it by, and hides what follows them.
void hide_tokens(std::string& text) {
  constexpr std::string_view prefix = "sbx_";
  constexpr auto digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at + prefix.size())) {
    const auto secret = at + prefix.size() + 2 * id_digits;
    const auto end = std::min(text.find_first_not_of(digits, at + prefix.size()), text.size());
    if (end > secret) text.replace(secret, end - secret, hidden);
  }
}

/// Bytes of the UTF-8 character that `text` begins with; 0 when it doesn't begin with one.
std::size_t character_bytes(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t bytes = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  if (bytes > text.size()) return 0;
  for (std::size_t i = 1; i < bytes; ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) return 0;
  return bytes;
}

std::string_view level_word(spdlog::level::level_enum level) {
  constexpr std::array<std::string_view, 7> words{"trace", "debug", "info", "warning", "error", "critical", "off"};
  return words.at(static_cast<std::size_t>(level));
}

class line_formatter : public spdlog::formatter {
public:
  line_formatter(log_format format, std::vector<std::string> hide) : format_(format), hide_(std::move(hide)) {}

  void format(const spdlog::details::log_msg& entry, spdlog::memory_buf_t& out) override {
    const auto at = to_text(std::chrono::time_point_cast<milliseconds>(entry.time));
    const auto text = safe_text({entry.payload.data(), entry.payload.size()}, hide_);
    if (format_ == log_format::plain) {
      fmt::format_to(std::back_inserter(out), "{} {:<7} {}\n", at, level_word(entry.level), text);
    } else {
      fmt::format_to(std::back_inserter(out), "{{\"at\":\"{}\",\"level\":\"{}\",\"thread\":{},\"message\":{}}}\n", at,
                     level_word(entry.level), entry.thread_id, boost::json::serialize(boost::json::string_view(text)));
    }
  }

  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<line_formatter>(format_, hide_);
  }

private:
  log_format format_;
  std::vector<std::string> hide_;
};

spdlog::level::level_enum spdlog_level(log_level of) {
  switch (of) {
    case log_level::trace:
      return spdlog::level::trace;
    case log_level::debug:
      return spdlog::level::debug;
    case log_level::info:
      return spdlog::level::info;
    case log_level::warning:
      return spdlog::level::warn;
    case log_level::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

}  // namespace

std::string safe_text(std::string_view text, const std::vector<std::string>& hide) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto first = static_cast<unsigned char>(text.front());
    const auto bytes = first < 0x20 || first == 0x7f ? 0 : character_bytes(text);
    if (bytes == 0) {
      out += fmt::format("\\x{:02x}", first);
    } else {
      out += text.substr(0, bytes);
    }
    text.remove_prefix(bytes == 0 ? 1 : bytes);
  }
  for (const auto& each : hide)
    if (!each.empty()) replace_all(out, each, hidden);
  hide_tokens(out);
  return out;
}

std::unique_ptr<spdlog::formatter> make_log_formatter(log_format format, std::vector<std::string> hide) {
  return std::make_unique<line_formatter>(format, std::move(hide));
}

void start_log(const log_settings& settings, std::vector<std::string> hide) {
  auto logger = std::make_shared<spdlog::logger>("signalbox", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_formatter(make_log_formatter(settings.format, std::move(hide)));
  logger->set_level(spdlog_level(settings.level));
  logger->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace signalbox
