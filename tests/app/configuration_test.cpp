#include "app/configuration.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "app/configuration_keys.hpp"

namespace signalbox {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

configuration good(const configuration_sources& from) {
  auto loaded = load_configuration(from);
  if (const auto* faults = std::get_if<configuration_faults>(&loaded)) {
    ADD_FAILURE() << faults->sentences.front();
    return {};
  }
  return std::get<configuration>(loaded);
}

std::vector<std::string> faults(const configuration_sources& from) {
  auto loaded = load_configuration(from);
  if (auto* all = std::get_if<configuration_faults>(&loaded)) return all->sentences;
  return {};
}

configuration_sources file(std::string text) {
  configuration_sources from;
  from.file = file_text{"signalbox.toml", std::move(text)};
  return from;
}

configuration_sources environment(std::map<std::string, std::string> variables) {
  configuration_sources from;
  from.environment = std::move(variables);
  return from;
}

TEST(Configuration, DefaultsAreLoopbackWithoutAnyPassword) {
  const auto with = good({});
  EXPECT_EQ(to_text(with.server.listen), "127.0.0.1:8080");
  EXPECT_EQ(with.server.data, "data");
  EXPECT_EQ(with.server.admin_token, std::nullopt);
  EXPECT_EQ(with.routing.presence_grace, std::chrono::seconds(60));
  EXPECT_EQ(with.routing.assignment_ack_timeout, std::chrono::seconds(15));
  EXPECT_EQ(with.limits.connector_credit, 4096u);
  EXPECT_EQ(with.storage.id_retention, std::chrono::days(7));
}

TEST(Configuration, FlagsBeatTheEnvironmentWhichBeatsTheFile) {
  auto from = file("[server]\nlisten = \"127.0.0.1:1\"\ndata = \"a\"\nadmin_token = \"of-the-file\"\n");
  from.environment = {{"SIGNALBOX_LISTEN", "127.0.0.1:2"}, {"SIGNALBOX_SERVER_DATA", "b"}};
  from.flags = {{"--listen", "server", "listen", "127.0.0.1:3"}};
  const auto with = good(from);
  EXPECT_EQ(with.server.listen.port, 3);
  EXPECT_EQ(with.server.data, "b");
  EXPECT_EQ(with.server.admin_token, "of-the-file");
}

TEST(Configuration, EveryKeyHasItsVariable) {
  const auto with = good(environment({{"SIGNALBOX_ROUTING_PRESENCE_GRACE", "250ms"}, {"SIGNALBOX_LOG_FORMAT", "json"}}));
  EXPECT_EQ(with.routing.presence_grace, milliseconds(250));
  EXPECT_EQ(with.log.format, log_format::json);
}

TEST(Configuration, ZeroSwitchesATimeoutOff) {
  EXPECT_EQ(good(file("[routing]\npresence_grace = 0\n")).routing.presence_grace, milliseconds(0));
  EXPECT_EQ(good(environment({{"SIGNALBOX_ROUTING_ASSIGNMENT_ACK_TIMEOUT", "0"}})).routing.assignment_ack_timeout,
            milliseconds(0));
}

TEST(Configuration, AFaultInTheFileNamesFileLineKeyAndWhatIsAllowed) {
  EXPECT_THAT(
      faults(file("# a comment\n[routing]\npresence_grace = 60\n")),
      ElementsAre("signalbox.toml:3: routing.presence_grace: \"60\" is not allowed; allowed: a duration such as 250ms, 15s, 10m, "
                  "1h or 7d, or 0 for off"));
  EXPECT_THAT(faults(file("[log]\nlevel = { a = 1 }\n")),
              ElementsAre(HasSubstr("signalbox.toml:2: log.level has a value of the wrong type")));
  EXPECT_THAT(faults(file("[server\n")), ElementsAre(HasSubstr("signalbox.toml:1: not valid TOML")));
}

TEST(Configuration, AFaultInTheEnvironmentNamesTheVariable) {
  EXPECT_THAT(faults(environment({{"SIGNALBOX_LISTEN", "8080"}})),
              ElementsAre(AllOf(HasSubstr("SIGNALBOX_LISTEN: server.listen: \"8080\""), HasSubstr("HOST:PORT"))));
}

TEST(Configuration, AnUnknownKeyIsAFaultWithTheNearestKnownOne) {
  EXPECT_THAT(faults(file("[routing]\npresence_grase = \"1s\"\n")),
              ElementsAre("signalbox.toml:2: unknown key in [routing]: presence_grase; did you mean presence_grace?"));
  EXPECT_THAT(faults(file("[rooting]\n")), ElementsAre(HasSubstr("did you mean routing?")));
  EXPECT_THAT(faults(file("listen = \"127.0.0.1:1\"\n")),
              ElementsAre("signalbox.toml:1: listen stands outside of its section [server]"));
  EXPECT_THAT(faults(environment({{"SIGNALBOX_LISTN", "x"}})), ElementsAre(HasSubstr("did you mean SIGNALBOX_LISTEN?")));
}

TEST(Configuration, AllFaultsAreToldAtOnceInTheOrderOfTheFile) {
  const auto all = faults(file("[storage]\nid_retention = \"5m\"\nbogus = 1\n[log]\nlevel = \"loud\"\n"));
  ASSERT_EQ(all.size(), 3u);
  EXPECT_THAT(all[0], HasSubstr(":2: storage.id_retention"));
  EXPECT_THAT(all[1], HasSubstr(":3: unknown key in [storage]"));
  EXPECT_THAT(all[2], HasSubstr(":5: log.level"));
}

TEST(Configuration, TwoVariablesOfOneKeyMustAgree) {
  EXPECT_THAT(faults(environment({{"SIGNALBOX_DATA", "a"}, {"SIGNALBOX_SERVER_DATA", "b"}})), ElementsAre(HasSubstr("disagree")));
  EXPECT_EQ(good(environment({{"SIGNALBOX_DATA", "a"}, {"SIGNALBOX_SERVER_DATA", "a"}})).server.data, "a");
}

TEST(Configuration, VariablesThatContainerPlatformsSetAreNotOurs) {
  EXPECT_TRUE(
      faults(environment({{"SIGNALBOX_SERVICE_HOST", "10.0.0.1"}, {"SIGNALBOX_PORT_8080_TCP", "tcp://10.0.0.1:8080"}})).empty());
}

TEST(Configuration, ACertificateNeedsItsKey) {
  EXPECT_THAT(faults(environment({{"SIGNALBOX_TLS_CERTIFICATE", "c.pem"}})), ElementsAre(HasSubstr("tls_key")));
  EXPECT_TRUE(faults(environment({{"SIGNALBOX_TLS_CERTIFICATE", "c.pem"}, {"SIGNALBOX_TLS_KEY", "k.pem"}})).empty());
}

TEST(Configuration, OriginsAreAListInTheFileAndCommasInTheEnvironment) {
  const auto both = std::vector<std::string>{"https://a.example", "http://b.example:81"};
  EXPECT_EQ(good(file("[server]\ncors_origins = [\"https://a.example\", \"http://b.example:81\"]\n")).server.cors_origins, both);
  EXPECT_EQ(good(environment({{"SIGNALBOX_CORS_ORIGINS", "https://a.example, http://b.example:81"}})).server.cors_origins, both);
  EXPECT_EQ(good(environment({{"SIGNALBOX_CORS_ORIGINS", "*"}})).server.cors_origins, std::vector<std::string>{"*"});
  for (const auto* text : {"a.example", "https://", "https://a.example/path", "https://a.example,,"})
    EXPECT_THAT(faults(environment({{"SIGNALBOX_CORS_ORIGINS", text}})), ElementsAre(HasSubstr("origins"))) << text;
}

TEST(Configuration, NoFaultAndNoDescriptionRepeatsASecret) {
  const auto wrong = faults(environment({{"SIGNALBOX_ADMIN_TOKEN", "has a space"}}));
  ASSERT_EQ(wrong.size(), 1u);
  EXPECT_THAT(wrong[0], Not(HasSubstr("has a space")));
  EXPECT_THAT(wrong[0], HasSubstr("server.admin_token"));
  EXPECT_THAT(describe(good(environment({{"SIGNALBOX_ADMIN_TOKEN", "hush-hush"}}))), Not(HasSubstr("hush-hush")));
}

TEST(Configuration, ItsDescriptionIsAFileThatSaysTheSame) {
  auto from = environment({{"SIGNALBOX_DATA", "odd \"name\" \\ here"}, {"SIGNALBOX_LOG_LEVEL", "warning"}});
  const auto described = describe(good(from));
  EXPECT_EQ(describe(good(file(described))), described);
  for (const auto& each : settings()) EXPECT_THAT(described, HasSubstr(std::string(each.key)));
}

TEST(Configuration, TheExampleFileSaysTheDefaults) {
  std::ifstream example(EXAMPLE_CONFIGURATION);
  auto with = good(file({std::istreambuf_iterator<char>(example), {}}));
  with.server.data = configuration{}.server.data;  // a service's own directory
  EXPECT_EQ(describe(with), describe({}));
}

TEST(Configuration, NoTwoKeysShareAVariable) {
  std::vector<std::string> all;
  for (const auto& each : settings()) {
    all.push_back(variable_of(each));
    if (auto brief = short_variable_of(each); !brief.empty()) all.push_back(brief);
  }
  std::sort(all.begin(), all.end());
  EXPECT_EQ(std::adjacent_find(all.begin(), all.end()), all.end());
}

}  // namespace
}  // namespace signalbox
