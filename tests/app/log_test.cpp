#include "app/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <sstream>

#include "app/secrets.hpp"

namespace signalbox {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

std::string logged(log_format format, const std::string& text, std::vector<std::string> hide = {}) {
  std::ostringstream out;
  auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(out);
  spdlog::logger logger("test", sink);
  logger.set_formatter(make_log_formatter(format, std::move(hide)));
  logger.warn("{}", text);
  return out.str();
}

TEST(Log, PlainIsTimeLevelAndText) {
  EXPECT_THAT(logged(log_format::plain, "the port is busy"),
              MatchesRegex("[0-9]+-[0-9]+-[0-9]+T[0-9]+:[0-9]+:[0-9]+\\.[0-9]+Z warning the port is busy\n"));
}

TEST(Log, JsonIsOneObjectALineWhateverTheText) {
  const auto line = logged(log_format::json, "a \"quoted\" \\ text\nwith a second line\x01");
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const auto parsed = boost::json::parse(line.substr(0, line.size() - 1));
  EXPECT_EQ(parsed.at("level").as_string(), "warning");
  EXPECT_EQ(parsed.at("message").as_string(), "a \"quoted\" \\ text\\x0awith a second line\\x01");
}

TEST(Log, AClientsBytesCannotForgeALine) { EXPECT_THAT(safe_text("x\n2026-01-01 error forged", {}), Not(HasSubstr("\n"))); }

TEST(Log, ALineIsUtf8WhateverTheBytes) {
  EXPECT_EQ(safe_text("Grüße, 日本 😀", {}), "Grüße, 日本 😀");
  EXPECT_EQ(safe_text("a\xff"
                      "b\xc3",
                      {}),
            "a\\xffb\\xc3");
}

TEST(Log, NoLineShowsABearerTokensSecret) {
  const auto secret = random_digits(token_secret_digits);
  const auto text =
      "refused " + token_text(account_id{7}, token_id{8}, secret) + " and " + token_text(account_id{7}, token_id{9}, secret);
  for (const auto format : {log_format::plain, log_format::json}) {
    EXPECT_THAT(logged(format, text), Not(HasSubstr(secret)));
    EXPECT_THAT(logged(format, text), HasSubstr("sbx_0000000000007"));
  }
  EXPECT_THAT(logged(log_format::plain, "header: hush-hush!", {"hush-hush"}), Not(HasSubstr("hush-hush")));
}

}  // namespace
}  // namespace signalbox
