#include "transport/webhooks/webhook_client.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio.hpp>
#include <future>
#include <thread>

#include "transport/webhooks/signature.hpp"

namespace signalbox {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr time_point noon{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1} + std::chrono::hours{12}};

/// Reads one request a connection and says what the test wants; nothing: it never answers.
class receiver {
public:
  explicit receiver(std::optional<std::string> answer) : answer_(std::move(answer)), thread_([this] { run(); }) {}
  ~receiver() {
    stopping_ = true;
    boost::system::error_code ignored;
    tcp::socket knock{context_};
    knock.connect({asio::ip::address_v4::loopback(), port()}, ignored);
    thread_.join();
  }
  [[nodiscard]] unsigned short port() const { return port_; }
  [[nodiscard]] std::string url(const std::string& host = "127.0.0.1") const {
    return "http://" + host + ":" + std::to_string(port_) + "/in?x=1";
  }
  std::atomic<int> connections{0};
  std::string request;  ///< of the last one that was read whole; look after its answer

private:
  void run() {
    std::vector<tcp::socket> held;
    for (;;) {
      tcp::socket socket{context_};
      acceptor_.accept(socket);
      if (stopping_) return;
      ++connections;
      std::string text;
      boost::system::error_code failed;
      asio::read_until(socket, asio::dynamic_buffer(text), "\r\n\r\n", failed);
      const auto head = text.find("\r\n\r\n") + 4;
      const auto length = text.find("Content-Length: ");
      const auto wanted = head + (length == text.npos ? 0 : std::stoul(text.substr(length + 16)));
      while (!failed && text.size() < wanted) asio::read(socket, asio::dynamic_buffer(text), asio::transfer_at_least(1), failed);
      request = text;
      if (answer_) {
        asio::write(socket, asio::buffer(*answer_), failed);
      } else {
        held.push_back(std::move(socket));
      }
    }
  }

