#include "app/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <sstream>

#include "app/version.hpp"

namespace signalbox {

namespace {

constexpr auto footer = R"(Configuration: flags beat the environment (SIGNALBOX_LISTEN, SIGNALBOX_ROUTING_PRESENCE_GRACE, …),
which beats the file (TOML), which beats the defaults; `signalbox check-config` prints all keys.

Exit codes: 0 done; 1 problems, loss or a connector's faults found; 64 command line; 65 not a file of the right kind;
66 can't be read; 69 port busy, or no server there; 70 a defect; 73 data directory held by another
server or of a newer format; 74 disk; 78 configuration.)";

/// Options of one subcommand that end up as configuration. CLI11 writes into the strings when it parses.
struct bound_flags {
  std::string file;
  struct bound {
    CLI::Option* option;
    given_flag flag;
  };
  std::vector<std::unique_ptr<bound>> flags;  // CLI11 keeps addresses

  void bind_file(CLI::App& to) { to.add_option("--config", file, "Configuration file (TOML)")->type_name("FILE"); }
  void bind(CLI::App& to, const std::string& flag, const char* section, const char* key, const char* type, const char* text) {
    auto& kept = *flags.emplace_back(std::make_unique<bound>());
    kept.flag = {flag, section, key, {}};
    kept.option = to.add_option(flag, kept.flag.value, text)->type_name(type);
  }
  void bind_data(CLI::App& to) { bind(to, "--data", "server", "data", "DIR", "Data directory"); }

