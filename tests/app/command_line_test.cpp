#include "app/command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox {
namespace {

using testing::HasSubstr;

command parse(std::vector<std::string> arguments, std::optional<std::string> token = std::nullopt) {
  return parse_command_line(arguments, token);
}

template <class Command>
Command expect(command given) {
  if (const auto* said = std::get_if<say_and_end>(&given)) ADD_FAILURE() << said->text;
  auto* right = std::get_if<Command>(&given);
  EXPECT_NE(right, nullptr);
  return right ? std::move(*right) : Command{};
}

say_and_end usage_fault(std::vector<std::string> arguments) {
  auto given = parse(std::move(arguments));
  const auto* said = std::get_if<say_and_end>(&given);
  EXPECT_NE(said, nullptr);
  if (!said) return {};
  EXPECT_EQ(said->code, exit_code::usage) << said->text;
  return *said;
}

TEST(CommandLine, ServeTakesItsFlagsAsConfiguration) {
  const auto serve = expect<serve_command>(parse({"serve", "--config", "c.toml", "--data", "d", "--listen", "[::1]:1",
                                                  "--admin-token=t", "--log-format", "json", "--log-level", "debug"}));
  EXPECT_EQ(serve.configured.file, "c.toml");
  configuration_sources from;
  from.flags = serve.configured.given;
  const auto loaded = load_configuration(from);
  ASSERT_TRUE(std::holds_alternative<configuration>(loaded));
  const auto& with = std::get<configuration>(loaded);
  EXPECT_EQ(with.server.data, "d");
  EXPECT_EQ(to_text(with.server.listen), "[::1]:1");
  EXPECT_EQ(with.server.admin_token, "t");
  EXPECT_EQ(with.log.format, log_format::json);
  EXPECT_EQ(with.log.level, log_level::debug);
}

TEST(CommandLine, ConformanceTakesWhereToListenAndWhatToPlay) {
  const auto given = expect<conformance_command>(parse({"conformance", "--listen", "127.0.0.1:0", "--token", "t", "--seed", "7",
                                                        "--seconds", "9", "--channel", "chn_1", "--channel", "chn_2"}))
                         .options;
  EXPECT_EQ(given.listen, "127.0.0.1:0");
  EXPECT_EQ(given.token, "t");
  EXPECT_EQ(given.seed, 7u);
  EXPECT_EQ(given.seconds, 9u);
  EXPECT_EQ(given.channels, (std::vector<std::string>{"chn_1", "chn_2"}));
  const auto least = expect<conformance_command>(parse({"conformance", "--listen", "127.0.0.1:0"})).options;
  EXPECT_EQ(least.token, std::nullopt);
  EXPECT_EQ(least.seed, std::nullopt);
  EXPECT_EQ(least.channels.size(), 1u);
  usage_fault({"conformance"});
  usage_fault({"conformance", "--listen", "127.0.0.1:0", "--seconds", "0"});
}

TEST(CommandLine, FlagsThatAreNotGivenDecideNothing) {
  const auto serve = expect<serve_command>(parse({"serve"}));
  EXPECT_TRUE(serve.configured.given.empty());
  EXPECT_EQ(serve.configured.file, std::nullopt);
}

TEST(CommandLine, AWrongValueIsAFaultOfItsFlag) {
  configuration_sources from;
  from.flags = expect<serve_command>(parse({"serve", "--listen", "nowhere"})).configured.given;
  const auto loaded = load_configuration(from);
  ASSERT_TRUE(std::holds_alternative<configuration_faults>(loaded));
  EXPECT_THAT(std::get<configuration_faults>(loaded).sentences.front(), HasSubstr("--listen: server.listen: \"nowhere\""));
}

TEST(CommandLine, DirectoryCommands) {
  EXPECT_EQ(expect<verify_command>(parse({"verify", "--data", "d"})).configured.given.at(0).value, "d");
  EXPECT_EQ(expect<backup_command>(parse({"backup", "--data", "d", "to"})).to, "to");
  const auto restore = expect<restore_command>(parse({"restore", "from", "--data", "d"}));
  EXPECT_EQ(restore.from, "from");
  EXPECT_EQ(restore.configured.given.at(0).value, "d");
  usage_fault({"backup", "--data", "d"});
  usage_fault({"restore", "--data", "d"});
}

TEST(CommandLine, BackupWithAUrlAsksTheServer) {
  const auto online = expect<online_backup_command>(parse({"backup", "--url", "http://h:1", "--admin-token", "t", "/to"}));
  EXPECT_EQ(online.url, "http://h:1");
  EXPECT_EQ(online.admin_token, "t");
  EXPECT_EQ(online.to, "/to");
  EXPECT_EQ(expect<online_backup_command>(parse({"backup", "/to", "--url", "http://h:1"}, "of-environment")).admin_token,
            "of-environment");
  EXPECT_THAT(usage_fault({"backup", "--url", "http://h:1", "/to"}).text, HasSubstr("--admin-token"));
  usage_fault({"backup", "--url", "http://h:1", "--data", "d", "--admin-token", "t", "/to"});
  usage_fault({"backup", "--admin-token", "t", "/to"});
  usage_fault({"backup", "--url", "http://h:1", "--admin-token", "t"});
}

TEST(CommandLine, ReplayTakesItsOptions) {
  const auto options =
      expect<replay_command>(
          parse({"replay",       "f.ndjson", "--url",       "http://h:1", "--admin-token", "t", "--account",  "Acme",
                 "--connectors", "4",        "--channels",  "5",          "--agents",      "6", "--capacity", "7",
                 "--speed",      "2.5",      "--dialogues", "9",          "--live"}))
          .options;
  EXPECT_EQ(options.file, "f.ndjson");
  EXPECT_EQ(options.url, "http://h:1");
  EXPECT_EQ(options.account, "Acme");
  EXPECT_EQ(options.connectors, 4u);
  EXPECT_EQ(options.channels, 5u);
  EXPECT_EQ(options.agents, 6u);
  EXPECT_EQ(options.capacity, 7u);
  EXPECT_EQ(options.speed, 2.5);
  EXPECT_EQ(options.dialogues, 9u);
  EXPECT_TRUE(options.live);
}

TEST(CommandLine, ReplayTakesTheTokenFromTheEnvironmentWhenNoFlagNamesOne) {
  EXPECT_EQ(expect<replay_command>(parse({"replay", "f"}, "of-environment")).options.admin_token, "of-environment");
  EXPECT_EQ(expect<replay_command>(parse({"replay", "f", "--admin-token", "of-flag"}, "of-environment")).options.admin_token,
            "of-flag");
  EXPECT_THAT(usage_fault({"replay", "f"}).text, HasSubstr("--admin-token"));
}

TEST(CommandLine, WhatIsWrongIsUsage) {
  usage_fault({});
  EXPECT_THAT(usage_fault({"serve", "--bogus"}).text, HasSubstr("--bogus"));
  usage_fault({"swerve"});
  usage_fault({"serve", "extra"});
  usage_fault({"serve", "--data"});
  usage_fault({"replay", "f", "--agents", "0", "--admin-token", "t"});
  usage_fault({"replay", "f", "--speed", "-1", "--admin-token", "t"});
  usage_fault({"replay", "--admin-token", "t"});
}

TEST(CommandLine, WhatIsWrongIsOneLineWithWhereHelpIs) {
  const std::pair<std::vector<std::string>, std::string> cases[] = {
      {{}, "signalbox: a command is missing; signalbox --help lists the commands\n"},
      {{"foo"}, "signalbox: there is no command foo; signalbox --help lists the commands\n"},
      {{"foo", "--data", "d"}, "signalbox: there is no command foo; signalbox --help lists the commands\n"},
      {{"--vesrion"}, "signalbox: there is no option --vesrion; signalbox --help lists the commands\n"},
      {{"serve", "--prot"}, "signalbox: serve has no option --prot; signalbox serve --help shows what it takes\n"},
      {{"serve", "--prot", "80"}, "signalbox: serve has no option --prot; signalbox serve --help shows what it takes\n"},
      {{"serve", "--prot=80"}, "signalbox: serve has no option --prot=80; signalbox serve --help shows what it takes\n"},
      {{"serve", "extra"}, "signalbox: serve takes no extra; signalbox serve --help shows what it takes\n"},
  };
  for (const auto& [arguments, text] : cases) EXPECT_EQ(usage_fault(arguments).text, text);
  EXPECT_THAT(usage_fault({"verify", "--data"}).text, HasSubstr("; signalbox verify --help shows what it takes\n"));
  EXPECT_THAT(usage_fault({"backup"}).text, HasSubstr("signalbox: backup: "));
}

TEST(CommandLine, HelpAndVersionAreSaidAndOk) {
  for (const auto& arguments : {std::vector<std::string>{"--help"}, {"serve", "--help"}, {"--version"}}) {
    auto given = parse(arguments);
    ASSERT_TRUE(std::holds_alternative<say_and_end>(given));
    EXPECT_EQ(std::get<say_and_end>(given).code, exit_code::ok);
  }
  EXPECT_THAT(std::get<say_and_end>(parse({"--help"})).text, HasSubstr("replay"));
  EXPECT_THAT(std::get<say_and_end>(parse({"replay", "--help"})).text, HasSubstr("--live"));
  EXPECT_THAT(std::get<say_and_end>(parse({"--version"})).text,
              testing::MatchesRegex("signalbox [0-9]+\\.[0-9]+\\.[0-9]+ \\(.+\\)\n"));
}

}  // namespace
}  // namespace signalbox
