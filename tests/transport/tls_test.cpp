#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <cstdio>
#include <filesystem>

#include "tests/transport/server_rig.hpp"

namespace signalbox {
namespace {

namespace asio = boost::asio;

/// A key and a certificate signed with it, as two PEM files that go with it.
class own_certificate {
public:
  own_certificate() : directory_(std::filesystem::temp_directory_path() / ("signalbox-tls-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(directory_);
    EVP_PKEY* const key = EVP_EC_gen("P-256");
    X509* const subject = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(subject), 1);
    X509_gmtime_adj(X509_getm_notBefore(subject), -60);
    X509_gmtime_adj(X509_getm_notAfter(subject), 3600);
    X509_set_pubkey(subject, key);
    X509_sign(subject, key, EVP_sha256());
    std::FILE* file = std::fopen(certificate().c_str(), "w");
    PEM_write_X509(file, subject);
    std::fclose(file);
    file = std::fopen(key_file().c_str(), "w");
    PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
    X509_free(subject);
    EVP_PKEY_free(key);
  }
  ~own_certificate() { std::filesystem::remove_all(directory_); }

  [[nodiscard]] std::string certificate() const { return directory_ / "certificate.pem"; }
  [[nodiscard]] std::string key_file() const { return directory_ / "key.pem"; }

private:
  std::filesystem::path directory_;
};

class tls : public server_rig {
protected:
  tls() {
    options.tls_certificate = files_.certificate();
    options.tls_key = files_.key_file();
  }

  void connect() {
    serve();
    stream_.lowest_layer().connect({asio::ip::address_v4::loopback(), running->port()});
    stream_.handshake(asio::ssl::stream_base::client);
  }
  void send(std::string_view bytes) { asio::write(stream_, asio::buffer(bytes.data(), bytes.size())); }
  void await_hang_up() {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (!*api.hung_up && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(milliseconds{10});
    EXPECT_TRUE(*api.hung_up);
    api.answer_kept();
    wait_until_alone();
  }
  std::string read_until(std::string_view end) {
    const auto size = asio::read_until(stream_, asio::dynamic_buffer(unread_), std::string{end});
    auto out = unread_.substr(0, size);
    unread_.erase(0, size);
    return out;
  }

  asio::io_context io_;
  asio::ssl::context context_{asio::ssl::context::tls_client};
  asio::ssl::stream<asio::ip::tcp::socket> stream_{io_, context_};

private:
  own_certificate files_;
  std::string unread_;
};

TEST_F(tls, HttpIsServed) {
  connect();
  for (int i = 0; i < 2; ++i) {
    send("GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(read_until("\r\n\r\n").starts_with("HTTP/1.1 200 OK"));
    EXPECT_EQ(read_until("GET|x "), "GET|x ");
  }
}

TEST_F(tls, SocketsAreServed) {
  connect();
  send(
      "GET /v1/connect HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: signalbox.connect.v1\r\n\r\n");
  EXPECT_TRUE(read_until("\r\n\r\n").starts_with("HTTP/1.1 101"));
  send(socket_client::frame(0x1, R"({"op":"hello","token":"connector-token"})"));
  EXPECT_NE(read_until("]}").find("\"welcome\""), std::string::npos);
  send(socket_client::frame(0x1, publish(7, {message("a")})));
  EXPECT_NE(read_until("]}").find(R"("seq":7,"credit":1)"), std::string::npos);
}

constexpr std::string_view never = "GET /never HTTP/1.1\r\nHost: x\r\n\r\n";

TEST_F(tls, WhatComesEarlyIsNoHangUpAndIsAnsweredNext) {
  connect();
  send(never);
  while (api.kept < 1) std::this_thread::sleep_for(milliseconds{1});
  std::this_thread::sleep_for(milliseconds{1'200});
  send("GET /early HTTP/1.1\r\nHost: x\r\n\r\n");
  std::this_thread::sleep_for(milliseconds{300});
  EXPECT_FALSE(*api.hung_up);
  api.answer_kept();
  EXPECT_TRUE(read_until("late").starts_with("HTTP/1.1 200 OK"));
  read_until("\r\n\r\n");
  EXPECT_EQ(read_until("GET|early "), "GET|early ");
}

TEST_F(tls, AfterASlowAnswerTheConnectionGoesOn) {
  connect();
  for (int i = 1; i <= 2; ++i) {
    send(never);
    while (api.kept < i) std::this_thread::sleep_for(milliseconds{1});
    std::this_thread::sleep_for(milliseconds{1'200});
    api.answer_kept();
    EXPECT_TRUE(read_until("late").starts_with("HTTP/1.1 200 OK"));
    send("GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
    read_until("\r\n\r\n");
    EXPECT_EQ(read_until("GET|x "), "GET|x ");
  }
}

TEST_F(tls, AGoodbyeIsAHangUp) {
  connect();
  send(never);
  while (api.kept < 1) std::this_thread::sleep_for(milliseconds{1});
  std::thread answers{[&] { await_hang_up(); }};
  boost::system::error_code ignored;
  stream_.shutdown(ignored);
  answers.join();
}

TEST_F(tls, ALossWithoutGoodbyeIsAHangUp) {
  connect();
  send(never);
  while (api.kept < 1) std::this_thread::sleep_for(milliseconds{1});
  stream_.lowest_layer().close();
  await_hang_up();
}

TEST_F(tls, PlainBytesAreTurnedAway) {
  serve();
  raw_client plain{running->port()};
  plain.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(plain.receive_all().find("HTTP/1.1"), std::string::npos);
  wait_until_alone();
  EXPECT_EQ(api.handled, 0);
}

}  // namespace
}  // namespace signalbox
