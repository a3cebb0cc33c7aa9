#include "tests/transport/server_rig.hpp"

#include <boost/json/serialize.hpp>
#include <sstream>

namespace signalbox {

echo_api::~echo_api() {
  for (auto& each : later_) each.join();
}

void echo_api::handle(http_request_view request, std::function<void(http_answer)> then) {
  ++handled;
  std::string said = request.method;
  for (const auto& each : request.path) said += '|' + each;
  for (const auto& [name, value] : request.query) said += ' ' + name + '=' + value;
  said += ' ' + request.body;
  http_answer answer{200, "text/plain", said, {{"ETag", "\"1\""}}};
  if (request.path.front() == "later") {
    later_.emplace_back([then = std::move(then), answer = std::move(answer)] { then(answer); });
  } else if (request.path.front() == "never") {
    const std::lock_guard lock{mutex_};
    never_.push_back(std::move(then));
    hung_up = request.hung_up;
    ++kept;
  } else {
    then(std::move(answer));
  }
}

void echo_api::answer_kept() {
  const std::lock_guard lock{mutex_};
  never_.back()({200, "text/plain", "late", {}});
}

server_rig::server_rig() : acme(edge.add_company()) {
  options.port = 0;
  options.limits.drain = milliseconds{20};
  options.limits.linger = milliseconds{200};
  options.limits.goodbye_within = milliseconds{200};
}

void server_rig::serve() {
  running = std::make_unique<server>(options, edge, api, counted);
  running->start();
}

socket_client server_rig::connector() {
  auto client = socket_client::connector(running->port());
  client.text(R"({"op":"hello","token":"connector-token","connector":"test/1"})");
  welcome = client.read();
  return client;
}

socket_client server_rig::agent(std::string_view token, std::string_view more) {
  auto client = socket_client::agent(running->port());
  client.text(R"({"op":"hello","token":")" + std::string{token} + '"' + std::string{more} + '}');
  welcome = client.read();
  return client;
}

std::string server_rig::message(std::string_view id, std::string_view more) const {
  return R"({"channel":")" + to_text(acme.first) + R"(","thread":"t","id":")" + std::string{id} +
         R"(","from":{"id":"c"},"text":"hello")" + std::string{more} + '}';
}

std::string server_rig::publish(std::uint64_t seq, const std::vector<std::string>& messages) const {
  std::string out = R"({"op":"publish","seq":)" + std::to_string(seq) + R"(,"messages":[)";
  for (const auto& each : messages) {
    if (&each != &messages.front()) out += ',';
    out += each;
  }
  return out + "]}";
}

int server_rig::connector_code_after(std::string_view frame) {
  auto client = connector();
  client.text(frame);
  return client.close_code();
}

int server_rig::agent_code_after(std::string_view frame) {
  auto client = agent();
  client.text(frame);
  return client.close_code();
}

void server_rig::expect_others_untouched() {
  auto one = connector();
  one.text(publish(1, {message("still-served")}));
  EXPECT_EQ(text_at(one.read(), "/op"), "\"ack\"");
  auto other = agent();
  other.text(R"({"op":"close","ref":"r","conversation":"cnv_0000000000001"})");
  EXPECT_EQ(text_at(other.read(), "/ok"), "true");
}

void server_rig::wait_until_alone() const {
  while (running->connections() > 0) std::this_thread::sleep_for(milliseconds{1});
}

double server_rig::sample(std::string_view series) const {
  std::istringstream lines{counted.exposition()};
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(series) && line.size() > series.size() && line[series.size()] == ' ')
      return std::stod(line.substr(series.size() + 1));
  return 0;
}

std::string text_at(const json::value& in, std::string_view pointer) {
  boost::system::error_code error;
  const auto* found = in.find_pointer({pointer.data(), pointer.size()}, error);
  return found ? json::serialize(*found) : "absent";
}

}  // namespace signalbox
