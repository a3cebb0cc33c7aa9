/// The command line as a value.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "app/configuration.hpp"
#include "app/conformance/options.hpp"
#include "app/exit_code.hpp"
#include "app/replay/online_backup.hpp"
#include "app/replay/options.hpp"

namespace signalbox {

/// Where a command's configuration comes from, besides the environment.
struct configuration_flags {
  std::optional<std::filesystem::path> file;
  std::vector<given_flag> given;
};

struct serve_command {
  configuration_flags configured;
};
struct check_config_command {
  configuration_flags configured;
};
struct verify_command {
  configuration_flags configured;
};
struct backup_command {
  configuration_flags configured;
  std::filesystem::path to;
};
using online_backup_command = online_backup;
struct restore_command {
  configuration_flags configured;
  std::filesystem::path from;
};
struct replay_command {
  replay_options options;
};
struct conformance_command {
  conformance_options options;
};
/// Nothing to do but to say this: help, the version, or what is wrong with the command line.
struct say_and_end {
  std::string text;
  exit_code code = exit_code::ok;  ///< anything but ok goes to standard error
};

using command = std::variant<serve_command, check_config_command, verify_command, backup_command, online_backup_command,
                             restore_command, replay_command, conformance_command, say_and_end>;

/// `arguments` without the program's name. Touches no file; `admin_token_variable` is SIGNALBOX_ADMIN_TOKEN, which `replay` and
/// `backup --url` take when the flag isn't given, so that the token needn't stand in the process list.
[[nodiscard]] command parse_command_line(std::span<const std::string> arguments,
                                         const std::optional<std::string>& admin_token_variable);

}  // namespace signalbox
