#include "app/configuration_keys.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "rules/text.hpp"

namespace signalbox {

namespace {

constexpr std::string_view an_address = "HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080";
constexpr std::string_view a_path = "a path";
constexpr std::string_view a_token = "at least one visible ASCII character, without spaces";
constexpr std::string_view a_thread_count = "0 (chosen from the machine's cores) to 256";
constexpr std::string_view a_duration = "a duration such as 250ms, 15s, 10m, 1h or 7d, or 0 for off";
constexpr std::string_view a_size = "bytes from 64KiB to 64GiB, such as 67108864 or 64MiB";
constexpr std::string_view a_domain = "a domain of at least two labels, such as inbox.example.com";
constexpr std::string_view origins = "origins such as https://help.example.com, or *";

bool read_path(std::filesystem::path& into, std::string_view text) {
  if (text.empty() || text.find('\0') != std::string_view::npos) return false;
  into = std::string(text);
  return true;
}
bool read_path(std::optional<std::filesystem::path>& into, std::string_view text) {
  std::filesystem::path path;
  if (!read_path(path, text)) return false;
  into = std::move(path);
  return true;
}

bool read_token(std::optional<std::string>& into, std::string_view text) {
  const auto visible = [](char c) { return c > ' ' && c < 0x7f; };
  if (text.empty() || text.size() > 512 || !std::all_of(text.begin(), text.end(), visible)) return false;
  into = std::string(text);
  return true;
}

template <class Parsed, class Into>
bool take(const std::optional<Parsed>& parsed, Into& into) {
  if (parsed) into = static_cast<Into>(*parsed);
  return parsed.has_value();
}

template <class Number>
bool read_between(Number& into, std::optional<std::uint64_t> number, std::uint64_t least, std::uint64_t most) {
  if (!number || *number < least || *number > most) return false;
  into = static_cast<Number>(*number);
  return true;
}
bool read_threads(std::uint32_t& into, std::string_view text) { return read_between(into, parse_count(text), 0, 256); }
bool read_size(std::uint64_t& into, std::string_view text) {
  return read_between(into, parse_bytes(text), 64ull << 10, 64ull << 30);
}

bool read_flag(bool& into, std::string_view text) {
  if (text != "true" && text != "false") return false;
  into = text == "true";
  return true;
}

bool read_domain(std::string& into, std::string_view text) {
  auto domain = fold_case(text);
  if (domain.find('.') == std::string::npos || !is_email("a@" + domain)) return false;
  into = std::move(domain);
  return true;
}

bool read_origins(std::vector<std::string>& into, std::string_view text) {
  std::vector<std::string> all;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    auto each = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    while (each.starts_with(' ')) each.remove_prefix(1);
    while (each.ends_with(' ')) each.remove_suffix(1);
    const bool origin = each.starts_with("http://") || each.starts_with("https://");
    const auto after_scheme = each.find("//") + 2;
    if (each != "*" &&
        (!origin || each.size() <= after_scheme || each.find_first_of("/ ", after_scheme) != std::string_view::npos))
      return false;
    all.emplace_back(each);
  }
  into = std::move(all);
  return true;
}

using shown = std::optional<std::string>;
std::string toml_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out += '"';
}
shown toml_path(const std::optional<std::filesystem::path>& path) {
  return path ? shown(toml_string(path->string())) : std::nullopt;
}
shown toml_list(const std::vector<std::string>& all) {
  std::string out = "[";
  for (const auto& each : all) out.append(out.size() > 1 ? ", " : "").append(toml_string(each));
  return out + "]";
}
// `0` is a bare number in TOML as people write it, everything with a unit a string.
shown quantity(const std::string& text) {
  return text.find_first_not_of("0123456789") == std::string::npos ? text : toml_string(text);
}