  [[nodiscard]] configuration_flags result() const {
    configuration_flags out;
    if (!file.empty()) out.file = file;
    for (const auto& each : flags)
      if (each->option->count() > 0) out.given.push_back(each->flag);
    return out;
  }
};

void bind_all(bound_flags& flags, CLI::App& to) {
  flags.bind_file(to);
  flags.bind_data(to);
  flags.bind(to, "--listen", "server", "listen", "HOST:PORT", "Where to listen");
  flags.bind(to, "--admin-token", "server", "admin_token", "TOKEN", "The operator's token");
  flags.bind(to, "--log-format", "log", "format", "FORMAT", "plain or json");
  flags.bind(to, "--log-level", "log", "level", "LEVEL", "trace, debug, info, warning or error");
}

void bind_replay(CLI::App& app, replay_options& into) {
  auto* replay = app.add_subcommand("replay", "Play a file of dialogues against a server, as its connectors and its agents");
  replay->add_option("file", into.file, "Dialogues, one JSON object a line")->required()->type_name("FILE");
  replay->add_option("--url", into.url, "The server")->capture_default_str()->type_name("URL");
  replay->add_option("--admin-token", into.admin_token, "The operator's token, also from SIGNALBOX_ADMIN_TOKEN")
      ->type_name("TOKEN");
  replay->add_option("--account", into.account, "Name of the account that is made")->capture_default_str()->type_name("NAME");
  const auto count = [&](const char* flag, std::uint32_t& to, const char* text, std::uint32_t least, std::uint32_t most) {
    replay->add_option(flag, to, text)->capture_default_str()->check(CLI::Range(least, most))->type_name("N");
  };
  count("--connectors", into.connectors, "Connectors, a socket each", 1, 64);
  count("--channels", into.channels, "Channels over all connectors", 1, 256);
  count("--agents", into.agents, "Agents, a paid seat each", 1, 1000);
  count("--capacity", into.capacity, "Open conversations of an agent", 1, 10'000);
  count("--parallel", into.parallel, "Dialogues at once; 0: a quarter more than all capacity", 0, 1'000'000);
  replay->add_option("--speed", into.speed, "Turns a second over all; 0: as fast as possible")
      ->check(CLI::Range(0.0, 1e7))
      ->type_name("RATE");
  replay->add_option("--dialogues", into.dialogues, "At most so many dialogues; 0: all")->type_name("N");
  replay->add_flag("--live", into.live, "Show what comes in and who gets it");
}

CLI::App* bind_conformance(CLI::App& app, conformance_options& into) {
  auto* conformance =
      app.add_subcommand("conformance", "Play the router against a connector that is pointed here, and say what it does wrong");
  conformance->add_option("--listen", into.listen, "Where to listen; port 0: any free one")->required()->type_name("HOST:PORT");
  conformance->add_option("--token", into.token, "The token that its hello must have; any when absent")->type_name("TOKEN");
  conformance->add_option("--seed", into.seed, "Which order of acts and figures; another each time when absent")->type_name("N");
  conformance->add_option("--seconds", into.seconds, "About how long")
      ->capture_default_str()
      ->check(CLI::Range(1, 3600))
      ->type_name("N");
  conformance->add_option("--channel", into.channels, "The channels that the welcome names")
      ->capture_default_str()
      ->type_name("ID");
  return conformance;
}

/// What is wrong with a command line that CLI11 didn't take, in one line with where help is.
std::string usage_text(const CLI::App& app, std::span<const std::string> arguments, const CLI::ParseError& fault) {
  const auto parsed = app.get_subcommands();
  if (parsed.empty()) {
    constexpr std::string_view help = "signalbox --help lists the commands";
    if (arguments.empty()) return fmt::format("signalbox: a command is missing; {}\n", help);
    const auto* const kind = arguments.front().starts_with('-') ? "option" : "command";
    return fmt::format("signalbox: there is no {} {}; {}\n", kind, arguments.front(), help);
  }
  const auto& command = parsed.front()->get_name();
  const auto help = fmt::format("signalbox {} --help shows what it takes", command);
  auto unknown = parsed.front()->remaining();
  std::erase_if(unknown, [&](const auto& each) { return each == "--"; });
  if (unknown.empty()) return fmt::format("signalbox: {}: {}; {}\n", command, fault.what(), help);
  const auto option = std::find_if(unknown.begin(), unknown.end(), [](const auto& each) { return each.starts_with('-'); });
  if (option != unknown.end()) return fmt::format("signalbox: {} has no option {}; {}\n", command, *option, help);
  return fmt::format("signalbox: {} takes no {}; {}\n", command, unknown.front(), help);
}

/// The operator's token from the environment where no flag gave one; what to say where neither did.
std::optional<say_and_end> take_token(std::string_view command, std::string& given, const std::optional<std::string>& variable) {
  if (!given.empty()) return std::nullopt;
  if (!variable || variable->empty())
    return say_and_end{
        fmt::format("signalbox: {} needs the operator's token: --admin-token TOKEN or SIGNALBOX_ADMIN_TOKEN\n", command),
        exit_code::usage};
  given = *variable;
  return std::nullopt;
}

}  // namespace

command parse_command_line(std::span<const std::string> arguments, const std::optional<std::string>& admin_token_variable) {
  CLI::App app("Signalbox: a self-hosted conversations inbox and message router", "signalbox");
  app.footer(footer);
  app.require_subcommand(1);
  const auto version = fmt::format("signalbox {} ({})", version_text(), commit_text());
  app.set_version_flag("--version", version, "Print the version and end");

  bound_flags serve_flags, check_flags, verify_flags, backup_flags, restore_flags;
  auto* serve = app.add_subcommand("serve", "Run the server");
  bind_all(serve_flags, *serve);
  auto* check = app.add_subcommand("check-config", "Say what is wrong with the configuration, or print all of it");
  bind_all(check_flags, *check);
  auto* verify = app.add_subcommand("verify", "Read a data directory back and say what is wrong with it");
  verify_flags.bind_file(*verify);
  verify_flags.bind_data(*verify);
  auto* backup = app.add_subcommand("backup", "Copy a data directory: while no server runs on it, or with --url by its server");
  backup_command backed_up;
  online_backup_command online;
  backup_flags.bind_file(*backup);
  backup_flags.bind_data(*backup);
  auto* data = backup->get_option("--data");
  auto* url = backup->add_option("--url", online.url, "The server that is to take it")->excludes(data)->type_name("URL");
  backup->add_option("--admin-token", online.admin_token, "With --url: the operator's token, also from SIGNALBOX_ADMIN_TOKEN")
      ->needs(url)
      ->type_name("TOKEN");
  backup->add_option("to", online.to, "A directory that doesn't exist yet; with --url absolute, on the server's machine")
      ->required()
      ->type_name("TO");
  auto* restore = app.add_subcommand("restore", "Make a data directory from a backup");
  restore_command restored;
  restore_flags.bind_file(*restore);
  restore_flags.bind_data(*restore);
  restore->add_option("from", restored.from, "The backup")->required()->type_name("FROM");
  replay_command replayed;
  bind_replay(app, replayed.options);
  conformance_command conforming;
  auto* conformance = bind_conformance(app, conforming.options);

  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));  // CLI11 wants them last to first
  } catch (const CLI::CallForHelp&) {
    return say_and_end{app.help(), exit_code::ok};
  } catch (const CLI::CallForVersion&) {
    return say_and_end{version + "\n", exit_code::ok};
  } catch (const CLI::ParseError& fault) {
    return say_and_end{usage_text(app, arguments, fault), exit_code::usage};
  }

  if (serve->parsed()) return serve_command{serve_flags.result()};
  if (check->parsed()) return check_config_command{check_flags.result()};
  if (verify->parsed()) return verify_command{verify_flags.result()};
  if (url->count() > 0) {
    if (auto no = take_token("backup --url", online.admin_token, admin_token_variable)) return *no;
    return online;
  }
  if (backup->parsed()) {
    backed_up.configured = backup_flags.result();
    backed_up.to = online.to;
    return backed_up;
  }
  if (restore->parsed()) {
    restored.configured = restore_flags.result();
    return restored;
  }
  if (conformance->parsed()) return conforming;
  if (auto no = take_token("replay", replayed.options.admin_token, admin_token_variable)) return *no;
  return replayed;
}

}  // namespace signalbox
