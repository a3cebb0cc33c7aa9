/// The program: one command of the command line, and what its end says to a script.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "app/command_line.hpp"
#include "app/configuration.hpp"
#include "app/conformance/conformance.hpp"
#include "app/data_directory.hpp"
#include "app/end_signals.hpp"
#include "app/exit_code.hpp"
#include "app/log.hpp"
#include "app/replay/online_backup.hpp"
#include "app/replay/replay.hpp"
#include "app/serve.hpp"
#include "app/system_time_zones.hpp"
#include "storage/store.hpp"

namespace signalbox {

namespace {

std::map<std::string, std::string> environment_of_process() {
  std::map<std::string, std::string> out;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string_view line(*each);
    const auto equals = line.find('=');
    if (line.starts_with("SIGNALBOX_") && equals != std::string_view::npos)
      out.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return out;
}

std::optional<std::string> find_value(const std::map<std::string, std::string>& in, const std::string& key) {
  const auto found = in.find(key);
  return found == in.end() ? std::nullopt : std::optional(found->second);
}

/// Nothing after having said what is wrong.
std::optional<configuration> configure(const configuration_flags& flags) {
  configuration_sources sources;
  sources.environment = environment_of_process();
  sources.flags = flags.given;
  auto path = flags.file;
  if (!path)
    if (auto named = find_value(sources.environment, "SIGNALBOX_CONFIG"); named && !named->empty()) path = *named;
  if (path) {
    errno = 0;
    std::ifstream file(*path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file || std::filesystem::is_directory(*path)) {
      fmt::print(stderr, "signalbox: the configuration file {} can't be read: {}\n", path->string(),
                 errno != 0 ? std::strerror(errno) : "it is not a file");
      return std::nullopt;
    }
    sources.file = file_text{path->string(), std::move(text)};
  }
  auto loaded = load_configuration(sources);
  if (const auto* faults = std::get_if<configuration_faults>(&loaded)) {
    for (const auto& each : faults->sentences) fmt::print(stderr, "signalbox: {}\n", each);
    return std::nullopt;
  }
  return std::get<configuration>(std::move(loaded));
}

template <class Then>
int configured(const configuration_flags& flags, Then then) {
  const auto with = configure(flags);
  return with ? then(*with) : number(exit_code::configuration);
}

int run(const serve_command& what) {
  return configured(what.configured, [](const configuration& with) {
    start_log(with.log, with.server.admin_token ? std::vector{*with.server.admin_token} : std::vector<std::string>{});
    return serve(with);
  });
}
int run(const check_config_command& what) {
  return configured(what.configured, [](const configuration& with) {
    fmt::print("# The configuration is good. All of it, defaults included:\n\n{}", describe(with));
    return number(exit_code::ok);
  });
}
int run(const verify_command& what) {
  return configured(what.configured, [](const configuration& with) { return number(verify_data(with)); });
}
int run(const backup_command& what) {
  return configured(what.configured, [&](const configuration& with) { return number(backup_data(with, what.to)); });
}
int run(const online_backup_command& what) { return number(back_up_online(what)); }
int run(const restore_command& what) {
  return configured(what.configured, [&](const configuration& with) { return number(restore_data(with, what.from)); });
}
int run(const replay_command& what) { return number(replay(what.options)); }
int run(const conformance_command& what) { return number(conformance(what.options)); }
int run(const say_and_end& what) {
  fmt::print(what.code == exit_code::ok ? stdout : stderr, "{}", what.text);
  return number(what.code);
}

int run_program(std::span<const std::string> arguments) {
  const auto end = [](exit_code code, const char* why) {
    fmt::print(stderr, "signalbox: {}\n", why);
    return number(code);
  };
  try {
    const auto token = find_value(environment_of_process(), "SIGNALBOX_ADMIN_TOKEN");
    const auto command = parse_command_line(arguments, token);
    if (!std::holds_alternative<serve_command>(command)) release_end_signals();
    return std::visit([](const auto& what) { return run(what); }, command);
  } catch (const storage_refused& why) {
    return end(exit_code::locked, why.what());
  } catch (const time_zones_missing& why) {
    return end(exit_code::unavailable, why.what());
  } catch (const storage_error& why) {
    return end(exit_code::disk, why.what());
  } catch (const std::filesystem::filesystem_error& why) {
    return end(exit_code::disk, why.what());
  } catch (const std::bad_alloc&) {
    return end(exit_code::internal, "out of memory");
  } catch (const std::exception& why) {
    return end(exit_code::internal, why.what());
  }
}

}  // namespace

}  // namespace signalbox

/// Run before the constructors of all libraries, which take longer than the rest of the way to `main`.
[[gnu::used, gnu::section(".preinit_array")]] void (*const before_all_constructors)() = signalbox::hold_end_signals;

int main(int count, char** arguments) {
  const std::vector<std::string> rest(arguments + (count > 0 ? 1 : 0), arguments + count);
  return signalbox::run_program(rest);
}