using C = configuration;
using S = std::string_view;
// clang-format off
constexpr std::array all_settings{
    setting{"server", "listen", an_address,
            [](C& c, S t) { return take(parse_listen_address(t), c.server.listen); },
            [](const C& c) -> shown { return toml_string(to_text(c.server.listen)); }},
    setting{"server", "data", a_path,
            [](C& c, S t) { return read_path(c.server.data, t); },
            [](const C& c) -> shown { return toml_string(c.server.data.string()); }},
    setting{"server", "admin_token", a_token,
            [](C& c, S t) { return read_token(c.server.admin_token, t); },
            [](const C& c) -> shown { return c.server.admin_token; }, true},
    setting{"server", "tls_certificate", a_path,
            [](C& c, S t) { return read_path(c.server.tls_certificate, t); },
            [](const C& c) -> shown { return toml_path(c.server.tls_certificate); }},
    setting{"server", "tls_key", a_path,
            [](C& c, S t) { return read_path(c.server.tls_key, t); },
            [](const C& c) -> shown { return toml_path(c.server.tls_key); }},
    setting{"server", "io_threads", a_thread_count,
            [](C& c, S t) { return read_threads(c.server.io_threads, t); },
            [](const C& c) -> shown { return std::to_string(c.server.io_threads); }},
    setting{"server", "actor_threads", a_thread_count,
            [](C& c, S t) { return read_threads(c.server.actor_threads, t); },
            [](const C& c) -> shown { return std::to_string(c.server.actor_threads); }},
    setting{"server", "reader_threads", a_thread_count,
            [](C& c, S t) { return read_threads(c.server.reader_threads, t); },
            [](const C& c) -> shown { return std::to_string(c.server.reader_threads); }},
    setting{"server", "writer_threads", a_thread_count,
            [](C& c, S t) { return read_threads(c.server.writer_threads, t); },
            [](const C& c) -> shown { return std::to_string(c.server.writer_threads); }},
    setting{"server", "cors_origins", origins,
            [](C& c, S t) { return read_origins(c.server.cors_origins, t); },
            [](const C& c) { return toml_list(c.server.cors_origins); }},
    setting{"server", "drain_timeout", a_duration,
            [](C& c, S t) { return take(parse_duration(t), c.server.drain_timeout); },
            [](const C& c) { return quantity(duration_text(c.server.drain_timeout)); }},
    setting{"log", "format", "plain, json",
            [](C& c, S t) { return take(parse_log_format(t), c.log.format); },
            [](const C& c) -> shown { return toml_string(to_text(c.log.format)); }},
    setting{"log", "level", "trace, debug, info, warning, error",
            [](C& c, S t) { return take(parse_log_level(t), c.log.level); },
            [](const C& c) -> shown { return toml_string(to_text(c.log.level)); }},
    setting{"routing", "presence_grace", a_duration,
            [](C& c, S t) { return take(parse_duration(t), c.routing.presence_grace); },
            [](const C& c) { return quantity(duration_text(c.routing.presence_grace)); }},
    setting{"routing", "assignment_ack_timeout", a_duration,
            [](C& c, S t) { return take(parse_duration(t), c.routing.assignment_ack_timeout); },
            [](const C& c) { return quantity(duration_text(c.routing.assignment_ack_timeout)); }},
    setting{"limits", "connector_credit", "messages from 1 to 1000000",
            [](C& c, S t) { return read_between(c.limits.connector_credit, parse_count(t), 1, 1'000'000); },
            [](const C& c) -> shown { return std::to_string(c.limits.connector_credit); }},
    setting{"limits", "agent_backlog_bytes", a_size,
            [](C& c, S t) { return read_size(c.limits.agent_backlog_bytes, t); },
            [](const C& c) { return quantity(bytes_text(c.limits.agent_backlog_bytes)); }},
    setting{"limits", "connections", "sockets from 1 to 1000000",
            [](C& c, S t) { return read_between(c.limits.connections, parse_count(t), 1, 1'000'000); },
            [](const C& c) -> shown { return std::to_string(c.limits.connections); }},
    setting{"limits", "requests_per_second", "HTTP calls of one token from 1 to 100000, or 0 for no limit",
            [](C& c, S t) { return read_between(c.limits.requests_per_second, parse_count(t), 0, 100'000); },
            [](const C& c) -> shown { return std::to_string(c.limits.requests_per_second); }},
    setting{"limits", "requests_burst", "HTTP calls at once from 1 to 100000",
            [](C& c, S t) { return read_between(c.limits.requests_burst, parse_count(t), 1, 100'000); },
            [](const C& c) -> shown { return std::to_string(c.limits.requests_burst); }},
    setting{"limits", "login_failures_per_email", "wrong passwords a minute from 1 to 100000, or 0 for no limit",
            [](C& c, S t) { return read_between(c.limits.login_failures_per_email, parse_count(t), 0, 100'000); },
            [](const C& c) -> shown { return std::to_string(c.limits.login_failures_per_email); }},
    setting{"limits", "login_failures_per_address", "wrong passwords a minute from 1 to 100000, or 0 for no limit",
            [](C& c, S t) { return read_between(c.limits.login_failures_per_address, parse_count(t), 0, 100'000); },
            [](const C& c) -> shown { return std::to_string(c.limits.login_failures_per_address); }},
    setting{"storage", "memtable_bytes", a_size,
            [](C& c, S t) { return read_size(c.storage.memtable_bytes, t); },
            [](const C& c) { return quantity(bytes_text(c.storage.memtable_bytes)); }},
    setting{"storage", "block_cache_bytes", a_size,
            [](C& c, S t) { return read_size(c.storage.block_cache_bytes, t); },
            [](const C& c) { return quantity(bytes_text(c.storage.block_cache_bytes)); }},
    setting{"storage", "id_retention", "a duration of at least 1h, such as 7d",
            [](C& c, S t) {
              const auto parsed = parse_duration(t);
              return parsed && *parsed >= std::chrono::hours{1} && take(parsed, c.storage.id_retention);
            },
            [](const C& c) { return quantity(duration_text(c.storage.id_retention)); }},
    setting{"webhooks", "allow_private", "true, false",
            [](C& c, S t) { return read_flag(c.webhooks.allow_private, t); },
            [](const C& c) -> shown { return c.webhooks.allow_private ? "true" : "false"; }},
    setting{"webhooks", "timeout", "a duration from 100ms to 1m, such as 10s",
            [](C& c, S t) {
              const auto parsed = parse_duration(t);
              return parsed && *parsed >= milliseconds{100} && *parsed <= std::chrono::minutes{1} && take(parsed, c.webhooks.timeout);
            },
            [](const C& c) { return quantity(duration_text(c.webhooks.timeout)); }},
    setting{"webhooks", "give_up_after", a_duration,
            [](C& c, S t) { return take(parse_duration(t), c.webhooks.give_up_after); },
            [](const C& c) { return quantity(duration_text(c.webhooks.give_up_after)); }},
    setting{"webhooks", "pause_after", a_duration,
            [](C& c, S t) { return take(parse_duration(t), c.webhooks.pause_after); },
            [](const C& c) { return quantity(duration_text(c.webhooks.pause_after)); }},
    setting{"mail", "paid_domain", a_domain,
            [](C& c, S t) { return read_domain(c.mail.paid, t); },
            [](const C& c) -> shown { return toml_string(c.mail.paid); }},
    setting{"mail", "free_domain", a_domain,
            [](C& c, S t) { return read_domain(c.mail.free, t); },
            [](const C& c) -> shown { return toml_string(c.mail.free); }},
};
// clang-format on

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

}  // namespace

std::span<const setting> settings() { return all_settings; }

std::string name_of(const setting& of) { return std::string(of.section).append(".").append(of.key); }

std::string variable_of(const setting& of) { return "SIGNALBOX_" + upper(of.section) + "_" + upper(of.key); }

std::string short_variable_of(const setting& of) { return of.section == "server" ? "SIGNALBOX_" + upper(of.key) : std::string(); }

}  // namespace signalbox
