#include <algorithm>

#include "tests/transport/server_rig.hpp"

namespace signalbox {
namespace {

using http_listener = server_rig;

constexpr std::string_view upgrade =
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

std::string get(std::string_view target, std::string_view headers = "") {
  return "GET " + std::string{target} + " HTTP/1.1\r\nHost: x\r\n" + std::string{headers} + "\r\n";
}
std::string post(std::string_view body) {
  return "POST /things HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string{body};
}

TEST_F(http_listener, ARequestIsHandedOverDecoded) {
  serve();
  const auto reply = ask(running->port(), get("/a%20b//c?x=1%2B2&y=a+b&z"));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "GET|a b||c x=1+2 y=a b z= ");
  EXPECT_EQ(reply.headers.at("etag"), "\"1\"");
  EXPECT_FALSE(reply.headers.at("date").empty());
}

TEST_F(http_listener, TheRequestsIdIsTheClientsOrAFreshOne) {
  serve();
  EXPECT_EQ(ask(running->port(), get("/", "X-Request-Id: mine-1\r\n")).headers.at("x-request-id"), "mine-1");
  const auto fresh = ask(running->port(), get("/", "X-Request-Id: <bad>\r\n")).headers.at("x-request-id");
  EXPECT_TRUE(fresh.starts_with("req_")) << fresh;
  EXPECT_NE(ask(running->port(), get("/")).headers.at("x-request-id"), fresh);
}

TEST_F(http_listener, OneConnectionServesManyRequestsAlsoPipelinedAndSlow) {
  serve();
  raw_client client{running->port()};
  client.send(post("one"));
  EXPECT_EQ(read_reply(client).body, "POST|things one");
  client.send(post("two") + post("three") + get("/later"));
  EXPECT_EQ(read_reply(client).body, "POST|things two");
  EXPECT_EQ(read_reply(client).body, "POST|things three");
  EXPECT_EQ(read_reply(client).body, "GET|later ");
  client.send_slowly(post("four"));
  EXPECT_EQ(read_reply(client).body, "POST|things four");
  client.send("POST /chunks HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  EXPECT_EQ(read_reply(client).body, "POST|chunks abcde");
}

TEST_F(http_listener, HeadHasTheHeadersAlone) {
  serve();
  raw_client client{running->port()};
  client.send("HEAD /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const auto all = client.receive_all();
  EXPECT_TRUE(all.ends_with("\r\n\r\n")) << all;
  EXPECT_NE(all.find("Content-Length: 7\r\n"), all.npos) << all;
}

TEST_F(http_listener, ConnectionCloseIsHonoured) {
  serve();
  raw_client client{running->port()};
  client.send(get("/", "Connection: close\r\n"));
  EXPECT_NE(client.receive_all().find("Connection: close"), std::string::npos);
}

TEST_F(http_listener, ExpectContinueIsAnsweredBeforeTheBody) {
  serve();
  raw_client client{running->port()};
  client.send("POST /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.receive_exactly(25), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("hi");
  EXPECT_EQ(read_reply(client).body, "POST|x hi");
}

TEST_F(http_listener, WhatIsNotHttpIs400) {
  serve();
  for (const auto& bytes : {std::string{"\x16\x03\x01\x02\r\n\r\n", 8}, std::string{"NONSENSE\r\n\r\n"}, std::string(64, '\0'),
                            std::string{"GET /x HTTP/1.1\r\nContent-Length: -1\r\n\r\n"}, get("/%zz"), get("/%00"), get("/%ff"),
                            std::string{"GET x HTTP/1.1\r\nHost: x\r\n\r\n"}}) {
    const auto reply = ask(running->port(), bytes);
    EXPECT_EQ(reply.status, 400) << bytes;
    EXPECT_EQ(reply.code(), "bad_request");
    EXPECT_EQ(reply.headers.at("content-type"), "application/problem+json");
  }
  expect_others_untouched();
}

TEST_F(http_listener, ABodyAboveTheLimitIs413HoweverItComes) {
  options.limits.body_bytes_max = 1000;
  serve();
  EXPECT_EQ(ask(running->port(), post(std::string(1000, 'x'))).status, 200);
  const auto announced = ask(running->port(), "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n");
  EXPECT_EQ(announced.status, 413);
  EXPECT_EQ(announced.code(), "too_large");
  raw_client endless{running->port()};
  endless.send("POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 11; ++i) endless.send("64\r\n" + std::string(100, 'x') + "\r\n");
  EXPECT_EQ(read_reply(endless).status, 413);
  expect_others_untouched();
}

TEST_F(http_listener, AHeaderAboveTheLimitIs431) {
  options.limits.header_bytes_max = 1000;
  serve();
  EXPECT_EQ(ask(running->port(), get("/", "X: " + std::string(2000, 'x') + "\r\n")).status, 431);
  expect_others_untouched();
}

TEST_F(http_listener, AHeaderThatNeverEndsIs408) {
  options.limits.header_within = milliseconds{50};
  serve();
  EXPECT_EQ(ask(running->port(), "GET / HTTP/1.1\r\nX: ").status, 408);
  raw_client silent{running->port()};
  EXPECT_NE(silent.receive_all().find("408"), std::string::npos);
  wait_until_alone();
  expect_others_untouched();
}

TEST_F(http_listener, ABodyThatNeverEndsIs408) {
  options.limits.body_within = milliseconds{50};
  serve();
  const auto reply = ask(running->port(), "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_EQ(reply.status, 408);
  EXPECT_EQ(reply.code(), "timeout");
  EXPECT_EQ(api.handled, 0);
}

TEST_F(http_listener, AnIdleConnectionIsClosedAfterKeepAlive) {
  options.limits.keep_alive = milliseconds{50};
  serve();
  raw_client client{running->port()};
  client.send(get("/"));
  EXPECT_EQ(read_reply(client).status, 200);
  EXPECT_EQ(client.receive(), "");
  wait_until_alone();
}

TEST_F(http_listener, UpgradesAreCheckedBeforeTheyAreAnswered) {
  serve();
  const auto status_of = [&](std::string_view request) { return ask(running->port(), request).status; };
  const std::string right{upgrade};
  for (const auto& path : {"/v1/connect", "/v1/agent"}) {
    EXPECT_EQ(status_of(get(path)), 426);
    EXPECT_EQ(status_of(get(path, right)), 400) << "no subprotocol";
    EXPECT_EQ(status_of(get(path, right + "Sec-WebSocket-Protocol: signalbox.connect.v9\r\n")), 400);
    EXPECT_EQ(status_of("POST " + std::string{path} + " HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"), 405);
    auto old = right;
    old.replace(old.find("13"), 2, "12");
    EXPECT_EQ(status_of(get(path, old + "Sec-WebSocket-Protocol: signalbox.connect.v1, signalbox.agent.v1\r\n")), 426);
    EXPECT_EQ(status_of(get(path, right + "Sec-WebSocket-Protocol: other, signalbox.connect.v1, signalbox.agent.v1\r\n")), 101);
  }
  EXPECT_EQ(status_of(get("/v1/agent", right + "Sec-WebSocket-Protocol: signalbox.connect.v1\r\n")), 400) << "the other's";
  EXPECT_EQ(status_of(get("/elsewhere", right)), 200) << "an upgrade that nobody offers is a plain request";
}

TEST_F(http_listener, ConnectionsAreBounded) {
  options.limits.connections_max = 2;
  serve();
  raw_client first{running->port()}, second{running->port()};
  first.send(get("/"));
  second.send(get("/"));
  EXPECT_EQ(read_reply(first).status, 200);
  EXPECT_EQ(read_reply(second).status, 200);
  raw_client third{running->port()};
  EXPECT_EQ(third.receive(), "") << "closed at once";
  first.abort();
  while (running->connections() > 1) std::this_thread::sleep_for(milliseconds{1});
  EXPECT_EQ(ask(running->port(), get("/")).status, 200);
}

TEST_F(http_listener, ABusyPortAndAMissingCertificateAreSaidInASentence) {
  serve();
  auto again = options;
  again.port = running->port();
  try {
    server second{again, edge, api, counted};
    FAIL() << "listens twice";
  } catch (const listen_error& no) {
    EXPECT_NE(std::string{no.what()}.find("127.0.0.1:" + std::to_string(again.port)), std::string::npos) << no.what();
  }
  auto tls = options;
  tls.tls_certificate = tls.tls_key = "/nowhere/at/all.pem";
  EXPECT_THROW(server(tls, edge, api, counted), listen_error);
  tls.tls_key.clear();
  EXPECT_THROW(server(tls, edge, api, counted), listen_error);
}

TEST_F(http_listener, GoingDownClosesWhatIsIdleAndWhatNobodyAnswers) {
  options.limits.flush_within = milliseconds{50};
  serve();
  raw_client idle{running->port()};
  idle.send(get("/"));
  EXPECT_EQ(read_reply(idle).status, 200);
  raw_client stuck{running->port()};
  stuck.send(get("/never"));
  while (api.handled < 2) std::this_thread::sleep_for(milliseconds{1});
  running->stop();
  EXPECT_EQ(idle.receive(), "");
  EXPECT_EQ(stuck.receive(), "");
  EXPECT_EQ(running->connections(), 0u);
}

TEST_F(http_listener, WhoAnswersLateLearnsThatNobodyListens) {
  serve();
  {
    raw_client patient{running->port()};
    patient.send(get("/never"));
    while (api.kept < 1) std::this_thread::sleep_for(milliseconds{1});
    patient.send(get("/"));  // early, but there
    std::this_thread::sleep_for(milliseconds{1'500});
    EXPECT_FALSE(*api.hung_up);
    raw_client gone{running->port()};
    gone.send(get("/never"));
    while (api.kept < 2) std::this_thread::sleep_for(milliseconds{1});
    EXPECT_FALSE(*api.hung_up);
  }
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (!*api.hung_up && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(milliseconds{10});
  EXPECT_TRUE(*api.hung_up);
}

TEST_F(http_listener, AfterASlowAnswerTheConnectionGoesOn) {
  serve();
  raw_client client{running->port()};
  for (int i = 1; i <= 2; ++i) {
    client.send(get("/never"));
    while (api.kept < i) std::this_thread::sleep_for(milliseconds{1});
    std::this_thread::sleep_for(milliseconds{1'200});
    if (i == 2) client.send(get("/early"));
    api.answer_kept();
    EXPECT_EQ(read_reply(client).body, "late");
    if (i == 1) client.send(get("/x"));
    EXPECT_EQ(read_reply(client).body, i == 1 ? "GET|x " : "GET|early ");
  }
}

TEST_F(http_listener, ASlowAnswerReachesWhoSaidAllThereIsToSay) {
  serve();
  raw_client client{running->port()};
  client.send(get("/never", "Connection: close\r\n"));
  while (api.kept < 1) std::this_thread::sleep_for(milliseconds{1});
  std::this_thread::sleep_for(milliseconds{1'200});
  api.answer_kept();
  EXPECT_TRUE(client.receive_all().ends_with("\r\n\r\nlate"));
}

TEST_F(http_listener, RequestsAreCountedByMethodAndStatus) {
  serve();
  ask(running->port(), get("/"));
  ask(running->port(), "BREW / HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto text = counted.exposition();
  EXPECT_NE(text.find("GET"), text.npos);
  EXPECT_EQ(text.find("BREW"), text.npos) << "labels come from a closed set";
}

TEST_F(http_listener, SeveralIoThreadsServeAlike) {
  options.io_threads = 3;
  serve();
  for (int i = 0; i < 12; ++i) EXPECT_EQ(ask(running->port(), get("/later")).status, 200);
  expect_others_untouched();
}

}  // namespace
}  // namespace signalbox
