/// What the server is told at start. Sources, each beating the one before: defaults, a TOML file, the environment, flags.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "app/value_text.hpp"
#include "rules/fallback_email.hpp"
#include "rules/time.hpp"

namespace signalbox {

/// A time of 0 switches off what it is the time of.
struct server_settings {
  listen_address listen;
  std::filesystem::path data = "data";
  std::optional<std::string> admin_token;                ///< absent: one is made at first start and printed once
  std::optional<std::filesystem::path> tls_certificate;  ///< PEM chain; both or neither
  std::optional<std::filesystem::path> tls_key;          ///< PEM
  std::uint32_t io_threads = 0;                          ///< 0: chosen from the machine's cores
  std::uint32_t actor_threads = 0;                       ///< 0: the same
  std::uint32_t reader_threads = 0;                      ///< 0: the same
  std::uint32_t writer_threads = 0;                      ///< 0: the same; 1: JOURNAL's own alone; more: two more
  std::vector<std::string> cors_origins;                 ///< origins whose pages may call; `*` for any
  milliseconds drain_timeout = std::chrono::seconds{5};  ///< how long clients get to finish at an orderly end
};

enum class log_format { plain, json };
enum class log_level { trace, debug, info, warning, error };

struct log_settings {
  log_format format = log_format::plain;
  log_level level = log_level::info;
};

struct routing_settings {
  milliseconds presence_grace = std::chrono::seconds{60};          ///< without a live connection for longer, an agent is away
  milliseconds assignment_ack_timeout = std::chrono::seconds{15};  ///< an assignment not acknowledged by then goes on
};

struct limit_settings {
  std::uint32_t connector_credit = 4096;           ///< messages a connector may have unacknowledged
  std::uint64_t agent_backlog_bytes = 4ull << 20;  ///< beyond it a socket that doesn't read is closed
  std::uint32_t connections = 20'000;
  std::uint32_t requests_per_second = 0;  ///< HTTP calls of one token; 0: as many as it likes
  std::uint32_t requests_burst = 100;     ///< of them at once, after a rest
  /// Wrong passwords within a minute, then `rate_limited`; 0: as many as anybody likes.
  std::uint32_t login_failures_per_email = 10, login_failures_per_address = 100;
};

struct storage_settings {
  std::uint64_t memtable_bytes = 64ull << 20;
  std::uint64_t block_cache_bytes = 256ull << 20;
  milliseconds id_retention = std::chrono::days{7};  ///< how long a connector's message id is known
};

struct webhook_settings {
  bool allow_private = false;                           ///< deliver to loopback, private and other addresses of no public network
  milliseconds timeout = std::chrono::seconds{10};      ///< of one attempt
  milliseconds give_up_after = std::chrono::hours{24};  ///< one delivery, from its first attempt
  milliseconds pause_after = std::chrono::days{3};      ///< a webhook whose every attempt failed for that long
};

/// The domains of the inboxes' own addresses (S33, S34).
using mail_settings = mail_domains;

struct configuration {
  server_settings server;
  log_settings log;
  routing_settings routing;
  limit_settings limits;
  storage_settings storage;
  webhook_settings webhooks;
  mail_settings mail;
};

/// A file that was read: `name` is what faults call it.
struct file_text {
  std::string name;
  std::string text;
};

/// `--listen 0.0.0.0:80` is {"--listen", "server", "listen", "0.0.0.0:80"}.
struct given_flag {
  std::string flag;
  std::string section;
  std::string key;
  std::string value;
};

struct configuration_sources {
  std::optional<file_text> file;
  std::map<std::string, std::string> environment;  ///< only SIGNALBOX_* is looked at
  std::vector<given_flag> flags;
};

/// Everything that is wrong, one sentence each: where (file and line, variable or flag), which key, what is allowed.
struct configuration_faults {
  std::vector<std::string> sentences;
};

/// Pure: touches neither files nor the environment.
[[nodiscard]] std::variant<configuration, configuration_faults> load_configuration(const configuration_sources& from);

/// As a TOML file that says the same, every key named; secrets only as a comment that they are set.
[[nodiscard]] std::string describe(const configuration& of);

[[nodiscard]] std::optional<log_format> parse_log_format(std::string_view text);
[[nodiscard]] std::optional<log_level> parse_log_level(std::string_view text);
[[nodiscard]] std::string_view to_text(log_format of);
[[nodiscard]] std::string_view to_text(log_level of);

}  // namespace signalbox
