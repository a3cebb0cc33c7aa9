#include "tests/transport/http_api/api_rig.hpp"

namespace signalbox {

namespace {

class Backups : public api_rig {};

TEST_F(Backups, TheOperatorIsToldWhatWasTaken) {
  std::string asked;
  edge.on_back_up = [&](const std::string& directory) -> outcome<backup_taken> {
    asked = directory;
    return backup_taken{directory, 7, 4096, now};
  };
  const auto made = as_operator("POST", "/v1/backups", R"({"directory":"/var/backups/mon\"day"})");
  EXPECT_EQ(made.status(), 201);
  EXPECT_EQ(asked, "/var/backups/mon\"day");
  EXPECT_EQ(made.body().at("directory").as_string(), asked);
  EXPECT_EQ(made.at("/commit"), "7");
  EXPECT_EQ(made.at("/bytes"), "4096");
  EXPECT_EQ(made.at("/taken_at"), "2026-03-01T00:00:00.000Z");
}

TEST_F(Backups, AWrongDirectoryIsNamedAndNothingIsAsked) {
  bool asked = false;
  edge.on_back_up = [&](const std::string&) -> outcome<backup_taken> {
    asked = true;
    return backup_taken{};
  };
  for (const auto* body : {"{}", R"({"directory":7})", R"({"directory":null})", R"({"directory":""})",
                           R"({"directory":"backup"})", R"({"directory":"./backup"})", R"({"directory":"/a\u0000b"})"}) {
    const auto no = as_operator("POST", "/v1/backups", body);
    EXPECT_EQ(no.status(), 422) << body;
    EXPECT_EQ(no.pointers(), std::vector<std::string>{"/directory"}) << body;
  }
  EXPECT_EQ(as_operator("POST", "/v1/backups", R"({"directory":"/)" + std::string(5000, 'x') + "\"}").status(), 422);
  EXPECT_FALSE(asked);
}

TEST_F(Backups, WhyItCantBeComesThrough) {
  edge.on_back_up = [](const std::string&) -> outcome<backup_taken> {
    return refuse(refusal_code::conflict, "another backup is being taken");
  };
  const auto no = as_operator("POST", "/v1/backups", R"({"directory":"/var/backups"})");
  EXPECT_EQ(no.status(), 409);
  EXPECT_EQ(no.code(), "conflict");
}

TEST_F(Backups, NobodyElseMayTakeOne) {
  EXPECT_EQ(as_ada("POST", "/v1/backups", R"({"directory":"/var/backups"})").code(), "access_denied");
  EXPECT_EQ(ask("connector-token", "POST", "/v1/backups", R"({"directory":"/var/backups"})").code(), "access_denied");
}

}  // namespace

}  // namespace signalbox