  std::optional<std::string> answer_;
  asio::io_context context_;
  tcp::acceptor acceptor_{context_, {asio::ip::address_v4::loopback(), 0}};
  unsigned short port_ = acceptor_.local_endpoint().port();
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

std::string plain(const std::string& status, const std::string& more = "") {
  return "HTTP/1.1 " + status + "\r\nContent-Length: 0\r\nConnection: close\r\n" + more + "\r\n";
}

struct WebhookClient : testing::Test {
  webhook_client::options options{milliseconds{20'000}, true, "Signalbox/test", 4};
  std::unique_ptr<webhook_client> client;

  std::future<webhook_answer> begin(const std::string& url, webhook_id of = {1}) {
    if (!client) client = std::make_unique<webhook_client>(options);
    auto told = std::make_shared<std::promise<webhook_answer>>();
    client->post({of, url, {"whsec_1"}, "evt_0000000000001", R"({"id":"evt_0000000000001"})", noon},
                 [told](webhook_answer answer) { told->set_value(std::move(answer)); });
    return told->get_future();
  }
  webhook_answer post(const std::string& url) { return begin(url).get(); }
};

TEST(WebhookSignature, IsOfTheTimeTheIdAndTheBody) {
  // printf '1772366400.evt_1.{}' | openssl dgst -sha256 -hmac whsec_1
  EXPECT_EQ(webhook_signature({"whsec_1"}, noon, "evt_1", "{}"),
            "t=1772366400,v1=571b0b7b6419b4d92524b8e90c0c40f2aa198fdc69a12664240267d8b3189e11");
  EXPECT_NE(webhook_signature({"whsec_2"}, noon, "evt_1", "{}"), webhook_signature({"whsec_1"}, noon, "evt_1", "{}"));
  EXPECT_NE(webhook_signature({"whsec_1"}, noon, "evt_2", "{}"), webhook_signature({"whsec_1"}, noon, "evt_1", "{}"));
}

TEST(WebhookSignature, HasOneForEachSecret) {
  const auto first = webhook_signature({"whsec_1"}, noon, "evt_1", "{}");
  const auto second = webhook_signature({"whsec_2"}, noon, "evt_1", "{}");
  EXPECT_EQ(webhook_signature({"whsec_2", "whsec_1"}, noon, "evt_1", "{}"), second + first.substr(first.find(',')));
}

TEST_F(WebhookClient, PostsSignedJson) {
  receiver to{plain("204 No Content")};
  const auto answer = post(to.url());
  EXPECT_EQ(answer.http_status, 204u) << answer.error;
  EXPECT_TRUE(to.request.starts_with("POST /in?x=1 HTTP/1.1\r\n")) << to.request;
  for (const auto& line :
       {std::string{"Content-Type: application/json"}, std::string{"Signalbox-Delivery: evt_0000000000001"},
        "Signalbox-Signature: " + webhook_signature({"whsec_1"}, noon, "evt_0000000000001", R"({"id":"evt_0000000000001"})"),
        std::string{"User-Agent: Signalbox/test"}})
    EXPECT_NE(to.request.find("\r\n" + line + "\r\n"), to.request.npos) << line << "\n" << to.request;
  EXPECT_TRUE(to.request.ends_with("\r\n\r\n{\"id\":\"evt_0000000000001\"}"));
}

TEST_F(WebhookClient, TellsTheStatusOfWhatFails) {
  receiver to{plain("503 Busy")};
  const auto answer = post(to.url());
  EXPECT_EQ(answer.http_status, 503u);
  EXPECT_FALSE(answer.good());
}

TEST_F(WebhookClient, FollowsNoRedirect) {
  receiver elsewhere{plain("200 OK")};
  receiver to{plain("307 Elsewhere", "Location: " + elsewhere.url() + "\r\n")};
  const auto answer = post(to.url());
  EXPECT_EQ(answer.http_status, 307u);
  EXPECT_FALSE(answer.good());
  EXPECT_FALSE(answer.error.empty());
  EXPECT_EQ(elsewhere.connections, 0);
}

TEST_F(WebhookClient, ConnectsToNoPrivateAddressUnlessAllowed) {
  options.allow_private = false;
  receiver to{plain("200 OK")};
  // By number, by a name that resolves to it, and by other spellings of loopback.
  for (const auto* host : {"127.0.0.1", "localhost", "0x7f.1", "2130706433", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]"}) {
    const auto answer = post(to.url(host));
    EXPECT_EQ(answer.http_status, 0u) << host;
    EXPECT_FALSE(answer.error.empty()) << host;
  }
  EXPECT_NE(post(to.url()).error.find("allow_private"), std::string::npos);
  EXPECT_EQ(to.connections, 0);
}

TEST_F(WebhookClient, GivesUpWaitingAfterItsTimeout) {
  options.timeout = milliseconds{300};
  receiver to{std::nullopt};
  const auto answer = post(to.url());
  EXPECT_EQ(answer.http_status, 0u);
  EXPECT_FALSE(answer.error.empty());
  EXPECT_FALSE(answer.cancelled);
}

TEST_F(WebhookClient, SaysWhatWentWrongWithoutAnAnswer) {
  unsigned short nobody = 0;
  {
    const receiver gone{plain("200 OK")};
    nobody = gone.port();
  }
  EXPECT_FALSE(post("http://127.0.0.1:" + std::to_string(nobody)).error.empty());
  EXPECT_FALSE(post("http://name.invalid/").error.empty());
  receiver nonsense{"this is not HTTP\r\n\r\n"};
  EXPECT_EQ(post(nonsense.url()).http_status, 0u);
}

TEST_F(WebhookClient, AnEndlessAnswerIsCutOffAndItsStatusCounts) {
  receiver to{"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n" + std::string(1 << 20, 'x')};
  EXPECT_TRUE(post(to.url()).good());
}

TEST_F(WebhookClient, CancellingEndsWhatIsOnItsWayToOneWebhook) {
  receiver silent{std::nullopt};
  auto mine = begin(silent.url(), {1});
  auto other = begin(silent.url(), {2});
  client->cancel({1});
  const auto answer = mine.get();
  EXPECT_TRUE(answer.cancelled);
  EXPECT_EQ(other.wait_for(std::chrono::milliseconds{50}), std::future_status::timeout);
  client->stop();
  EXPECT_TRUE(other.get().cancelled);
  EXPECT_TRUE(post(silent.url()).cancelled) << "stopped";
}

TEST_F(WebhookClient, MoreThanItTakesAtOnceWaitTheirTurn) {
  receiver to{plain("200 OK")};
  std::vector<std::future<webhook_answer>> all;
  for (int i = 0; i < 20; ++i) all.push_back(begin(to.url()));
  for (auto& one : all) EXPECT_TRUE(one.get().good());
}

}  // namespace
}  // namespace signalbox
